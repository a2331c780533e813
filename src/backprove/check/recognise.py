"""Which known mistake a wrong gradient fits, everywhere and not only at one input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backprove.check.precision import Wide
from backprove.check.trial import Failure, Trial

Run = tuple[Trial, dict[str, Any]]


def scale(runs: Sequence[Run], name: str) -> float | None:
    """The one factor by which every element is off, if there is one."""
    found, expected = _gathered(runs, name)
    used = (expected != 0) & np.isfinite(expected) & np.isfinite(found)
    if used.sum() < 8:
        return None
    ratio = float(np.median((found[used] / expected[used]).astype(float)))
    fits = np.abs(found - ratio * expected)[used] <= 1e-7 * np.abs(expected[used])
    return ratio if np.isfinite(ratio) and ratio != 0 and fits.mean() > 0.98 else None


def shares(failure: Failure, factor: float) -> bool:
    """Whether a failing element is off by that factor, as far as it has a number."""
    if failure.kind != "wrong":
        return True
    return bool(np.isclose(float(failure.found), factor * float(failure.low)))


def divided(runs: Sequence[Run], name: str) -> bool:
    """Whether every array's gradient is the right one divided by its number of elements."""
    sizes = {t.dy.size for t, _ in runs}
    return len(sizes) > 2 and _fits(runs, name, lambda t: _low(t, name) / max(t.dy.size, 1))


def upstream_ignored(runs: Sequence[Run], name: str) -> bool:
    """Whether the gradient is the derivative, whatever the upstream gradient is."""

    def candidate(t: Trial) -> Any:
        dy = t.dy.astype(Wide)
        return np.where(dy == 0, np.nan, _low(t, name) / np.where(dy == 0, 1, dy))

    return _fits(runs, name, candidate)


def all_zero(runs: Sequence[Run], name: str) -> bool:
    """Whether the gradient is 0 throughout."""
    found, _ = _gathered(runs, name)
    return bool(found.size) and bool(np.all(found == 0))


def derivative_ignored(runs: Sequence[Run], name: str) -> bool:
    """Whether the upstream gradient is handed through."""
    return _fits(runs, name, lambda t: t.dy.astype(Wide))


def near(a: Any, b: Any, relative: float) -> bool:
    """Equal in shape, and every element that is known to such a share of the largest of b."""
    if np.shape(a) != np.shape(b):
        return False
    known = np.isfinite(a) & np.isfinite(b)
    size = np.max(np.abs(np.where(known, b, 0)), initial=0)
    with np.errstate(all="ignore"):
        return bool(np.all(~known | (np.abs(a - b) <= relative * size)))


def _low(trial: Trial, name: str) -> Any:
    return trial.expected[name].low


def _fits(runs: Sequence[Run], name: str, candidate: Callable[[Trial], Any]) -> bool:
    with np.errstate(all="ignore"):
        pairs = [(_result(o, name), candidate(t)) for t, o in runs if _usable(t, o, name)]
    if not pairs:
        return False
    found = np.concatenate([a.ravel() for a, _ in pairs])
    expected = np.concatenate([np.broadcast_to(b, a.shape).ravel() for a, b in pairs])
    used = np.isfinite(expected) & np.isfinite(found)
    near = np.abs(found - expected)[used] <= 1e-9 * np.abs(expected[used])
    return bool(used.sum() >= 8 and near.mean() > 0.98)


def _gathered(runs: Sequence[Run], name: str) -> tuple[Any, Any]:
    used = [(t, o) for t, o in runs if _known(t, o, name)]
    if not used:
        return np.zeros(0, dtype=Wide), np.zeros(0, dtype=Wide)
    found = np.concatenate([_result(o, name).ravel() for _, o in used])
    low = np.concatenate([np.where(t.expected[name].free, np.nan, _low(t, name)).ravel()
                          for t, _ in used])  # fmt: skip
    return found, low


def _known(trial: Trial, outcome: dict[str, Any], name: str) -> bool:
    """Whether there is a result in float64 of the right shape."""
    result = outcome.get("arrays", {}).get(name)
    return (
        trial.dtype == "float64"
        and result is not None
        and name in trial.expected
        and np.shape(result) == trial.expected[name].low.shape
    )


def _usable(trial: Trial, outcome: dict[str, Any], name: str) -> bool:
    """The same for a result that belongs to the upstream gradient element by element."""
    own = not name.startswith("d:") and _known(trial, outcome, name)
    return own and trial.expected[name].low.shape == trial.dy.shape


def _result(outcome: dict[str, Any], name: str) -> Any:
    return np.asarray(outcome["arrays"][name]).astype(Wide)
