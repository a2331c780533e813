"""Running one trial: forward, backward, and what they did to the arrays that they were given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np

from backprove.arrays import dtype_name, library
from backprove.targets import failures
from backprove.targets.properties import Given, aliased, changes, placed, repeats
from backprove.targets.runner import Runner
from backprove.targets.second import second
from backprove.targets.trial import Outcome, Trial

Mark = Callable[[str], None]
MOST_BYTES = 1 << 31
"""A result of more bytes cannot be sent."""


class Malformed(Exception):
    """A result that is no array; `kind` is the outcome's."""

    def __init__(self, kind: str, found: str) -> None:
        super().__init__(found)
        self.kind, self.found = kind, found


def run_trial(runner: Runner, trial: Trial, arrays: ModuleType, path: str, mark: Mark) -> Outcome:
    """The outcome; `mark` is told each method before it runs."""
    method = "forward"
    try:
        mark(method)
        given = placed(trial, arrays)
        if trial.mode == "second":
            return second(runner, trial, arrays, given)
        y, saved = runner.forward(given.inputs, given.values, trial)
        first = np.array(checked(y, arrays))
        changed = changes("forward", trial, given, arrays)
        wanted = _output_shape(trial, first)
        if wanted is not None:
            wrong = {"y": [list(first.shape), list(wanted)]}
            file, line = failures.definition(runner.subject, method, path)
            return Outcome(
                "wrong shape", {"y": first}, _dtypes({"y": y}), changed, shapes=wrong,
                method=method, file=file, line=line,
            )  # fmt: skip
        if trial.mode == "forward":
            aliases = aliased({"y": y}, given, arrays) if trial.properties else ()
            return Outcome("ok", {"y": first}, _dtypes({"y": y}), changed, aliases)
        method = "backward"
        mark(method)
        found = _with_gradients(runner, trial, arrays, given, y, first, saved, changed)
        if not found.shapes:
            return found
        file, line = failures.definition(runner.subject, method, path)
        return replace(found, kind="wrong shape", method=method, file=file, line=line)
    except Malformed as error:
        place = failures.definition(runner.subject, method, path)
        return Outcome(error.kind, method=method, error=error.found, file=place[0], line=place[1])
    except BaseException as error:
        return failures.outcome_of(error, method, path, runner.subject)


def _with_gradients(
    runner: Runner,
    trial: Trial,
    arrays: ModuleType,
    given: Given,
    y: Any,
    first: Any,
    saved: Any,
    changed: tuple[str, ...],
) -> Outcome:
    if trial.dy is not None and np.shape(trial.dy) != tuple(first.shape):
        given.dy = arrays.place(np.reshape(trial.dy, first.shape), trial.layout)
    gradients = runner.backward(saved, given.dy, given.labels)
    if not gradients:
        raise Malformed("no result", "None")
    found = {k: checked(g, arrays) for k, g in gradients.items()}
    results = {"y": y, **gradients}
    wrong = _wrong_shapes(found, trial, runner)
    notes: list[str] = []
    aliases: tuple[str, ...] = ()
    if not changed:
        changed = changes("backward", trial, given, arrays)
    if trial.properties:
        aliases = aliased(results, given, arrays)
    y_then = first if trial.dy is None else np.reshape(first, np.shape(trial.dy))
    if trial.properties and not changed:
        notes = repeats(runner, trial, arrays, {"y": first, **found})
    arrays_then = {"y": y_then, **found}
    return Outcome("ok", arrays_then, _dtypes(results), changed, aliases, tuple(notes), wrong)


def checked(value: Any, arrays: ModuleType) -> Any:
    """A result as a NumPy array. Raises Malformed if it is none."""
    if value is None:
        raise Malformed("no result", "None")
    if library(value) is None and not isinstance(value, bool | int | float):
        raise Malformed("malformed", type(value).__name__)
    found = arrays.plain(value)
    if found.nbytes > MOST_BYTES:
        raise Malformed("malformed", f"{type(value).__name__} of {found.nbytes} bytes")
    if found.dtype.kind not in "biufc" and found.dtype.name != "bfloat16":
        raise Malformed("malformed", f"{type(value).__name__} of {found.dtype}")
    return found


def _dtypes(results: dict[str, Any]) -> dict[str, str]:
    return {k: dtype_name(v) if library(v) else "python" for k, v in results.items()}


def _output_shape(trial: Trial, y: Any) -> tuple[int, ...] | None:
    """The shape that the output should have, if it has another one.

    One number of one number is taken as it is written where the inputs are larger: losses of the
    course have the shape (1,).
    """
    if trial.dy is None or np.shape(trial.dy) == tuple(y.shape):
        return None
    reduced = any(np.size(x) != 1 for x in trial.inputs)
    if reduced and np.size(trial.dy) == np.size(y) == 1:
        return None
    return tuple(np.shape(trial.dy))


def _wrong_shapes(found: dict[str, Any], trial: Trial, runner: Runner) -> dict[str, Any]:
    wanted = {f"d{i}": np.shape(x) for i, x in enumerate(trial.inputs)}
    own = {**runner.parameters(), **trial.values} if any(":" in k for k in found) else {}
    wanted |= {f"d:{k}": np.shape(v) for k, v in own.items()}
    return {
        k: [list(g.shape), list(wanted[k])]
        for k, g in found.items()
        if k in wanted and tuple(g.shape) != tuple(wanted[k])
    }
