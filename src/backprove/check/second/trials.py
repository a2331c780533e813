"""The trials of second derivatives: where they are asked for, and what must come out."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check import grid
from backprove.check.examples import DRAWN, examples
from backprove.check.framework import Framework
from backprove.check.precision import Wide, limits
from backprove.check.second.ask import directions, pattern
from backprove.check.second.exact import bends, mixed
from backprove.check.trial import Bound, Trial

LOST = 2.0**20
"""So many units of roundoff may be lost to cancellation; a wrong formula is off by more."""

JUMP = 1e12
MOST = 48
POINTS = (
    0.0, 0.3, 0.5, 0.7, 1.0, 1.3, 1.7, 2.0, 2.5, 3.0, 4.0, 5.5, 6.0, 10.0, 20.5, 88.0, 100.0,
    1000.0, 1e-3, 1e-6, 1e-300,
)  # fmt: skip


def points(op: Any) -> Any:
    """Points of both signs, with the kinks that the settings may make."""
    settings = {} if op is None else {k: v for k, v in vars(op).items() if k[:1] != "_"}
    sizes = dict.fromkeys((*POINTS, *grid.kinks(settings)))
    return np.array([s * v for v in sizes for s in ((1.0, -1.0) if v else (1.0,))])


def pointwise(
    op: Any, arguments: dict[str, Any], context: dict[str, Any], x: Any, dy: Any
) -> Trial:
    """An elementwise trial at x. Where the gradient jumps it has no derivative."""
    found, shape = bends(op, np.ravel(x), context), np.shape(x)
    low, high, first, last = (
        np.reshape(c, shape) for c in (found.left, found.right, found.slope_left, found.slope_right)
    )
    v = pattern(x).astype(Wide)
    with np.errstate(all="ignore"):
        steepest = np.fmax(np.abs(first), np.abs(last))
        size = np.fmax(np.fmax(np.abs(low), np.abs(high)), steepest)
        jumps = (np.abs(first - last) > 1e-12 * steepest) | ~(steepest < limits("float64").largest)
        jumps |= np.fmax(np.abs(low), np.abs(high)) > JUMP * (1 + steepest)
        up = np.asarray(dy).astype(Wide)
        room = LOST * limits("float64").unit * np.fmax(1, size)
        expected = {
            "d0": _bound(low * up * v, high * up * v, room * np.abs(up * v), jumps),
            "dy": _bound(first * v, last * v, room * np.abs(v), np.zeros(shape, dtype=bool)),
        }
    return Trial(arguments, (x,), dy, expected, "float64", context, purpose="differentiated again")


def _bound(low: Any, high: Any, room: Any, free: Any) -> Bound:
    most = limits("float64").largest
    free = free | ~((np.abs(low) < most) & (np.abs(high) < most))
    return Bound(low, high, room, room, free, free & False)


def arrays(
    op: Any,
    arguments: dict[str, Any],
    inputs: tuple[Any, ...],
    values: dict[str, Any],
    dy: Any,
    subject: Any,
) -> Trial:
    """A trial of an operator that is not elementwise."""
    along = directions({"inputs": inputs, "values": values}, subject)
    exact = mixed(op, inputs, values, dy, along)
    unit = limits("float64").unit
    expected = {}
    for name, second in exact.items():
        size = max(1.0, float(np.max(np.abs(second[np.isfinite(second)]), initial=0)))
        room = np.full(second.shape, LOST * unit * size)
        expected[name] = _bound(second, second, room, np.zeros(second.shape, dtype=bool))
    return Trial(
        arguments, inputs, np.asarray(dy, dtype=np.float64), expected, "float64", values,
        purpose="differentiated again",
    )  # fmt: skip


def chosen(subject: Any, cls: Any, most: int = 2) -> list[Any]:
    """The drawn examples with the fewest numbers that the subject can be asked at."""
    found: list[tuple[int, int, Any]] = []
    stranger = not isinstance(subject, Framework) and not issubclass(subject.cls, cls)
    for example in examples(cls):
        if example.purpose != DRAWN:
            continue
        if isinstance(subject, Framework) and (
            not subject.sayable(example.case.arguments) or "key" in example.op.signature.context
        ):
            continue
        if stranger and (example.case.arguments or example.values):
            continue
        count = sum(np.size(x) for x in (*example.inputs, *example.values.values()))
        if count <= MOST:
            found.append((count, len(found), example))
    return [example for *_, example in sorted(found)[:most]]
