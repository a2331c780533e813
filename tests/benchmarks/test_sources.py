"""The automatic mutants: built from source, each with one place changed."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.check import score
from benchmarks.check.sources import source_mutants

from backprove.ops import LeakyReLU, operators


def _named(before: str, after: str, method: str = "backward"):
    (found,) = [
        m
        for m in source_mutants("LeakyReLU")
        if (m.method, m.before, m.after) == (method, before, after)
    ]
    return found.build()


def test_a_comparison_turned_in_backward_changes_the_kink_alone():
    op = _named("x > 0", "x >= 0")()
    x = np.array([-1.0, 0.0, 1.0])
    y, saved = op.fwd(x)
    (dx,), _ = op.bwd(saved, np.ones(3))
    np.testing.assert_array_equal(y, LeakyReLU().fwd(x)[0])
    np.testing.assert_array_equal(dx, [0.01, 1.0, 1.0])


def test_a_dropped_factor_changes_the_gradient():
    op = _named("self.negative_slope * dy", "dy")()
    (dx,), _ = op.bwd(op.fwd(np.array([-2.0]))[1], np.array([3.0]))
    np.testing.assert_array_equal(dx, [3.0])


@pytest.mark.parametrize("name", ["LeakyReLU", "Softmax", "Linear", "LayerNorm", "BCEWithLogits"])
def test_every_mutant_of_an_operator_is_a_class_of_its_own(name):
    found = source_mutants(name)
    assert len(found) >= 8 and len({m.id for m in found}) == len(found)
    assert len({m.code for m in found}) == len(found)
    for mutant in found:
        cls = mutant.build()
        assert cls.__name__ == name and cls is not operators()[name]


def test_the_definition_is_never_changed():
    for mutant in source_mutants("Softplus"):
        assert "return m.log(1 + m.exp(self.beta * x)) / self.beta" in mutant.code


def test_equivalents_are_mutants_with_a_reason():
    known = {m.id for name in operators() for m in source_mutants(name)}
    assert set(score.equivalents()) <= known
    assert all(score.equivalents().values())


def test_a_share_is_told_in_numbers():
    assert score.share([True, True, False, True]) == "3 of 4 (75.0 %)"
