"""Part 3 of the chapter: ten ReLU layers do not converge at 2.0 and do at 0.1."""

from __future__ import annotations

import numpy as np

from backprove.demo import deep_relu


def test_large_steps_do_not_converge_and_small_ones_do() -> None:
    large = deep_relu.experiment(2.0, verbose=0)
    small = deep_relu.experiment(0.1, verbose=0)
    assert not large.converged and small.converged
    assert large.stopped or len(large.losses) == deep_relu.STEPS
    assert len(small.losses) == deep_relu.STEPS
    assert len(small.dead_before) == 9
    assert max(small.dead_before) < 0.2
    assert np.nanmax(large.dead_after) > max(small.dead_after)
    text = deep_relu.show([large, small])
    assert "does not converge" in text and "it trains" in text
