"""The expression that calls a framework's operator with the arguments of one of our own.

Inputs go by place, everything else by name: our own name, or one that means the same. What the
operator does not take is left out, and is then the same in every trial.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from backprove.targets.dotted import synonym

TENSORS = {
    "torch": "torch.tensor({0}, dtype=x.dtype)",
    "paddle": "paddle.to_tensor({0}, dtype=x.dtype)",
    "jax": "jnp.asarray({0}, dtype=x.dtype)",
}
"""How the numbers of a setting become an array."""


@dataclass(frozen=True)
class Call:
    """An expression and the settings of ours that it takes; None: it is written for all.

    Those named in `apart` mean something else together.
    """

    expression: str
    says: frozenset[str] | None = None
    apart: tuple[str, ...] = ()


APART = {("paddle", "CrossEntropy"): ("weight", "label_smoothing")}
"""Paddle weighs a smoothed label by its documentation as a whole, PyTorch and we by class."""


def direct(expression: str, name: str) -> bool:
    """Whether the expression is a call of that name.

    New shapes of the result, and helpers for parameters, change nothing about that.
    """
    node = ast.parse(expression, mode="eval").body
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Lambda) and all(isinstance(a, ast.Lambda) for a in node.args):
            node = node.func.body
        elif _called(node) == "reshape" != name and isinstance(node.func, ast.Attribute):
            node = node.func.value
        else:
            break
    return isinstance(node, ast.Call) and _called(node) == name


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def call_of(library: str, path: str, found: dict[str, Any], cls: Any) -> Call:
    """The call of `path`, which is `found` (see `oracle.names.described`), as the definition's."""
    names = found["names"]
    sig, settings = cls.signature, settings_of(cls)
    layer, inputs = found["layer"], list(sig.inputs)
    taken = [] if layer else (names or [])[: len(inputs)]
    free = [n for n in names or [] if n not in taken]
    given = {n: _name(n, free) for n in (*sig.parameters, *sig.state, *sig.context, *settings)}
    given = {ours: theirs for ours, theirs in given.items() if theirs}
    own = set(sig.parameters) if layer else set()
    words = {t: _value(library, ours, settings) for ours, t in given.items() if ours not in own}
    if "soft_label" in free:
        words["soft_label"] = _soft(library)
    first = _inputs(library, inputs, cls, "axis" in free or "dim" in free)
    if path.endswith("_"):
        first[0] = f"{first[0]}.clone()"
    apart = APART.get((library, cls.__name__), ())
    if not layer:
        arguments = ", ".join([*first, *(f"{name}={value}" for name, value in words.items())])
        return Call(
            f"{library}.{path}({arguments})",
            frozenset(given),
            APART.get((library, cls.__name__), ()),
        )
    arguments = ", ".join(f"{name!r}: {value}" for name, value in words.items())
    learned = "".join(f", {n}={n}" for n in sig.parameters)
    made = f"layer({library}.{path}, {{{arguments}}}{learned})"
    return Call(f"{made}({', '.join(first)})", frozenset(given), apart)


def settings_of(cls: Any) -> dict[str, Any]:
    """The hyper-parameters of a definition, as they are in its first case."""
    op = cls(**dict(cls.CASES[0].arguments))
    return {k: v for k, v in vars(op).items() if not k.startswith("_")}


def _name(word: str, names: list[str]) -> str:
    return word if word in names else synonym(word, names)


def _value(library: str, name: str, settings: dict[str, Any]) -> str:
    if name in ("weight", "pos_weight") and name in settings:
        return f"None if {name} is None else {TENSORS[library].format(name)}"
    if name == "approximate" and library == "jax":
        return f"{name} == 'tanh'"
    return name


def _soft(library: str) -> str:
    floating = "jnp.issubdtype(target.dtype, jnp.floating)"
    return floating if library == "jax" else "target.is_floating_point()"


def _inputs(library: str, inputs: list[str], cls: Any, has_axis: bool) -> list[str]:
    """The inputs by place. Without an axis, class labels belong to rows of a matrix."""
    labelled = any(d.kind == "labels" for case in cls.CASES for d in case.inputs)
    if not labelled:
        return inputs
    whole = {"torch": ".long()", "paddle": ".astype('int64')", "jax": ""}[library]
    target = f"target if {_soft(library)} else target{whole}"
    if has_axis or "target" not in inputs:
        return [target if n == "target" else n for n in inputs]
    rows = {"x": "x.reshape([-1, x.shape[-1]])", "target": f"target{whole}.reshape([-1])"}
    return [rows.get(n, n) for n in inputs]
