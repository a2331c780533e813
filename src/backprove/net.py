"""Networks: operators made of operators.

A network is an operator. Its parameters are those of its parts under dotted names ("0.weight",
"body.2.bias"), in one flat dictionary, which is also what optimizers and checkpoints work on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backprove.arrays import namespace
from backprove.arrays import shape as shape_of
from backprove.composite import Composite, added, check_state, same_shapes
from backprove.counts import Cost, Count
from backprove.errors import UsageError

__all__ = ["Composite", "Parallel", "Residual", "Sequential", "check_state"]


def numbered(parts: tuple[Any, ...]) -> dict[str, Any]:
    """Names for parts: a single dictionary names them itself, others are numbered from 0."""
    if len(parts) == 1 and isinstance(parts[0], Mapping):
        return dict(parts[0])
    return {str(i): part for i, part in enumerate(parts)}


class Sequential(Composite):
    """One part after the other: y = f_n(... f_2(f_1(x))).

    Give the parts one by one, or a dictionary that names them.
    """

    def __init__(self, *parts: Any) -> None:
        super().__init__(numbered(parts))

    def _run(self, x: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        saved = {}
        for name in self.parts:
            x, saved[name] = self.run_part(name, x, values)
        return x, saved

    def _back(self, saved: dict[str, Any], dy: Any, input_grad: bool) -> tuple[Any, dict[str, Any]]:
        """Without `input_grad` it stops at the first part that has parameters."""
        grads: dict[str, Any] = {}
        first = next((n for n, op in self.parts.items() if op.signature.parameters), None)
        if first is None and not input_grad:
            return None, grads
        later = ""
        for name in reversed(self.parts):
            if later:
                self.require_gradient(later, dy)
            later, needed = name, input_grad or name != first
            dy, found = self.back_part(name, saved, dy, needed)
            grads = added(found, grads)
            if not needed:
                return None, grads
        return dy, grads

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        for part in self.parts.values():
            shapes = (part.shape(*shapes),)
        return shapes[0]

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        forward = Count()
        backward: dict[str, Count] = {}
        for name, part in self.parts.items():
            cost = self.part_cost(name, shapes)
            forward, backward = forward + cost.forward, {**backward, **cost.backward}
            shapes = (part.shape(*shapes),)
        return Cost(forward, backward)


class Residual(Composite):
    """A residual connection: y = body(x) + shortcut(x); without a shortcut, y = body(x) + x.

    Source: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016.
    """

    def __init__(self, body: Any, shortcut: Any = None) -> None:
        super().__init__({"body": body} | ({} if shortcut is None else {"shortcut": shortcut}))

    def _run(self, x: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        saved: dict[str, Any] = {}
        y, saved["body"] = self.run_part("body", x, values)
        skip = x
        if "shortcut" in self.parts:
            skip, saved["shortcut"] = self.run_part("shortcut", x, values)
        self.joined_shape({"body": shape_of(y), "shortcut": shape_of(skip)})
        return y + skip, saved

    def joined_shape(self, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
        """The shape of the sum of its parts. Raises ShapeError if they differ."""
        same_shapes("Residual", shapes, "add a shortcut that changes the shape")
        return shapes["body"]

    def _back(self, saved: dict[str, Any], dy: Any, input_grad: bool) -> tuple[Any, dict[str, Any]]:
        found_dx: dict[str, Any] = {"shortcut": dy}
        grads: dict[str, Any] = {}
        for name in self.parts:
            found_dx[name], found = self.back_part(name, saved, dy, input_grad)
            grads = added(grads, found)
        return self.joined(found_dx) if input_grad else None, grads

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return self.parts["body"].shape(*shapes)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        size = int(np.prod(self.shape(*shapes)))
        joined = Count(flop=int(np.prod(shapes[0])))
        return _add_parts(self, shapes, Count(flop=size), {"dx": joined})


class Parallel(Composite):
    """Several branches on the same input, their outputs added or set side by side.

    join="sum" adds them; join="concat" concatenates along the last axis.
    """

    def __init__(self, *branches: Any, join: str = "sum") -> None:
        if join not in ("sum", "concat"):
            raise UsageError("expected join to be 'sum' or 'concat', found {join!r}", join=join)
        self.join = join
        super().__init__(numbered(branches))
        if not self.parts:
            raise UsageError("Parallel expected one branch or more, found none")

    def _run(self, x: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        saved: dict[str, Any] = {}
        outputs = []
        for name in self.parts:
            y, saved[name] = self.run_part(name, x, values)
            outputs.append(y)
        shapes = {name: shape_of(y) for name, y in zip(self.parts, outputs, strict=True)}
        self.joined_shape(shapes)
        if self.join == "concat":
            saved["widths"] = tuple(size[-1] for size in shapes.values())
            return namespace(*outputs).concat(outputs, axis=-1), saved
        total = outputs[0]
        for y in outputs[1:]:
            total = total + y
        return total, saved

    def _back(self, saved: dict[str, Any], dy: Any, input_grad: bool) -> tuple[Any, dict[str, Any]]:
        found_dx: dict[str, Any] = {}
        grads: dict[str, Any] = {}
        start = 0
        for i, name in enumerate(self.parts):
            part_dy = dy
            if self.join == "concat":
                width = saved["widths"][i]
                part_dy, start = dy[..., start : start + width], start + width
            found_dx[name], found = self.back_part(name, saved, part_dy, input_grad)
            grads = added(grads, found)
        return self.joined(found_dx) if input_grad else None, grads

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return self.joined_shape({k: part.shape(*shapes) for k, part in self.parts.items()})

    def joined_shape(self, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
        """The shape of the branches put together. Raises ShapeError if they do not fit."""
        first = next(iter(shapes.values()))
        if self.join == "concat":
            leading = {name: size[:-1] for name, size in shapes.items()}
            same_shapes("Parallel", leading, "only the last lengths may differ")
            return (*first[:-1], sum(size[-1] for size in shapes.values()))
        same_shapes("Parallel", shapes, "use join='concat' or branches of one width")
        return first

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        joins = len(self.parts) - 1
        out = int(np.prod(self.shape(*shapes))) if self.join == "sum" else 0
        size = int(np.prod(shapes[0]))
        return _add_parts(self, shapes, Count(flop=joins * out), {"dx": Count(flop=joins * size)})


def _add_parts(
    net: Composite, shapes: tuple[tuple[int, ...], ...], forward: Count, backward: dict[str, Count]
) -> Cost:
    for name in net.parts:
        cost = net.part_cost(name, shapes)
        forward, backward = forward + cost.forward, {**backward, **cost.backward}
    return Cost(forward, backward)
