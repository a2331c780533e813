"""An explanation that can be put to the test: what it predicts, and which changes decide it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from backprove.doctor.edits import Edit
from backprove.findings import Evidence


class Mediator(msgspec.Struct, frozen=True):
    """What must be different in a repaired run if the explanation is right.

    quantity is a name in `quantities.QUANTITIES`; it must come out below or above `value`, or be
    exactly zero.
    """

    quantity: str
    kind: Literal["below", "above", "zero"]
    value: float = 0.0


class Hypothesis(msgspec.Struct):
    """One possible cause of a failed training.

    family     the family of causes, such as "lr-high"
    code       the code of the finding that it becomes; parameters fill the code's title
    prior      how strongly the trace and the data speak for it, 0 to 1, before any re-run
    edits      changes that must repair the training if it is true, the best one first
    refuters   popular changes that must not repair it if it is true
    step       the step just before which the damage was done, if it is known
    """

    family: str
    code: str
    prior: float
    parameters: dict[str, Any] = {}
    evidence: list[Evidence] = []
    mediator: Mediator | None = None
    edits: list[Edit] = []
    refuters: list[Edit] = []
    step: int | None = None
