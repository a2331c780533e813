"""`cost(net)`: parameters, compute and memory of a network and of a training step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from backprove import ops
from backprove._version import __version__
from backprove.composite import Composite
from backprove.cost import memory
from backprove.cost.conventions import TOGETHER, Convention, counts, find
from backprove.cost.counted import run_of
from backprove.cost.table import CostResult, Operations, Row, summed
from backprove.cost.walk import Shape, Visit, Walk, has_formula, walk
from backprove.cost.worked import Worked, text_of, worked
from backprove.counts import Cost, Count
from backprove.errors import UsageError
from backprove.lifted import as_op, original
from backprove.op import Op
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.nll import NLL
from backprove.optim import optimizer as find_optimizer

KINDS = ("mac", "flop", "cheap", "trans", "random")


def cost(
    net: Any,
    input_shape: Sequence[Any] | int | None = None,
    *,
    batch_size: int = 1,
    optimizer: Any = None,
    loss: Any = None,
    convention: str = "headline",
    subject: str = "",
    measure: bool | str = False,
    cache: bool = True,
) -> CostResult:
    """What a network and a training step of it cost, from formulas: nothing is allocated.

    An operator without a formula is run once, if it is small, and what it computes is counted; if
    that fails it is listed as unknown and the totals are lower bounds.

    input_shape   the shape of one sample without the batch axis, (784,); several inputs in a list.
                  Without it, the size that the first linear layer expects
    optimizer     an optimizer or its name; without one, the update is not counted
    loss          a loss or its name; without one, it is not counted
    convention    headline, strict (see `conventions`), or a tool whose numbers to reproduce
    measure       the engine, "numpy" or "jax" (True), in which a step is run on random data and
                  timed, beside the time that the rates of this machine let expect: see `times`
    cache         False to time the machine anew, not taking what was kept from earlier

    Raises UsageError for a missing shape, an unknown name or a batch below 1, ShapeError if the
    network does not take the shape, ContractError if an operator's shape or formula
    fails.
    """
    chosen, op = find(convention), as_op(net)
    shapes = _shapes(op, input_shape, batch_size)
    found = walk(op, shapes)
    counted = walk(op, _shapes(op, input_shape, 1)) if chosen.single else found
    lossy = _loss(loss) if chosen.own else None
    update = _optimizer(optimizer) if chosen.own else None
    rows = _rows(found, counted, chosen, update)
    targets = loss_inputs(lossy, found.visits[-1].output) if lossy is not None else ()
    saved = memory.kept(found, _loss_keeps(lossy, found))
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
        totals=_totals(op, rows, found, saved, update),
        versions={"backprove": __version__, "numpy": np.__version__},
    )
    if measure:
        _time(result, (op, lossy, update), targets, "jax" if measure is True else measure, cache)
    return result


def _time(result: CostResult, parts: Any, targets: Any, engine: str, cache: bool) -> None:
    """Add the times of a step, as `timing` finds them."""
    net, loss, update = parts
    from backprove.cost.timing.problem import problem
    from backprove.cost.timing.time import time_step

    time_step(result, problem(net, loss, update, result.input_shapes, targets), engine, cache)


def _shapes(op: Op, given: Any, batch_size: int) -> tuple[Shape, ...]:
    """The shapes of all inputs with their batch axis."""
    if not isinstance(batch_size, int) or batch_size < 1:
        raise UsageError("expected a batch size of 1 or more, found {found}", found=batch_size)
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


def _loss(named: Any) -> Op | None:
    return ops.operator(named, "loss") if isinstance(named, str) else named and as_op(named)


def _optimizer(named: Any) -> Any:
    return find_optimizer(named) if isinstance(named, str) else named


def _rows(found: Walk, counted: Walk, convention: Convention, update: Any) -> list[Row]:
    pairs = zip(found.visits, counted.visits, strict=True)
    return [_row(visit, measured, convention, update) for visit, measured in pairs]


def _row(visit: Visit, measured: Visit, convention: Convention, update: Any) -> Row:
    """A visit as a row. The formula is worked out on lengths that remember."""
    view = replace(
        measured,
        inputs=tuple(worked(s) for s in measured.inputs),
        output=worked(measured.output),
    )
    formula = view.cost()
    run = run_of(visit.op, measured.inputs, visit.needs_dx) if formula is None else None
    if run is not None:
        formula = Cost(run.forward, {TOGETHER: run.backward})
    by_pass = None if formula is None else counts(view, formula, convention)
    amounts: dict[str, Count] = {} if by_pass is None else dict(by_pass)
    size = sum(visit.parameters.values())
    amounts = _with_shared(visit, amounts) if convention.own else amounts
    updated = size if update is not None and visit.tied_to is None else 0
    if updated:
        amounts["optimizer"] = update.cost() * Worked(size)
    forward, backward = memory.moved(visit)
    row = Row(
        name=visit.name,
        operator=type(original(visit.op)).__name__,
        parameters=size,
        used=size,
        trainable=size,
        tied_to=visit.tied_to,
        output_shape=visit.output,
        moved_bytes=forward,
        backward_bytes=backward,
        optimizer_bytes=updated and updated * memory.moved_by_update(len(update.slots)),
        saved_bytes=0 if run is None else run.saved,
        known=by_pass is not None,
        measured=run is not None,
    )
    return _filled(row, amounts, _parameter_text(visit))


def _with_shared(visit: Visit, amounts: dict[str, Count]) -> dict[str, Count]:
    """The gradients of a parameter's later use are added to those of its first."""
    if visit.tied_to is None:
        return amounts
    added = {f"d{name}": Count(flop=Worked(n)) for name, n in visit.parameters.items()}
    return {**amounts, **{k: amounts.get(k, Count()) + c for k, c in added.items()}}


def _filled(row: Row, amounts: dict[str, Count], parameters: str = "") -> Row:
    """The row with plain numbers and the text of each."""
    texts = {"parameters": parameters} if parameters else {}
    for name, count in amounts.items():
        row.counts[name] = {kind: int(getattr(count, kind)) for kind in KINDS}
        for kind in KINDS:
            if getattr(count, kind):
                texts[f"{name}.{kind}"] = text_of(getattr(count, kind))
    row.worked = texts
    row.formula = "; ".join(f"{k} = {v}" for k, v in texts.items())
    return row


def _parameter_text(visit: Visit) -> str:
    shapes = [p.shape for p in visit.op.parameters().values()] if not visit.joins else []
    return text_of(sum((prod(worked(s)) for s in shapes), start=Worked(0))) if shapes else ""


def loss_inputs(loss: Op | None, output: Shape) -> tuple[Shape, ...]:
    """The outputs, and labels or targets of their shape."""
    return (output, output[:-1] if isinstance(loss, CrossEntropy | NLL) else output)


def _loss_keeps(loss: Op | None, found: Walk) -> tuple[int, ...]:
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
    return _filled(row, amounts)


def _totals(op: Op, rows: list[Row], found: Walk, saved: list[int], update: Any) -> dict[str, Any]:
    sizes = {name: prod(p.shape) for name, p in op.parameters().items()}
    total = sum(sizes.values())
    tied = sum(row.parameters for row in rows if row.tied_to is not None)
    slots = len(update.slots) if update is not None else 0
    loss = any("loss" in row.counts for row in rows)
    memory_used = {
        "parameters": memory.ITEM * total,
        "gradients": memory.ITEM * total,
        "optimizer": memory.ITEM * total * slots,
        "saved": sum(saved),
        "peak": memory.peak(found, saved, total, slots, loss),
        "compiled_peak": memory.compiled_peak(found, saved, total, slots),
    }
    moved = {
        "forward": sum(row.moved_bytes for row in rows),
        "backward": sum(row.backward_bytes for row in rows),
        "optimizer": total * memory.moved_by_update(slots) if update is not None else 0,
    }
    return {
        "parameters": {
            "total": total,
            "used": total,
            "trainable": total,
            "tied": tied,
            "buffers": sum(prod(p.shape) for p in op.states().values()),
        },
        "operations": operations(rows),
        "memory": memory_used,
        "moved": moved,
        "complete": all(row.known for row in rows),
    }


def operations(rows: list[Row]) -> dict[str, Operations]:
    """The passes added up: the network's backward without that of the loss, and whole steps."""
    of_net = [row for row in rows if "loss" not in row.counts]
    of_loss = [row for row in rows if "loss" in row.counts]

    def among(chosen: list[Row], names: Any) -> Operations:
        found = [c for row in chosen for k, c in row.counts.items() if names(k)]
        return summed([dict.fromkeys(KINDS, 0), *found])

    main = ("dx", "dweight", "dbias")
    found = {
        "forward": among(of_net, lambda k: k == "forward"),
        **{name: among(of_net, lambda k, name=name: k == name) for name in main},
        "dother": among(of_net, lambda k: k.startswith("d") and k not in main),
        "backward": among(of_net, lambda k: k.startswith("d")),
        "loss": among(of_loss, lambda k: k == "loss"),
        "loss_backward": among(of_loss, lambda k: k == "dx"),
        "optimizer": among(of_net, lambda k: k == "optimizer"),
    }
    found["step"] = summed([found[k] for k in ("forward", "backward", "optimizer")])
    found["step_with_loss"] = summed([found[k] for k in ("step", "loss", "loss_backward")])
    optional = {"dother", "loss", "loss_backward", "optimizer", "step_with_loss"}
    empty = {k for k in optional if not any(found[k].values())}
    empty |= set() if of_loss else {"step_with_loss"}
    return {k: v for k, v in found.items() if k not in empty}
