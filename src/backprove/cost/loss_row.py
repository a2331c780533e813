"""The loss of a training step as a row of a count."""

from __future__ import annotations

from typing import Any

from backprove import ops
from backprove.cost import memory
from backprove.cost.rows import with_amounts
from backprove.cost.table import Row
from backprove.cost.walk import Shape, Walk, has_formula
from backprove.cost.worked import worked
from backprove.counts import Cost, Count
from backprove.errors import BackproveError
from backprove.lifted import as_op
from backprove.op import Op
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.nll import NLL


def find_loss(named: Any) -> Op | None:
    """A loss of that name, or the one that is given; None without one."""
    return ops.operator(named, "loss") if isinstance(named, str) else named and as_op(named)


def fitting_loss(named: Any, output: Shape) -> Op | None:
    """The loss, if a network's output has a shape that it takes: with labels, rows of classes."""
    found = find_loss(named)
    if found is None or not output or (isinstance(found, CrossEntropy | NLL) and len(output) != 2):
        return None
    try:
        found.shape(*loss_inputs(found, output))
    except BackproveError:
        return None
    return found


def left_out(named: Any, fitting: Op | None, output: Shape) -> dict[str, Any]:
    """For the totals: a loss that was asked for and that does not take the output."""
    found = find_loss(named)
    if found is None or fitting is not None:
        return {}
    return {"left_out_loss": {"loss": type(found).__name__, "output": list(output)}}


def loss_inputs(loss: Op | None, output: Shape) -> tuple[Shape, ...]:
    """The outputs, and labels or targets of their shape."""
    return (output, output[:-1] if isinstance(loss, CrossEntropy | NLL) else output)


def loss_keeps(loss: Op | None, found: Walk) -> tuple[int, ...]:
    """The network's output, if the loss asks for it in backward."""
    if loss is None:
        return ()
    first = loss.signature.inputs[:1]
    return (found.visits[-1].writes,) if set(first) & set(loss.signature.residuals) else ()


def loss_row(loss: Op, inputs: tuple[Shape, ...]) -> Row:
    """The row of a loss, by its formula."""
    forward, backward = memory.moved_by_loss(inputs)
    amounts: dict[str, Count] = {}
    if has_formula(loss):
        formula: Cost = loss.cost(*(worked(s) for s in inputs))
        amounts = {"loss": formula.forward}
        amounts["dx"] = sum(formula.backward.values(), start=Count())
    row = Row(
        name="loss",
        operator=type(loss).__name__,
        output_shape=tuple(loss.shape(*inputs)),
        moved_bytes=forward,
        backward_bytes=backward,
        known=has_formula(loss),
    )
    return with_amounts(row, amounts)
