"""One call of an operator as a function of a flat list of arrays.

Automatic differentiation wants a function of arrays, and one gradient for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backprove import lift, pure
from backprove.arrays import cast, library
from backprove.arrays import shape as shape_of
from backprove.errors import ContractError, UsageError
from backprove.lifted import Lifted, as_op
from backprove.op import Op


def bridged(obj: Any) -> Op:
    """The operator of an object. Raises UsageError if its backward begins with the labels."""
    op = as_op(obj)
    if isinstance(op, Lifted) and op.protocol == "labels":
        raise UsageError(
            "{reading} A bridge hands backward the gradient for the output: write the loss as an "
            "operator of its own",
            reading=op.reading,
        )
    return op


def prepared(
    op: Op, inputs: tuple[Any, ...], values: dict[str, Any], is_array: Callable[[Any], bool]
) -> tuple[Call, list[Any]]:
    """The call, and its arrays in order.

    A lifted object brings the entries of its `params` along, so that they too get gradients.
    """
    own = lift.params_of(op.target, op.protocol) if isinstance(op, Lifted) else {}
    own = {k: pure.beside(v, *inputs) if library(v) else v for k, v in own.items()}
    given: dict[Any, Any] = {**dict(enumerate(inputs)), **own, **values}
    arrays = {k: v for k, v in given.items() if is_array(v)}
    rest = {k: v for k, v in given.items() if k not in arrays}
    return Call(op, len(inputs), arrays, rest), list(arrays.values())


class Call:
    """An operator and how it is given its arguments. It holds no array of the library itself.

    `names` are those of the arrays, inputs by their place (0, 1, ...); `rest` is what else was
    given.
    """

    def __init__(self, op: Op, count: int, arrays: dict[Any, Any], rest: dict[Any, Any]) -> None:
        self.op, self.count, self.rest = op, count, rest
        self.names = list(arrays)
        self.kinds = [(shape_of(x), x.dtype) for x in arrays.values()]

    def run(self, arrays: Sequence[Any]) -> tuple[Any, dict[str, Any], Any]:
        """(y, new running statistics, what backward needs)."""
        given = {**self.rest, **dict(zip(self.names, arrays, strict=True))}
        inputs = [given.pop(i) for i in range(self.count)]
        y, saved = self.op.fwd(*inputs, **given)
        if library(y) is None:
            raise ContractError(
                "{cls}.forward returned {found}, expected an array: return the output as one",
                cls=self.title,
                found=type(y).__name__,
            )
        new = self.op.new_state(saved)
        new = {k: new[k] for k in self.op.signature.state}
        return y, new, {k: v for k, v in saved.items() if k != "new_state"}

    def gradients(self, saved: Any, dy: Any, needed: Sequence[bool]) -> list[Any]:
        """One gradient for each array, None where none is needed.

        Raises ContractError if backward gave none that is needed, or one of another shape.
        """
        places = zip(self.names, needed, strict=True)
        by_input, by_name = self.op.bwd(
            saved, dy, input_grad=any(isinstance(k, int) and n for k, n in places)
        )
        found: dict[Any, Any] = {**dict(enumerate(by_input)), **by_name}
        wanted = zip(self.names, self.kinds, needed, strict=True)
        return [self._fitting(k, found.get(k), *kind) if n else None for k, kind, n in wanted]

    def _fitting(self, name: Any, gradient: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        if library(gradient) is not None and shape_of(gradient) == shape:
            return cast(gradient, dtype)
        label = name
        if isinstance(name, int):
            label = (*self.op.signature.inputs, *[f"input {i}" for i in range(self.count)])[name]
        raise ContractError(
            "{cls}.backward gave {found} as the gradient of {name}, expected an array of shape "
            "{shape}: return it, or hand {name} over as a constant",
            cls=self.title,
            found="nothing" if gradient is None else getattr(gradient, "shape", gradient),
            name=label,
            shape=shape,
        )

    @property
    def title(self) -> str:
        """The name of the class that the user wrote."""
        return type(self.op.target if isinstance(self.op, Lifted) else self.op).__name__
