"""The operators of a network in the order in which they run, with their shapes.

Nothing is computed and nothing is allocated, except for a class of the user's that does not write
`shape`: its forward runs once. Every array that goes from operator to operator has a number, so
that a value which two operators keep for backward is seen to be one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from backprove.composite import Composite
from backprove.cost import output_shape
from backprove.counts import Cost, Count
from backprove.errors import BackproveError, ContractError
from backprove.lifted import Lifted, original
from backprove.net import Parallel, Residual, Sequential
from backprove.op import Op
from backprove.ops.linear.flatten import Flatten
from backprove.ops.linear.reshape import Reshape

Shape = tuple[int, ...]
VIEWS = (Flatten, Reshape)


@dataclass(frozen=True)
class Visit:
    """One use of an operator.

    reads and writes are the numbers of the arrays; `keeps` are those kept for backward, `tied_to`
    the name of the first use, `needs_dx` whether something before it has parameters.
    """

    name: str
    op: Op
    inputs: tuple[Shape, ...]
    output: Shape
    reads: tuple[int, ...]
    writes: int
    needs_dx: bool
    tied_to: str | None = None
    joins: int = 0

    @property
    def parameters(self) -> dict[str, int]:
        """The sizes of its own parameters by name; a place where branches join has none."""
        if self.joins:
            return {}
        return {k: prod(p.shape) for k, p in self.op.parameters().items()}

    @property
    def keeps(self) -> tuple[int, ...]:
        """The arrays that its backward asks for by name, without parameters and statistics."""
        if self.joins:
            return ()
        sig = self.op.signature
        places = {**dict(zip(sig.inputs, self.reads, strict=False)), "y": self.writes}
        return tuple(places[name] for name in sig.residuals if name in places)

    def cost(self) -> Cost | None:
        """The operator's formula; None if it has none.

        Raises ContractError if the formula fails.
        """
        if self.joins:
            sums = 0 if self.concatenates else self.joins - 1
            added = Count(flop=sums * prod(self.output))
            dx = Count(flop=(self.joins - 1) * prod(self.inputs[0]))
            return Cost(added, {"dx": dx})
        if not has_formula(self.op):
            return None
        try:
            return self.op.cost(*self.inputs)
        except BackproveError:
            raise
        except Exception as error:
            raise _failed(self.name, self.op, "cost", error) from error

    @property
    def concatenates(self) -> bool:
        """Whether it sets branches side by side."""
        return isinstance(self.op, Parallel) and self.op.join == "concat"


@dataclass
class Walk:
    """Collects the visits of a network."""

    visits: list[Visit] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)
    first: dict[int, str] = field(default_factory=dict)
    last: Shape = ()
    """The shape of what the last operator that ran returned."""

    def value(self, shape: Shape) -> int:
        """A new array."""
        number = len(self.sizes)
        self.sizes[number] = prod(shape)
        return number

    def run(
        self, op: Op, name: str, shapes: tuple[Shape, ...], at: tuple[int, ...], dx: bool
    ) -> int:
        """Visit an operator and all in it; the number of its output."""
        if isinstance(op, Sequential):
            return self._chain(op, name, shapes, at, dx)
        if isinstance(op, Residual | Parallel):
            return self._branches(op, name, shapes, at, dx)
        output = self.last = shape_of(name, op, shapes)
        writes = at[0] if isinstance(op, VIEWS) else self.value(output)
        tied = self._tied(op, name or "0")
        self.visits.append(Visit(name or "0", op, shapes, output, at, writes, dx, tied))
        return writes

    def _chain(
        self, net: Composite, name: str, shapes: tuple[Shape, ...], at: tuple[int, ...], dx: bool
    ) -> int:
        self.last = shapes[0]
        for key, part in net.parts.items():
            at = (self.run(part, _joined(name, key), shapes, at, dx),)
            shapes = (self.last,)
            dx = dx or bool(part.signature.parameters)
        return at[0]

    def _branches(
        self,
        net: Residual | Parallel,
        name: str,
        shapes: tuple[Shape, ...],
        at: tuple[int, ...],
        dx: bool,
    ) -> int:
        ends, found = [], {}
        for key, part in net.parts.items():
            ends.append(self.run(part, _joined(name, key), shapes, at, dx))
            found[key] = self.last
        if isinstance(net, Residual) and len(ends) == 1:
            ends.append(at[0])
            found["shortcut"] = shapes[0]
        output = self.last = net.joined_shape(found)
        writes = self.value(output)
        shown = name or "0"
        self.visits.append(
            Visit(shown, net, shapes, output, tuple(ends), writes, dx, joins=len(ends))
        )
        return writes

    def _tied(self, op: Op, name: str) -> str | None:
        """The first use of the same parameters."""
        if not (op.parameters() or op.states()):
            return None
        first = self.first.setdefault(id(original(op)), name)
        return None if first == name else first


def walk(net: Op, shapes: tuple[Shape, ...]) -> Walk:
    """Visit all operators of a network for inputs of these shapes, the batch axis included."""
    found = Walk()
    at = tuple(found.value(shape) for shape in shapes)
    found.run(net, "", shapes, at, False)
    return found


def has_formula(op: Op) -> bool:
    """Whether an operator says what it computes."""
    if isinstance(op, Lifted):
        return callable(getattr(type(op.target), "cost", None)) and (
            getattr(type(op.target), "cost", None) is not Op.cost
        )
    return type(op).cost is not Op.cost


def shape_of(name: str, op: Op, shapes: tuple[Shape, ...]) -> Shape:
    """The output shape. Raises ContractError if the operator cannot tell it.

    A class of the user's that does not write `shape` is run once, and must run.
    """
    if output_shape.is_unstated(type(op)):
        return output_shape.by_running(op, shapes)
    try:
        return tuple(op.shape(*shapes))
    except BackproveError:
        raise
    except Exception as error:
        raise _failed(name or "0", op, "shape", error) from error


def _failed(name: str, op: Op, method: str, error: Exception) -> ContractError:
    return ContractError(
        "{method} of {name} ({cls}) raised {kind}: {error}. Try it by itself with these shapes",
        method=method,
        name=name,
        cls=type(op).__name__,
        kind=type(error).__name__,
        error=str(error),
    )


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key
