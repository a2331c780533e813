"""Measuring the table of conventions anew: `python -m benchmarks conventions`.

The points stand in src/backprove/check/conventions.toml, what to ask there in expressions.toml.
Each framework answers in a process of its own; the answers and the versions are written back.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from backprove.check import conventions
from backprove.check.conventions import FRAMEWORKS, TABLE, Answer, Entry, same
from backprove.errors import BackproveError
from backprove.oracle.client import OracleError, installed, reference

EXPRESSIONS = Path(__file__).with_name("expressions.toml")
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
ORDER = (
    *("op", "params", "x", "quantity", "dtype", "kind"),
    *("paddle", "torch", "jax", "paddle_length64", "torch_length64", "jax_length64"),
    *("left", "right", "exact", "agree", "bug", "note"),
)
HEAD = """\
# What Paddle, PyTorch and JAX answer at the points where they differ, and at the points that a
# checker needs to be sure of. Measured by `python -m benchmarks conventions` on an x86-64 CPU;
# where an entry depends on the array length, other CPUs may differ. The fields are explained in
# conventions.py.
"""


def main() -> None:
    """Measure all entries with every installed framework, and write the table."""
    for framework in FRAMEWORKS:
        if not installed(framework):
            raise SystemExit(f"{framework} is not installed: the table needs all three")
    measured = [measure(entry) for entry in conventions.table()]
    versions = {name: version(name) for name in FRAMEWORKS}
    pairs = zip(measured, conventions.table(), strict=True)
    changes = [new for new, old in pairs if repr(new) != repr(old)]
    TABLE.write_text(text(measured, versions), encoding="utf-8")
    print(f"{len(measured)} entries measured, {len(changes)} changed")


def version(framework: str) -> str:
    """The version of a framework without its build."""
    return str(reference(framework).ask("version")["version"]).partition("+")[0]


def measure(entry: Entry) -> Entry:
    """The entry with the answers that the frameworks give now."""
    found: dict[str, Answer] = {}
    for framework in FRAMEWORKS:
        own = ask(entry, framework, 1)
        found[framework] = own
        if isinstance(own, float) and isinstance(entry.x, float):
            long = ask(entry, framework, 64)
            differs = not same(own, long, TOLERANCE[entry.dtype])
            found[f"{framework}_length64"] = long if differs else None
    answers = [v for v in found.values() if v is not None]
    agree = all(same(answers[0], other, TOLERANCE[entry.dtype]) for other in answers)
    return replace(entry, **found, agree=agree)  # type: ignore[arg-type]


def ask(entry: Entry, framework: str, length: int) -> Answer:
    """A framework's answer: a number, nested lists, "error", "none" or None (it has no such)."""
    recipe = _expressions()[entry.op]
    if framework not in recipe:
        return None
    number = isinstance(entry.x, float)
    x = np.array(entry.x, entry.dtype)
    if number and not recipe.get("scalar"):
        x = np.full(length, entry.x, entry.dtype)
    request = {"expression": recipe[framework], "arrays": {"x": x}, "constants": _constants(entry)}
    try:
        y = reference(framework).evaluate(**request)["y"]
        if entry.quantity == "value":
            return plain(y, number)
        dy = np.ones(y.shape, entry.dtype)
        dy = np.array(recipe.get("cotangent", dy), entry.dtype)
        gradients = reference(framework).evaluate(**request, dy=dy)["gradients"]
    except OracleError as error:
        return refused(error)
    return plain(gradients["x"], number) if "x" in gradients else "none"


def refused(error: BackproveError) -> str:
    """The word of the table for an error: Paddle raises one where nothing needs a gradient."""
    words = str(error)
    return "none" if "no gradient" in words or "does not require grad" in words else "error"


def plain(x: Any, first: bool) -> Answer:
    """An array as the table has it: its first element, a number, or nested lists."""
    array = np.asarray(x, dtype=np.float64)
    found: Answer = float(array.reshape(-1)[0]) if first or array.ndim == 0 else array.tolist()
    return found


def _constants(entry: Entry) -> dict[str, Any]:
    known = ("label", "prob", "weight", "reduction", "label_smoothing", "pos_weight")
    given = {"lambda_" if k == "lambda" else k: v for k, v in entry.params.items()}
    return {**dict.fromkeys(known), **given}


@cache
def _expressions() -> dict[str, dict[str, Any]]:
    return tomllib.loads(EXPRESSIONS.read_text(encoding="utf-8"))


def text(entries: list[Entry], versions: dict[str, str]) -> str:
    """The table as TOML."""
    lines = [HEAD, "[meta]", *(f"{k} = {_toml(v)}" for k, v in versions.items())]
    for entry in entries:
        lines += ["", "[[entry]]"]
        for name in ORDER:
            value = getattr(entry, name)
            if value is not None and value != "" and value != {}:
                lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        inner = ", ".join(f"{k} = {_toml(v)}" for k, v in value.items())
        return "{ " + inner + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)
