"""How often a ReLU network is dead before its first step.

A unit with a symmetric weight law and zero bias is silent for one input direction with
probability 1/2. With independent units no path is alive through layers of widths N_l with

    P = 1 - prod_l (1 - 2^-N_l).

Over many inputs a network is born dead with at most this probability.

References: Lu, Shin, Su and Karniadakis, "Dying ReLU and initialization: theory and numerical
examples", arXiv 1903.06733; Rister and Rubin, "Probabilistic bounds on neuron death in deep
rectifier networks", arXiv 2007.06192.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def born_dead_probability(widths: Iterable[int]) -> float:
    """The chance that no path through ReLU layers of these widths is alive for one input.

    `widths` counts every layer that a ReLU follows, the output layer included if it has one.
    Exact also where it is tiny: 34 layers of 128 units give 1e-37.
    """
    return -math.expm1(sum(math.log1p(-(2.0**-width)) for width in widths))


def width_for(depth: int, probability: float) -> int:
    """The smallest width at which `depth` ReLU layers are born dead less often than that."""
    width = 1
    while born_dead_probability([width] * depth) > probability:
        width += 1
    return width
