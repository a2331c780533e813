"""`cost(net)`: parameters, compute and memory of a network and of a training step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove._version import __version__
from backprove.cost import memory
from backprove.cost.conventions import find
from backprove.cost.frameworks import cost_of_object, library_of
from backprove.cost.loss_row import find_loss, loss_inputs, loss_keeps, loss_row
from backprove.cost.rows import rows_of
from backprove.cost.shapes import input_shapes
from backprove.cost.table import CostResult
from backprove.cost.timing.told import Told, silent
from backprove.cost.totals import totals
from backprove.cost.walk import walk
from backprove.errors import UsageError
from backprove.lifted import as_op, original
from backprove.optim import optimizer as find_optimizer


def cost(
    net: Any,
    input_shape: Sequence[Any] | int | str | None = None,
    *,
    batch_size: int = 1,
    optimizer: Any = None,
    loss: Any = None,
    convention: str = "headline",
    subject: str = "",
    measure: bool | str = False,
    cache: bool = True,
    told: Told = silent,
) -> CostResult:
    """What a network and a training step of it cost, from formulas: nothing is allocated.

    A network of Paddle or PyTorch is run once on such inputs and counted from what it executes
    (`frameworks.cost_of_object`); it is afterwards as it was, and `measure` is for ours only.

    An operator without a formula is run once, if it is small, and what it computes is counted; if
    that fails it is listed as unknown and the totals are lower bounds.

    input_shape   the shape of one sample without the batch axis, (784,); several inputs in a list.
                  Without it, the size that the first linear layer expects. For a network of a
                  framework also a text with all axes, "64,784" or "10:int64;mask=8,8"
    optimizer     an optimizer or its name; without one, the update is not counted
    loss          a loss or its name; without one, it is not counted
    convention    headline, strict (see `conventions`), or a tool whose numbers to reproduce
    measure       the engine, "numpy" or "jax" (True), in which a step is run on random data and
                  timed, beside the time that the rates of this machine let expect: see `times`
    cache         False to time the machine anew, not taking what was kept from earlier
    told          is called with (what, done, total) before each piece of measuring

    Raises UsageError for a missing shape, an unknown name or a batch below 1, ShapeError if the
    network does not take the shape, ContractError if an operator's shape or formula
    fails.
    """
    if (library := library_of(net)) is not None:
        if measure:
            raise UsageError(
                "measure times networks of our own, found one of {found}", found=library
            )
        return cost_of_object(
            net, library, input_shape, batch_size=batch_size, optimizer=optimizer, loss=loss,
            convention=convention, subject=subject,
        )  # fmt: skip
    if isinstance(input_shape, str):
        raise UsageError(
            "expected input_shape as numbers for a network of our own, found {found!r}: "
            "give the shape of one sample, such as (784,)",
            found=input_shape,
        )
    chosen, op = find(convention), as_op(net)
    shapes = input_shapes(op, input_shape, batch_size)
    found = walk(op, shapes)
    counted = walk(op, input_shapes(op, input_shape, 1)) if chosen.single else found
    lossy = find_loss(loss) if chosen.own else None
    update = _optimizer(optimizer) if chosen.own else None
    rows = rows_of(found, counted, chosen, update)
    targets = loss_inputs(lossy, found.visits[-1].output) if lossy is not None else ()
    saved = memory.kept(found, loss_keeps(lossy, found))
    if lossy is not None:
        rows.append(loss_row(lossy, targets))
    for row, size in zip(rows, saved, strict=False):
        row.saved_bytes += size
    saved = [row.saved_bytes for row in rows]
    result = CostResult(
        subject=subject or type(original(op)).__name__,
        batch_size=batch_size,
        input_shapes=list(shapes),
        convention=convention,
        rows=rows,
        totals=totals(op, rows, found, saved, update),
        versions={"backprove": __version__, "numpy": np.__version__},
    )
    if measure:
        from backprove.cost.timing.problem import problem
        from backprove.cost.timing.time import time_step

        step = problem(op, lossy, update, shapes, targets)
        time_step(result, step, "jax" if measure is True else measure, cache, told)
    return result


def _optimizer(named: Any) -> Any:
    return find_optimizer(named) if isinstance(named, str) else named
