"""Running an operator on trials: in this process, or in a worker of any array library.

A trial is a dictionary of plain arrays (`inputs`, `values` by name, `dy`), constructor `arguments`,
the memory `layout` of inputs and upstream gradient, and whether to look at `properties` too. The
outcome has the output `y`, the gradients `inputs` and `parameters`, the `dtypes` of all of them,
the `notes` on properties that do not hold, or the `error` that came instead.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.arrays import dtype_name, library
from backprove.lifted import as_op

Convert = Callable[[Any], Any]


def run_trials(
    build: Callable[..., Any], trials: list[dict[str, Any]], to: Any, back: Convert
) -> list[dict[str, Any]]:
    """One outcome for each trial. `to(x, layout)` makes an array of the library, `back` undoes it.

    `build(**arguments)` makes the operator; it is asked once for each set of arguments.
    """
    made: dict[str, Any] = {}
    outcomes = []
    for trial in trials:
        try:
            key = repr(trial["arguments"])
            if key not in made:
                made[key] = as_op(build(**trial["arguments"]))
            outcomes.append(_run(made[key], trial, to, back))
        except Exception as error:
            outcomes.append({"error": f"{type(error).__name__}: {error}", "lines": _lines(error)})
    return outcomes


def _run(op: Any, trial: dict[str, Any], to: Any, back: Convert) -> dict[str, Any]:
    layout = trial.get("layout", "plain")
    inputs = [_placed(x, to, layout) for x in trial["inputs"]]
    values = {k: _placed(v, to, "plain") for k, v in trial["values"].items()}
    dy = to(trial["dy"], layout)
    y, saved = op.fwd(*inputs, **values)
    early = _changes("forward", trial, inputs, values, dy, back) if trial["properties"] else []
    y_then = np.array(back(y))
    found = _gradients(op, saved, dy)
    named = {"y": y, **found}
    outcome = {name: back(x) for name, x in named.items()}
    dtypes = {name: dtype_name(x) for name, x in named.items() if library(x)}
    outcome["y"] = y_then
    notes = early
    if trial["properties"] and not early:
        notes = _changes("backward", trial, inputs, values, dy, back)
        notes += _repeats(op, trial, to, back, outcome)
    return {"arrays": outcome, "dtypes": dtypes, "notes": notes}


def _placed(x: Any, to: Any, layout: str) -> Any:
    return to(x, layout) if isinstance(x, np.ndarray | np.generic) else x


def _gradients(op: Any, saved: Any, dy: Any) -> dict[str, Any]:
    by_input, by_name = op.bwd(saved, dy)
    named = {f"d{i}": g for i, g in enumerate(by_input)} | {f"d:{k}": g for k, g in by_name.items()}
    return {k: g for k, g in named.items() if g is not None}


def _changes(method: str, trial: Any, inputs: Any, values: Any, dy: Any, back: Convert) -> list[str]:
    """Which of the arrays handed in are no longer what they were."""
    pairs = [(f"input {i}", a, b) for i, (a, b) in enumerate(zip(trial["inputs"], inputs, strict=True))]
    pairs += [(f"parameter {k}", trial["values"][k], v) for k, v in values.items()]
    pairs += [("dy", trial["dy"], dy)]
    return [
        f"changed:{method}:{name}"
        for name, old, new in pairs
        if isinstance(old, np.ndarray | np.generic) and not same(back(new), old)
    ]


def _repeats(
    op: Any, trial: Any, to: Any, back: Convert, first: dict[str, Any]
) -> list[str]:
    """Whether a second run gives the same, also with another forward pass in between."""
    inputs = [_placed(x, to, "plain") for x in trial["inputs"]]
    values = {k: _placed(v, to, "plain") for k, v in trial["values"].items()}
    y, saved = op.fwd(*inputs, **values)
    others = [_placed(other(x), to, "plain") for x in trial["inputs"]]
    notes = [] if same(back(y), first["y"]) else ["not deterministic"]
    op.fwd(*others, **values)
    again = {k: back(g) for k, g in _gradients(op, saved, to(trial["dy"], "plain")).items()}
    if all(same(again[k], first[k]) for k in again):
        return notes
    y, saved = op.fwd(*inputs, **values)
    third = {k: back(g) for k, g in _gradients(op, saved, to(trial["dy"], "plain")).items()}
    steady = all(same(third[k], first[k]) for k in third)
    return [*notes, "disturbed" if steady else "not deterministic"]


def other(x: Any) -> Any:
    """Another input of the same shape: the elements in reverse, floats with the sign turned."""
    if not isinstance(x, np.ndarray) or x.dtype.kind in "iub":
        return x
    return np.ascontiguousarray(-np.flip(x))


def same(a: Any, b: Any) -> bool:
    """Equal in shape and every number, NaN included."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.dtype.kind in "iub" or b.dtype.kind in "iub":
        return bool(np.array_equal(a, b))
    return bool(np.array_equal(a.astype(np.float64), b.astype(np.float64), equal_nan=True))


def laid_out(x: Any, layout: str) -> Any:
    """A NumPy copy of the array with another memory layout."""
    x = np.array(x)
    if layout == "fortran":
        return np.asfortranarray(x)
    if layout == "reversed":
        return np.flip(np.flip(x).copy())
    if layout == "strided":
        wide = np.zeros((*x.shape, 2), dtype=x.dtype)
        wide[..., 0] = x
        return wide[..., 0]
    return x


def _lines(error: BaseException) -> list[Any]:
    """File and line of each step of the traceback."""
    return [[frame.filename, frame.lineno] for frame in traceback.extract_tb(error.__traceback__)]
