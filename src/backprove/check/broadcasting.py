"""Operators of several inputs that do not sum gradients over broadcast axes.

The course's own add and multiply are written for inputs of one shape. They are told about it and
not called wrong: whoever feeds them one shape only gets the right gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.cells import Tally
from backprove.check.trial import Failure, Trial


def unsummed(failure: Failure, tally: Tally) -> bool:
    """Whether the failure is a gradient in the output's shape that only broadcasting shows."""
    if (
        failure.kind != "shape"
        or ":" in failure.name
        or tuple(failure.found) != failure.trial.dy.shape
    ):
        return False
    return any(_alike(t) and failure.name in o["arrays"] for t, o in tally.runs)


def _alike(trial: Trial) -> bool:
    shapes: set[Any] = {np.shape(x) for x in trial.inputs}
    return len(trial.inputs) > 1 and len(shapes) == 1 and trial.dy.shape in shapes
