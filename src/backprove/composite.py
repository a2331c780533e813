"""What networks share: named parts, dotted names, values that are passed down and gathered.

A network is an operator. Its parameters are those of its parts under dotted names ("0.weight",
"body.2.bias"), in one flat dictionary, which is also what optimizers and checkpoints work on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from backprove import pure, random
from backprove.counts import Cost, Count, elements
from backprove.errors import CheckpointError, ContractError, ShapeError, UsageError, unknown
from backprove.lifted import Lifted, as_op, original
from backprove.messages import render
from backprove.op import Gradients, Op, Parameter
from backprove.signature import CONTEXT, Signature

Owner = tuple[int, str]


class Composite(Op):
    """The base of networks: named parts, dotted names, `state_dict`.

    An operator that occurs twice shares its parameters, which have the name of its first place;
    their gradients add up. Subclasses say in `_run` and `_back` how the parts are wired.
    """

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self.parts: dict[str, Op] = {name: _part(name, part) for name, part in parts.items()}
        self._owners: dict[str, Owner] = {}
        self._names: dict[str, dict[str, str]] = {}
        first: dict[Owner, str] = {}
        for name, part in self.parts.items():
            owners = {k: (o, f"{name}.{k}") for k, o in _owners_of(part).items()}
            self._names[name] = {k: first.setdefault(o, full) for k, (o, full) in owners.items()}
            self._owners |= {full: o for o, full in owners.values() if first[o] == full}
        self.signature = Signature(
            inputs=("x",),
            parameters=tuple(self.parameters()),
            optional=frozenset(),
            state=tuple(self.states()),
            context=tuple(
                k for k in CONTEXT if any(k in p.signature.context for p in self.parts.values())
            ),
            residuals=(),
            skips=True,
            teaching=False,
        )

    def forward(self, x: Any, **values: Any) -> Any:
        """The output alone, with the network's own parameters unless others are given."""
        return self(x, **values)

    def backward(self, dy: Any) -> Any:
        """The gradients of the last `net(x)`: dx, and those of the parameters if there are any."""
        return pure.handed_back(self, *self.bwd(pure.recall(self, dy), dy))

    def __call__(self, *inputs: Any, **values: Any) -> Any:
        return pure.call(self, inputs, values)

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        """The output and the residuals of all parts.

        `values` holds all parameters and running statistics by name, `training` and `key`.
        """
        if len(inputs) != 1:
            raise UsageError(
                "{cls} takes one input, found {found}", cls=type(self).__name__, found=len(inputs)
            )
        known = self._owners.keys() | set(CONTEXT)
        for name in [k for k in values if k not in known]:
            raise unknown("parameter", name, sorted(known))
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
        part = self.parts[name]
        own = {k: values[full] for k, full in self._names[name].items() if full in values}
        if "training" in part.signature.context and "training" in values:
            own["training"] = values["training"]
        if "key" in part.signature.context and values.get("key") is not None:
            own["key"] = random.fold_in(values["key"], list(self.parts).index(name))
        return own

    def run_part(self, name: str, x: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Forward of one part. Its new running statistics go into `values`, for its next use."""
        part = self.parts[name]
        y, saved = part.fwd(x, **self.values_of(name, values))
        values |= {self._names[name][k]: v for k, v in part.new_state(saved).items()}
        return y, saved

    def back_part(
        self, name: str, saved: dict[str, Any], dy: Any, input_grad: bool = True
    ) -> tuple[Any, dict[str, Any]]:
        """Backward of one part, its parameters' gradients under dotted names."""
        inputs, grads = self.parts[name].bwd(saved[name], dy, input_grad=input_grad)
        for k in [k for k in grads if k not in self._names[name]]:
            raise ContractError(
                "the backward of part {name} ({part!r}) gave a gradient for {k}, expected only "
                "names of its parameters: {known}",
                name=name,
                part=self.parts[name],
                k=k,
                known=", ".join(self._names[name]) or "none",
            )
        return inputs[0], {self._names[name][k]: g for k, g in grads.items()}

    def require_gradient(self, name: str, dx: Any) -> None:
        """Raise ContractError if a part gave no gradient of its input."""
        if dx is None:
            raise ContractError(
                "the backward of part {name} ({part!r}) gave no gradient of its input, which the "
                "network needs: return it",
                name=name,
                part=self.parts[name],
            )

    def joined(self, found: dict[str, Any]) -> Any:
        """The sum of the gradients that the parts gave for the input that they share."""
        for name, dx in found.items():
            self.require_gradient(name, dx)
        return sum(list(found.values())[1:], start=next(iter(found.values())))

    def new_state(self, saved: dict[str, Any]) -> dict[str, Any]:
        """The running statistics of all parts after a forward pass."""
        return {
            self._names[name][k]: v
            for name, part in self.parts.items()
            for k, v in part.new_state(saved[name]).items()
        }

    def parameters(self) -> dict[str, Parameter]:
        """All parameters under dotted names."""
        parts = self.parts.items()
        found = {f"{n}.{k}": p for n, op in parts for k, p in op.parameters().items()}
        return {k: p for k, p in found.items() if k in self._owners}

    def states(self) -> dict[str, Parameter]:
        """All running statistics under dotted names."""
        found = {f"{n}.{k}": p for n, op in self.parts.items() for k, p in op.states().items()}
        return {k: p for k, p in found.items() if k in self._owners}

    def part_cost(self, name: str, shapes: tuple[tuple[int, ...], ...]) -> Cost:
        """The compute of one part, and of adding its gradients to those of an earlier use."""
        cost = self.parts[name].cost(*shapes)
        backward = {f"{name}.{k}": count for k, count in cost.backward.items()}
        sizes = {k: elements(p.shape) for k, p in self.parts[name].parameters().items()}
        for k, size in sizes.items():
            path, _, last = f"{name}.{k}".rpartition(".")
            if self._names[name][k] != f"{name}.{k}" and f"{path}.d{last}" in backward:
                backward[f"{path}.d{last}"] += Count(flop=size)
        return Cost(cost.forward, backward)

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
        """A part by its place or its name; a dotted name reaches into the parts of parts."""
        if not isinstance(index, str):
            return list(self.parts.values())[index]
        name, _, rest = index.partition(".")
        if name not in self.parts:
            raise unknown("part", name, self.parts or ("none",))
        part = self.parts[name]
        if not rest:
            return part
        if not isinstance(part, Composite):
            raise unknown("part", index, [full for full, _ in self.leaves()])
        return part[rest]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Op]:
        return iter(self.parts.values())

    def __repr__(self) -> str:
        lines = [f"  ({n}): {op!r}".replace("\n", "\n  ") for n, op in self.parts.items()]
        inner = "\n" + "\n".join(lines) + "\n" if lines else ""
        return f"{type(self).__name__}({inner})"


def _part(name: str, obj: Any) -> Op:
    if not name or "." in name:
        raise UsageError(
            "expected a part's name without a dot, found {name!r}: rename it", name=name
        )
    part = as_op(obj)
    if len(part.signature.inputs) > 1:
        raise ContractError(
            "part {name} ({part!r}) takes {found} inputs, expected one: a network hands one array "
            "from part to part (a loss stands beside the network, not in it)",
            name=name,
            part=part,
            found=len(part.signature.inputs),
        )
    if isinstance(part, Lifted) and part.protocol != "upstream":
        raise ContractError(
            "part {name} cannot stand in a network. {reading} Use it by itself, or give "
            "Lifted(obj, protocol='upstream')",
            name=name,
            reading=part.reading,
        )
    return part


def _owners_of(op: Op) -> dict[str, Owner]:
    if isinstance(op, Composite):
        return op._owners
    return {k: (id(original(op)), k) for k in (*op.parameters(), *op.states())}


def added(grads: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Both, and the sum where a parameter was used twice."""
    return {**grads, **{k: grads[k] + g if k in grads else g for k, g in found.items()}}


def same_shapes(name: str, shapes: dict[str, tuple[int, ...]], hint: str) -> None:
    """Raise ShapeError unless all parts give the same shape: they never broadcast silently."""
    if len(set(shapes.values())) > 1:
        raise ShapeError(
            "{name} expected its parts to give the same shape, found {found}: {hint}",
            name=name,
            found=", ".join(f"{k} {v}" for k, v in shapes.items()),
            hint=render(hint),
        )


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
