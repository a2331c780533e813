"""All wrong operators by their number."""

from __future__ import annotations

from benchmarks.check.mutant import Mutant
from benchmarks.check.mutants import (
    leaky_relu,
    leaky_relu_arrays,
    linear,
    loss,
    normalization,
    piecewise,
    prelu,
    smooth,
    softmax,
)

FAMILIES = (
    leaky_relu,
    leaky_relu_arrays,
    softmax,
    normalization,
    loss,
    smooth,
    piecewise,
    prelu,
    linear,
)


def all_mutants() -> dict[str, Mutant]:
    """Every mutant of every family by its id, in the order of their numbers."""
    found = [mutant for family in FAMILIES for mutant in family.MUTANTS]
    found.sort(key=lambda mutant: (int(mutant.id.strip("Mb")), mutant.id))
    return {mutant.id: mutant for mutant in found}
