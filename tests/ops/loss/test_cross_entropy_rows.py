"""CrossEntropy on rows whose largest logit is the smallest number, or whose others are infinite."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.ops.loss.cross_entropy import CrossEntropy

LARGEST = np.finfo(np.float32).max


@pytest.mark.parametrize("certain", [-LARGEST, -LARGEST / 2, -1.0, 0.0, 1.0, LARGEST])
def test_an_impossible_class_leaves_the_other_one_certain(certain) -> None:
    x = np.array([[-np.inf, certain]], dtype=np.float32)
    y, saved = CrossEntropy().fwd(x, np.array([1]))
    (dx, _), _ = CrossEntropy().bwd(saved, np.float32(1))
    assert y == 0
    np.testing.assert_array_equal(dx, [[0.0, 0.0]])


def test_equal_logits_at_the_end_of_the_range_share() -> None:
    x = np.full((1, 2), -LARGEST, dtype=np.float32)
    y, saved = CrossEntropy().fwd(x, np.array([1]))
    (dx, _), _ = CrossEntropy().bwd(saved, np.float32(1))
    assert y == pytest.approx(np.log(2), rel=1e-6)
    np.testing.assert_allclose(dx, [[0.5, -0.5]], rtol=1e-6)
