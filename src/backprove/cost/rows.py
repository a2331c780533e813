"""The rows of a count: what each operator of a network costs."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from backprove.cost import memory
from backprove.cost.conventions import TOGETHER, Convention, counts
from backprove.cost.counted import run_of
from backprove.cost.table import KINDS, Row
from backprove.cost.walk import Visit, Walk
from backprove.cost.worked import Worked, text_of, worked
from backprove.counts import Cost, Count
from backprove.lifted import original


def rows_of(found: Walk, counted: Walk, convention: Convention, update: Any) -> list[Row]:
    """A row for each visit; `counted` is the same walk at the batch size that is counted."""
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
    return with_amounts(row, amounts, _parameter_text(visit))


def _with_shared(visit: Visit, amounts: dict[str, Count]) -> dict[str, Count]:
    """The gradients of a parameter's later use are added to those of its first."""
    if visit.tied_to is None:
        return amounts
    added = {f"d{name}": Count(flop=Worked(n)) for name, n in visit.parameters.items()}
    return {**amounts, **{k: amounts.get(k, Count()) + c for k, c in added.items()}}


def with_amounts(row: Row, amounts: dict[str, Count], parameters: str = "") -> Row:
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
