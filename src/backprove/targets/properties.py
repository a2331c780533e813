"""What a run did to the arrays that it was given, and whether it can be repeated."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from backprove.arrays import library
from backprove.targets.runner import Runner
from backprove.targets.trial import Trial


@dataclass
class Given:
    """The arrays of a trial in the library, as they are handed to the operator."""

    inputs: list[Any]
    values: dict[str, Any]
    dy: Any
    labels: Any

    def named(self) -> dict[str, Any]:
        """Every array by a name."""
        found = {f"input {i}": x for i, x in enumerate(self.inputs)}
        found |= {f"parameter {k}": v for k, v in self.values.items()}
        found |= {"dy": self.dy, "labels": self.labels}
        return {k: v for k, v in found.items() if library(v) is not None}


def placed(trial: Trial, arrays: ModuleType, layout: str | None = None) -> Given:
    """The trial's arrays in the library; whatever is no array is handed on as it is."""
    where = trial.layout if layout is None else layout

    def put(x: Any, at: str) -> Any:
        return arrays.place(x, at) if isinstance(x, np.ndarray | np.generic) else x

    return Given(
        [put(x, where) for x in trial.inputs],
        {k: put(v, "plain") for k, v in trial.values.items()},
        put(trial.dy, where),
        put(trial.labels, "plain"),
    )


def changes(method: str, trial: Trial, given: Given, arrays: ModuleType) -> tuple[str, ...]:
    """Which of the arrays handed in are no longer what they were."""
    old = {f"input {i}": x for i, x in enumerate(trial.inputs)}
    old |= {f"parameter {k}": v for k, v in trial.values.items()}
    old |= {"dy": trial.dy, "labels": trial.labels}
    return tuple(
        f"{method}:{name}"
        for name, new in given.named().items()
        if not same(arrays.plain(new), old[name])
    )


def aliased(results: dict[str, Any], given: Given, arrays: ModuleType) -> tuple[str, ...]:
    """Which results share memory with what was handed in."""
    return tuple(
        f"{k}:{name}"
        for k, result in results.items()
        for name, array in given.named().items()
        if arrays.shares(result, array)
    )


def repeats(runner: Runner, trial: Trial, arrays: ModuleType, first: dict[str, Any]) -> list[str]:
    """Whether a second run gives the same, also with another forward pass in between."""
    y, again = _again(runner, trial, arrays, between=True)
    notes = [] if same(y, first["y"]) else ["not deterministic"]
    notes += _parameters_alone(runner, trial, arrays, first)
    if all(same(again.get(k), first[k]) for k in first if k != "y"):
        return notes
    _, third = _again(runner, trial, arrays, between=False)
    steady = all(same(third.get(k), first[k]) for k in first if k != "y")
    return [*notes, "disturbed"] if steady else [*notes, "not deterministic:gradients"]


def _again(
    runner: Runner, trial: Trial, arrays: ModuleType, between: bool
) -> tuple[Any, dict[str, Any]]:
    given = placed(trial, arrays, "plain")
    y, saved = runner.forward(given.inputs, given.values, trial)
    found = arrays.plain(y)
    if between:
        more = placed(trial, arrays, "plain")
        others = [arrays.place(other(x)) if library(x) else x for x in trial.inputs]
        with suppress(Exception):
            runner.forward(others, more.values, trial)
    if trial.dy is not None and np.shape(trial.dy) != tuple(found.shape):
        given.dy = arrays.place(np.reshape(trial.dy, found.shape))
    gradients = runner.backward(saved, given.dy, given.labels)
    return found, {k: arrays.plain(g) for k, g in gradients.items()}


def _parameters_alone(
    runner: Runner, trial: Trial, arrays: ModuleType, first: dict[str, Any]
) -> list[str]:
    """Parameters whose gradient is lost when those of the inputs are not asked for."""
    op, wanted = getattr(runner, "op", None), [k for k in first if k.startswith("d:")]
    if op is None or not wanted or not op.signature.skips:
        return []
    given = placed(trial, arrays, "plain")
    _, saved = runner.forward(given.inputs, given.values, trial)
    named = op.bwd(saved, given.dy, input_grad=False)[1]
    lost = [k for k in wanted if k[2:] not in named]
    lost += [k for k in wanted if k not in lost and not same(arrays.plain(named[k[2:]]), first[k])]
    return [f"only parameters:{k[2:]}" for k in lost]


def other(x: Any) -> Any:
    """Another input of the same shape: the elements in reverse, floats with the sign turned.

    An operator may refuse it, which says nothing about the operator.
    """
    x = np.asarray(x)
    if x.dtype.kind in "iub":
        return x
    return np.ascontiguousarray(-np.flip(x)).reshape(x.shape)


def same(a: Any, b: Any) -> bool:
    """Equal in shape and every number, NaN included; -0 and 0 count as equal."""
    if a is None or b is None:
        return a is b
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.dtype.kind in "iub" or b.dtype.kind in "iub":
        return bool(np.array_equal(a, b))
    wide = np.complex128 if "c" in a.dtype.kind + b.dtype.kind else np.float64
    return bool(np.array_equal(a.astype(wide), b.astype(wide), equal_nan=True))
