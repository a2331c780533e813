"""What a library's own differentiation makes of the bridges. Runs in the process of that library.

Asked as `bridge_checks:first`, `bridge_checks:second`, ... with the name of the library.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.arrays import is_floating
from backprove.ops import operator
from backprove.oracle.twice import twice

UPSTREAM = ("plain", "strided", "expanded")


class Point:
    """A bridged operator with tensors to differentiate by: its floating inputs and parameters."""

    def __init__(self, library: str, name: str, arguments: dict[str, Any], given: Any) -> None:
        self.backend = importlib.import_module(f"backprove.oracle.backend_{library}")
        self.module = importlib.import_module(library)
        self.op = operator(name, **arguments)
        self.function = bridge(library)(self.op)
        self.given = {k: self.backend.tensor(v) if _array(v) else v for k, v in given["inputs"]}
        self.names = [k for k, v in self.given.items() if self._moves(k, v)]
        self.leaves = [self.given[k] for k in self.names]
        self.dy = self.backend.tensor(given["dy"])
        for leaf in (*self.leaves, self.dy):
            leaf.stop_gradient = False
            leaf.requires_grad = True

    def _moves(self, name: Any, value: Any) -> bool:
        return is_floating(value) and name not in self.op.signature.state

    def output(self, *leaves: Any) -> Any:
        """y alone, as a function of the leaves."""
        given = {**self.given, **dict(zip(self.names, leaves, strict=True))}
        inputs = [given.pop(k) for k in self.op.signature.inputs]
        found = self.function(*inputs, **given)
        return found[0] if isinstance(found, tuple) else found

    def gradients(self, outputs: Any, by: list[Any], upstream: Any) -> Any:
        """The library's gradients of `outputs`, None where they do not depend on a tensor."""
        grad: Any = getattr(self.module, "grad", None) or self.module.autograd.grad
        return grad([outputs], by, [upstream], allow_unused=True)

    def named(self, names: list[str], found: Any) -> dict[str, Any]:
        """Arrays by name; zeros for None."""
        like = dict(zip([*self.names, "dy"], [*self.leaves, self.dy], strict=True))
        return {
            k: np.zeros(tuple(like[k].shape)) if g is None else self.backend.array(g)
            for k, g in zip(names, found, strict=True)
        }


def _array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


def bridge(library: str) -> Callable[..., Any]:
    """`to_torch` or `to_paddle`."""
    found: Any = importlib.import_module(f"backprove.bridge.{library}")
    return found.to_torch if library == "torch" else found.to_paddle  # type: ignore[no-any-return]


def first(library: str, upstream: str, **operator: Any) -> dict[str, Any]:
    """y and the gradients for an upstream gradient that is plain, strided or expanded."""
    point = Point(library, **operator)
    y = point.output(*point.leaves)
    found = point.gradients(y, point.leaves, laid_out(point.module, point.dy.detach(), upstream))
    return {"y": point.backend.array(y), "gradients": point.named(point.names, found)}


def laid_out(module: Any, dy: Any, upstream: str) -> Any:
    """dy in another memory layout; "expanded" is its first element everywhere."""
    if upstream == "strided":
        return module.stack([dy, dy], -1)[..., 0]
    if upstream == "expanded":
        return dy.reshape([-1])[:1].reshape([1] * len(dy.shape)).expand(dy.shape)
    return dy


def second(library: str, direction: dict[str, Any], **operator: Any) -> dict[str, Any]:
    """The gradients of sum(direction * dx) by every leaf and by dy."""
    point = Point(library, **operator)
    along = {k: point.backend.tensor(direction[k]) for k in point.names}
    leaves = dict(zip(point.names, point.leaves, strict=True))
    found = twice(library, lambda now: point.output(*now.values()), leaves, point.dy, along)
    return {"gradients": point.named(list(found), found.values())}


def gradcheck(**operator: Any) -> dict[str, Any]:
    """The verdicts of torch.autograd.gradcheck and gradgradcheck."""
    point = Point("torch", **operator)
    check = point.module.autograd
    return {
        "first": bool(check.gradcheck(point.output, point.leaves)),
        "second": bool(check.gradgradcheck(point.output, point.leaves, [point.dy])),
    }


def run(library: str, source: str, **arrays: Any) -> dict[str, Any]:
    """Run Python source with tensors under their names; the arrays that it puts into `found`."""
    backend = importlib.import_module(f"backprove.oracle.backend_{library}")
    scope: dict[str, Any] = {k: backend.tensor(v) for k, v in arrays.items()}
    scope |= {library: importlib.import_module(library), "bridge": bridge(library), "found": {}}
    exec(source, scope)
    found: dict[str, Any] = scope["found"]
    return {k: backend.array(v) if isinstance(v, backend.TENSOR) else v for k, v in found.items()}
