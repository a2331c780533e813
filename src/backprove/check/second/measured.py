"""Second derivatives of a subject without a definition: differences of its own backward.

Its gradients have been held against differences of forward before. Each expected number has the
error bar that the differences came with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.measured.differences import STEPS, Side, slopes, steps
from backprove.check.measured.examples import Base, Measured, places
from backprove.check.precision import Wide, limits
from backprove.check.second.ask import directions, pattern
from backprove.check.second.trials import LOST
from backprove.check.trial import Bound, Trial

UNDECIDED = 1e-3
UNIT = limits("float64").unit
ORACLE = "differences of backward"
MOST = 40


def pointwise(subject: Any, x: Any, dy: Any) -> Trial | None:
    """The trial of an elementwise subject at x; None where backward gives no gradient."""
    h = steps(x, False)
    asked = np.concatenate([x[None], x - h, x + h])
    request = _request((asked.ravel(),), {}, np.ones(asked.size))
    (outcome,) = subject.run([request])
    found = outcome.get("arrays", {}).get("d0")
    if found is None or np.size(found) != asked.size:
        return None
    rows = np.asarray(found).astype(Wide).reshape(asked.shape)
    moved, count = (asked - x).astype(Wide), len(h)
    below = Side(rows[1 : count + 1], moved[1 : count + 1])
    above = Side(rows[count + 1 :], moved[count + 1 :])
    got = slopes(rows[0], below, above, UNIT)
    v = pattern(x)
    expected = {
        "d0": _bound(got.left * dy * v, got.right * dy * v, got.error * np.abs(dy * v)),
        "dy": _bound(rows[0] * v, rows[0] * v, np.zeros(x.shape)),
    }
    return _trial((x,), {}, dy, expected)


def arrays(subject: Any, at: Measured, dy: Any) -> Trial | None:
    """The trial at a base whose Jacobian has been measured; None where backward gives nothing."""
    base, names = at.base, [n for n, _ in places(at.base)]
    first = _request(base.inputs, base.values, dy)
    along = {k: v for k, v in directions(first, subject).items() if k in names}
    moves = list(_moves(base))
    outcomes = subject.run([first, *(_request(x, values, dy) for _, (x, values) in moves)])
    rows = [_along(o.get("arrays", {}), along) for o in outcomes]
    if any(r is None for r in rows):
        return None
    expected, start = {}, 1
    for name, x in places(base):
        size = 2 * len(STEPS) * x.size
        f = np.array(rows[start : start + size], dtype=Wide).reshape(x.size, 2, len(STEPS), 1)
        h = np.array([m[0] for m in moves[start - 1 : start - 1 + size]], dtype=Wide)
        h = h.reshape(f.shape)
        start += size
        sides = [Side(np.moveaxis(f[:, k], 1, 0), np.moveaxis(h[:, k], 1, 0)) for k in (0, 1)]
        got = slopes(np.array([[rows[0]]], dtype=Wide), sides[0], sides[1], UNIT)
        low, high, error = (np.reshape(c, x.shape) for c in got[:3])
        expected[name] = _bound(low, high, error)
    ahead = sum(at.left[k] @ v.ravel() for k, v in along.items())
    error = sum(at.error[k] @ np.abs(v.ravel()) for k, v in along.items())
    ahead = np.reshape(ahead, np.shape(dy))
    expected["dy"] = _bound(ahead, ahead, np.reshape(error, np.shape(dy)))
    return _trial(base.inputs, base.values, dy, expected, base.optional)


def _along(found: dict[str, Any], along: dict[str, Any]) -> Any:
    """The gradients along the direction; None where one of them is missing."""
    if not along or any(k not in found for k in along):
        return None
    return sum(np.sum(np.asarray(found[k]).astype(Wide) * v) for k, v in along.items())


def _moves(base: Base) -> Any:
    """(step, (inputs, values)) for every coordinate, side and step."""
    for name, x in places(base):
        for index in np.ndindex(x.shape):
            for sign in (-1, 1):
                for share in STEPS:
                    moved = x.astype(np.float64)
                    moved[index] += sign * float(share) * max(1.0, abs(float(x[index])))
                    if ":" in name:
                        point = base.inputs, {**base.values, name[2:]: moved}
                    else:
                        i = int(name[1:])
                        point = (*base.inputs[:i], moved, *base.inputs[i + 1 :]), base.values
                    yield moved[index] - float(x[index]), point


def small(base: Base) -> bool:
    """Whether there are few enough coordinates to move each of them."""
    return sum(x.size for _, x in places(base)) <= MOST and base.labels is None


def _request(inputs: tuple[Any, ...], values: dict[str, Any], dy: Any) -> dict[str, Any]:
    return {"arguments": {}, "inputs": list(inputs), "values": values, "dy": dy}


def _bound(low: Any, high: Any, error: Any) -> Bound:
    size = np.fmax(1, np.fmax(np.abs(low), np.abs(high)))
    room = LOST * UNIT * np.max(np.where(np.isfinite(size), size, 1), initial=1) + 4 * error
    free = ~np.isfinite(low) | ~np.isfinite(high) | ~(error <= UNDECIDED * size)
    return Bound(low, high, room, room, free, free & False)


def _trial(
    inputs: Any, values: Any, dy: Any, expected: Any, optional: frozenset[str] = frozenset()
) -> Trial:
    return Trial(
        {}, inputs, np.asarray(dy), expected, "float64", values, purpose="differentiated again",
        optional=optional, oracle=ORACLE,
    )  # fmt: skip
