"""Networks: operators made of operators.

A network is an operator. Its parameters are those of its parts under dotted names ("0.weight",
"body.2.bias"), in one flat dictionary, which is also what optimizers and checkpoints work on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from backprove import pure, random
from backprove.arrays import namespace
from backprove.arrays import shape as shape_of
from backprove.counts import Cost, Count
from backprove.errors import CheckpointError, ShapeError, UsageError
from backprove.lifted import as_op
from backprove.op import Gradients, Op, Parameter
from backprove.signature import CONTEXT, Signature


class Composite(Op):
    """The base of networks: named parts, dotted names, `state_dict`.

    Subclasses say in `_run` and `_back` how the parts are wired.
    """

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self.parts: dict[str, Op] = {name: as_op(part) for name, part in parts.items()}
        for name in self.parts:
            if not name or "." in name:
                raise UsageError(
                    "expected a part's name without a dot, found {name!r}: rename it", name=name
                )
        self.signature = Signature(
            inputs=("x",),
            parameters=tuple(self.parameters()),
            optional=frozenset(),
            state=tuple(self.states()),
            context=CONTEXT,
            residuals=(),
            skips=True,
            teaching=False,
        )

    def forward(self, x: Any, **values: Any) -> Any:
        """The output alone, with the network's own parameters unless others are given."""
        return self(x, **values)

    def backward(self, dy: Any) -> Any:
        """The gradients of the last `net(x)`: dx, and those of the parameters if there are any."""
        saved = vars(self).get("_saved")
        if saved is None:
            raise UsageError(
                "{cls}.backward(dy) needs a forward pass first: call net(x)",
                cls=type(self).__name__,
            )
        (dx,), grads = self.bwd(saved, dy)
        return (dx, grads) if self.signature.parameters else dx

    def __call__(self, *inputs: Any, **values: Any) -> Any:
        return pure.call(self, inputs, values)

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        """The output and the residuals of all parts."""
        if len(inputs) != 1:
            raise UsageError(
                "{cls} takes one input, found {found}", cls=type(self).__name__, found=len(inputs)
            )
        return self._run(inputs[0], values)

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        """The gradients of the input and of all parameters."""
        dx, grads = self._back(saved, dy, input_grad)
        return (dx,), grads

    def _run(self, x: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        raise NotImplementedError

    def _back(self, saved: dict[str, Any], dy: Any, input_grad: bool) -> tuple[Any, dict[str, Any]]:
        raise NotImplementedError

    def values_of(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        """What one part is given: its parameters, its statistics, its own key."""
        part, start = self.parts[name], name + "."
        own = {k[len(start) :]: v for k, v in values.items() if k.startswith(start)}
        if "training" in part.signature.context and "training" in values:
            own["training"] = values["training"]
        if "key" in part.signature.context and values.get("key") is not None:
            own["key"] = random.fold_in(values["key"], list(self.parts).index(name))
        return own

    def run_part(self, name: str, x: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Forward of one part."""
        return self.parts[name].fwd(x, **self.values_of(name, values))

    def back_part(
        self, name: str, saved: dict[str, Any], dy: Any, input_grad: bool = True
    ) -> tuple[Any, dict[str, Any]]:
        """Backward of one part, its parameters' gradients under dotted names."""
        inputs, grads = self.parts[name].bwd(saved[name], dy, input_grad=input_grad)
        return inputs[0], {f"{name}.{k}": g for k, g in grads.items()}

    def new_state(self, saved: dict[str, Any]) -> dict[str, Any]:
        """The running statistics of all parts after a forward pass."""
        return {
            f"{name}.{k}": v
            for name, part in self.parts.items()
            for k, v in part.new_state(saved[name]).items()
        }

    def parameters(self) -> dict[str, Parameter]:
        """All parameters under dotted names."""
        return {f"{n}.{k}": p for n, op in self.parts.items() for k, p in op.parameters().items()}

    def states(self) -> dict[str, Parameter]:
        """All running statistics under dotted names."""
        return {f"{n}.{k}": p for n, op in self.parts.items() for k, p in op.states().items()}

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, Op]]:
        """Every operator that is not made of others, with its dotted name."""
        for name, part in self.parts.items():
            if isinstance(part, Composite):
                yield from part.leaves(f"{prefix}{name}.")
            else:
                yield f"{prefix}{name}", part

    def state_dict(self) -> dict[str, Any]:
        """Parameters and running statistics by dotted name."""
        values: dict[str, Any] | None = vars(self).get("_values")
        if values is None:
            values = vars(self)["_values"] = self.init()
        return dict(values)

    def load_state_dict(self, values: Mapping[str, Any]) -> None:
        """Take over parameters and running statistics.

        Raises CheckpointError if a name is missing or unknown or a shape differs.
        """
        check_state(self, values)
        vars(self)["_values"] = {k: values[k] for k in self.state_dict()}

    def __getitem__(self, index: int | str) -> Op:
        if isinstance(index, str):
            return self.parts[index]
        return list(self.parts.values())[index]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Op]:
        return iter(self.parts.values())

    def __repr__(self) -> str:
        lines = [f"  ({n}): {op!r}".replace("\n", "\n  ") for n, op in self.parts.items()]
        return f"{type(self).__name__}(\n" + "\n".join(lines) + "\n)"


def check_state(net: Op, values: Mapping[str, Any]) -> None:
    """Raise CheckpointError unless `values` has the names and shapes of the network."""
    declared = {**net.parameters(), **net.states()}
    for name in [k for k in declared if k not in values]:
        raise CheckpointError(
            "the network has a parameter {name}, which is not among the values given: "
            "they belong to another network",
            name=name,
        )
    for name in [k for k in values if k not in declared]:
        raise CheckpointError(
            "the values given hold {name}, which the network does not have: "
            "they belong to another network",
            name=name,
        )
    for name, parameter in declared.items():
        found = tuple(np.shape(values[name]))
        if found != parameter.shape:
            raise CheckpointError(
                "{name} has the shape {expected} in the network and {found} in the values given: "
                "they belong to another network",
                name=name,
                expected=parameter.shape,
                found=found,
            )


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
        for name in reversed(self.parts):
            needed = input_grad or name != first
            dy, found = self.back_part(name, saved, dy, needed)
            grads = {**found, **grads}
            if not needed:
                return None, grads
        return dy, grads

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        for part in self.parts.values():
            shapes = (part.shape(*shapes),)
        return shapes[0]

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        forward, backward = Count(), {}
        for name, part in self.parts.items():
            cost = part.cost(*shapes)
            forward = forward + cost.forward
            backward.update({f"{name}.{k}": c for k, c in cost.backward.items()})
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
        if shape_of(y) != shape_of(skip):
            raise ShapeError(
                "Residual expected body and shortcut to give the same shape, "
                "found {body} and {skip}: add a shortcut that changes the shape",
                body=shape_of(y),
                skip=shape_of(skip),
            )
        return y + skip, saved

    def _back(self, saved: dict[str, Any], dy: Any, input_grad: bool) -> tuple[Any, dict[str, Any]]:
        dx, grads = self.back_part("body", saved, dy, input_grad)
        dskip = dy
        if "shortcut" in self.parts:
            dskip, found = self.back_part("shortcut", saved, dy, input_grad)
            grads.update(found)
        return (dx + dskip if input_grad else None), grads

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

    def _run(self, x: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        saved: dict[str, Any] = {}
        outputs = []
        for name in self.parts:
            y, saved[name] = self.run_part(name, x, values)
            outputs.append(y)
        saved["widths"] = tuple(shape_of(y)[-1] for y in outputs)
        if self.join == "concat":
            return namespace(*outputs).concat(outputs, axis=-1), saved
        total = outputs[0]
        for y in outputs[1:]:
            total = total + y
        return total, saved

    def _back(self, saved: dict[str, Any], dy: Any, input_grad: bool) -> tuple[Any, dict[str, Any]]:
        dx, grads, start = None, {}, 0
        for name, width in zip(self.parts, saved["widths"], strict=True):
            part_dy = dy[..., start : start + width] if self.join == "concat" else dy
            start += width
            branch, found = self.back_part(name, saved, part_dy, input_grad)
            grads.update(found)
            dx = branch if dx is None else dx + branch if input_grad else None
        return dx, grads

    def new_state(self, saved: dict[str, Any]) -> dict[str, Any]:
        return super().new_state({k: v for k, v in saved.items() if k != "widths"})

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        found = [part.shape(*shapes) for part in self.parts.values()]
        if self.join == "concat":
            return (*found[0][:-1], sum(s[-1] for s in found))
        return found[0]

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        joins = len(self.parts) - 1
        out = int(np.prod(self.shape(*shapes))) if self.join == "sum" else 0
        size = int(np.prod(shapes[0]))
        return _add_parts(self, shapes, Count(flop=joins * out), {"dx": Count(flop=joins * size)})


def _add_parts(
    net: Composite, shapes: tuple[tuple[int, ...], ...], forward: Count, backward: dict[str, Count]
) -> Cost:
    for name, part in net.parts.items():
        cost = part.cost(*shapes)
        forward = forward + cost.forward
        backward.update({f"{name}.{k}": c for k, c in cost.backward.items()})
    return Cost(forward, backward)
