"""NumPy behind a process of its own, for the files of learners."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.oracle import learners
from backprove.oracle.trials import laid_out


def version() -> dict[str, Any]:
    """The version of the library."""
    return {"version": np.__version__}


def describe_file(place: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What the class of a learner's file is."""
    return learners.describe(place, arguments)


def run_file_trials(place: str, trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The outcomes of a learner's class on trials."""
    return learners.trials(place, trials, laid_out, np.asarray)
