"""How much work one step of a training is, counted and not timed: the same on every machine.

The unit is one multiplication with its addition. A step of a network with P weights, U units and D
layers, trained in batches of B rows, is taken as

    3 B P        products: forward, gradient of the weights, gradient of the inputs
    C_U B U      activations, their derivatives, normalisation, in and out of memory
    C_P P        the optimizer, in and out of memory
    C_D D + C    calls of array functions, which cost most where arrays are small

The constants are such that the count follows the time that NumPy takes on one core of an x86
machine, of which 5e10 took about a second.
"""

from __future__ import annotations

from itertools import pairwise

from backprove.doctor.spec import Spec

PER_UNIT, PER_WEIGHT, PER_LAYER, PER_STEP = 200.0, 200.0, 4.5e6, 5e6


def step_work(spec: Spec) -> float:
    """The work of one step of a configured training."""
    layers, rows = spec.network.layers, spec.training.batch_size
    weights = sum(a * b for a, b in pairwise(layers))
    units = sum(layers[1:])
    return (
        3.0 * rows * weights
        + PER_UNIT * rows * units
        + PER_WEIGHT * weights
        + PER_LAYER * (len(layers) - 1)
        + PER_STEP
    )
