"""The shapes of a network's inputs, as they are given or as its first layer tells them."""

from __future__ import annotations

from typing import Any

from backprove.composite import Composite
from backprove.cost.walk import Shape
from backprove.errors import UsageError
from backprove.op import Op


def input_shapes(op: Op, given: Any, batch_size: int) -> tuple[Shape, ...]:
    """The shapes of all inputs with their batch axis; `given` as `cost` takes it.

    Raises UsageError for a batch below 1, a shape that is missing or is none, and a wrong number
    of inputs.
    """
    refuse_no_batch(batch_size)
    given = guess(op) if given is None else given
    if given is None:
        raise UsageError(
            "the input's shape is not known and no linear layer tells it: "
            "give input_shape (--input), the shape of one sample such as 784 or 28,28"
        )
    several = not isinstance(given, int) and any(isinstance(n, list | tuple) for n in given)
    listed = given if several else [given]
    sizes = [tuple(g) if isinstance(g, list | tuple) else (g,) for g in listed]
    for size in sizes:
        if any(not isinstance(n, int) or isinstance(n, bool) or n < 1 for n in size):
            raise UsageError(
                "expected an input shape of whole numbers from 1 on, found {found}", found=size
            )
    needed = op.signature.inputs
    if len(sizes) != len(needed):
        raise UsageError(
            "{cls} takes {expected} inputs ({names}), found {found}",
            cls=type(op).__name__,
            expected=len(needed),
            names=", ".join(needed),
            found=len(sizes),
        )
    return tuple((batch_size, *size) for size in sizes)


def guess(net: Op) -> Shape | None:
    """The size of a sample that the first linear layer tells."""
    leaves = (op for _, op in net.leaves()) if isinstance(net, Composite) else iter([net])
    sizes = (getattr(op, "in_features", None) for op in leaves)
    return next(((int(n),) for n in sizes if n is not None), None)


def refuse_no_batch(batch_size: int) -> None:
    """Raise UsageError for a batch below 1."""
    if not isinstance(batch_size, int) or batch_size < 1:
        raise UsageError("expected a batch size of 1 or more, found {found}", found=batch_size)
