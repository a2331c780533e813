"""A failing element run alone, or with upstream gradient 1: what it fails for."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.cells import Tally
from backprove.check.compare import failures
from backprove.check.shrink.points import position
from backprove.check.trial import Failure


def cause(least: Failure, subject: Any, tally: Tally) -> tuple[str, dict[str, Any]] | None:
    """GRD019 where the element is right alone, GRD024 where it is right with upstream gradient 1.

    With the parameters of the sentence; None if it is wrong there too, or cannot be run so.
    """
    key = id(least.trial)
    source = tally.points.get(key) or tally.cells.get(key)
    if source is None or least.kind != "wrong":
        return None
    x, dy = least.trial.inputs[0][least.place], float(least.trial.dy[least.place])
    company = least.trial.dy.size > 1
    if not company and (dy == 1.0 or least.name == "y"):
        return None
    number = position(source.points, x)
    trial = source.singles(number, dy if company else 1.0)
    (outcome,) = subject.run([trial.request()])
    found = np.ravel(outcome.get("arrays", {}).get(least.name, ()))
    if found.size != 1 or any(f.name == least.name for f in failures(trial, outcome)):
        return None
    right = float(found[0])
    if company:
        place = {"position": str(least.place), "length": least.trial.dy.size}
        return "GRD019", {**place, "yours": f"{float(least.found):.9g}", "expected": f"{right:.9g}"}
    ratio = float(least.found) / right if right else float("inf")
    return "GRD024", {"factor": f"{dy:.9g}", "ratio": f"{ratio:.9g}"}
