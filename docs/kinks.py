"""The gradients at kinks where frameworks differ, as a table: python docs/kinks.py [en|zh]"""

from __future__ import annotations

import sys
from typing import Any

from backprove.check import conventions
from docstrings import word

NAMES = {"paddle": "Paddle", "torch": "PyTorch", "jax": "JAX"}


def page(language: str) -> str:
    """One row for each operator, setting and kink, in the order of the measured table."""
    versions = conventions.versions()
    sides = [word(side, language) for side in ("left derivative", "right derivative")]
    head = [word("operator", language), "x", *sides]
    head += [f"{NAMES[name]} {versions[name]}" for name in conventions.FRAMEWORKS]
    rows = [head, ["---"] * len(head), *map(_row, entries())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("| --- ", "|---") + "\n"


def entries() -> list[conventions.Entry]:
    """Kinks at which the frameworks give different gradients; -0 where it differs from 0."""
    found: dict[Any, conventions.Entry] = {}
    for e in conventions.table():
        kink = e.kind == "kink" and e.quantity == "gradient" and e.dtype == "float64"
        if kink and not e.agree and isinstance(e.x, float) and e.left is not None:
            found.setdefault((e.op, repr(e.params), e.x, e.paddle, e.torch, e.jax), e)
    return list(found.values())


def _row(e: conventions.Entry) -> list[str]:
    settings = ", ".join(f"{k}={v:g}" for k, v in e.params.items())
    name = f"{e.op}({settings})" if settings else e.op
    answers = [e.answer(framework) for framework in conventions.FRAMEWORKS]
    return [f"`{name}`", *map(_shown, (e.x, e.left, e.right, *answers))]


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


if __name__ == "__main__":
    print(page(*(sys.argv[1:] or ["en"])))
