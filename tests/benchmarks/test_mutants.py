"""Every mutant is wrong at its witness, in the way it says; the right operator and all controls
are right there."""

from __future__ import annotations

import pytest
from benchmarks.check.controls import CONTROLS
from benchmarks.check.mutants import all_mutants

from witness_judge import failures

MUTANTS = all_mutants()


def test_every_number_of_the_list_is_there():
    expected = {f"M{i}" for i in range(1, 42)}
    assert expected <= set(MUTANTS)
    assert {name.rstrip("b") for name in MUTANTS} == expected


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_is_wrong_at_its_witness_as_it_says(mutant):
    assert mutant.witness.fails in failures(mutant.wrong, mutant.witness, mutant.convention)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_the_right_operator_is_right_there(mutant):
    assert failures(mutant.right, mutant.witness, mutant.convention) == set()


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_looks_like_the_right_operator(mutant):
    assert mutant.wrong.__name__ == mutant.right.__name__
    assert issubclass(mutant.wrong, mutant.right)


@pytest.mark.parametrize("control", CONTROLS, ids=[c.id for c in CONTROLS])
def test_a_control_is_right(control):
    assert failures(control.subject, control.witness, control.convention) == set()
