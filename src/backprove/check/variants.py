"""Examples that no operator lists by itself: the options and numbers at which losses go wrong.

Labels that are ignored (by a negative number too, with smoothing, for every reduction),
probabilities that do not sum to 1, targets of 0 and 1, and for functions of two numbers pairs such
as a negative base with an exponent beyond which a float holds whole numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backprove.cases import Case
from backprove.check.precision import limits
from backprove.errors import BackproveError
from backprove.oracle.exact import HighPrecision

Variant = tuple[str, Case, tuple[Any, ...]]
PAIRS = (
    (0.0, 1.0), (0.0, 2.0), (1.0, 0.0), (-1.0, 0.0), (-1.0, 2.0), (-1.0, 3.0), (-2.0, -1.0),
    (2.0, 0.5), (0.5, -3.0), (100.0, 1.0), (-3.0, 1.0), (4.0, -0.5), (2.0, 2.0), (-3.0, -3.0),
)  # fmt: skip
FLOATING = ("normal", "away", "uniform")


def variants(cls: Any, inputs: tuple[Any, ...]) -> Iterator[Variant]:
    """The variants of the first case, whose drawn `inputs` are given."""
    if not cls.CASES or cls.elementwise:
        return
    case = cls.CASES[0]
    known = vars(cls(**case.arguments))
    for number, draw in enumerate(case.inputs):
        if draw.kind == "labels" and "ignore_index" in known:
            yield from _ignored(case, inputs, number, known)
    yield from _targets(cls)


def pairs(cls: Any, dtype: str) -> Variant | None:
    """Special numbers for a function of two numbers that broadcasts, exact in one dtype only."""
    kinds = [draw.kind for case in cls.CASES[:1] for draw in case.inputs]
    if len(kinds) != 2 or not all(k in FLOATING for k in kinds) or not _broadcasts(cls):
        return None
    whole = 1 / limits(dtype).unit + 2
    op, m = cls(**cls.CASES[0].arguments), HighPrecision()
    chosen = [p for p in (*PAIRS, (-1.0, whole), (1.0, whole)) if _defined(op, m, p)]
    a, b = np.array(chosen).T.copy()
    return "pairs of special numbers", Case(cls.CASES[0].inputs, cls.CASES[0].arguments), (a, b)


def _broadcasts(cls: Any) -> bool:
    op = cls(**cls.CASES[0].arguments)
    try:
        return bool(op.shape((2,), (1,)) == (2,) == op.shape((2,), (2,)))
    except BackproveError:
        return False


def _defined(op: Any, m: Any, pair: tuple[float, float]) -> bool:
    try:
        op.definition(m, *(m.array(np.array([v])) for v in pair))
    except (ArithmeticError, ValueError):
        return False
    return True


def _ignored(
    case: Case, inputs: tuple[Any, ...], number: int, known: dict[str, Any]
) -> Iterator[Variant]:
    """The first label ignored: by the usual negative number, by -1, by its own number."""
    settings: list[dict[str, Any]] = [
        {"ignore_index": -100}, {"ignore_index": -1, "reduction": "sum"}, {"ignore_index": 0},
    ]  # fmt: skip
    if "label_smoothing" in known:
        settings.append({"ignore_index": -100, "label_smoothing": 0.125})
    for more in settings:
        labels = inputs[number].copy()
        labels.flat[0] = more["ignore_index"]
        labels.flat[1:] = np.where(labels.flat[1:] == more["ignore_index"], 1, labels.flat[1:])
        changed = (*inputs[:number], labels, *inputs[number + 1 :])
        yield "an ignored label", Case(case.inputs, {**case.arguments, **more}), changed


def _targets(cls: Any) -> Iterator[Variant]:
    """Probabilities of another sum than 1, and targets of 0 and 1."""
    for case in cls.CASES:
        kinds = {i: d for i, d in enumerate(case.inputs) if d.kind in ("probabilities", "uniform")}
        for number, draw in kinds.items():
            if cls.signature.inputs[number] != "target":
                continue
            rng = np.random.default_rng(number)
            inputs = [np.round(d.sample(rng) * 64) / 64 for d in case.inputs]
            if draw.kind == "probabilities":
                more = [*inputs[:number], 2 * inputs[number], *inputs[number + 1 :]]
                yield "targets that sum to 2", case, tuple(more)
            bits = np.resize(np.array([0.0, 1.0, 1.0, 0.0, 1.0]), inputs[number].shape)
            yield "targets 0 and 1", case, (*inputs[:number], bits, *inputs[number + 1 :])
            return
