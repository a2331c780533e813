"""What was counted, and what the numbers mean."""

from __future__ import annotations

from typing import Any

from backprove.cost.convention_notes import NOTES
from backprove.cost.table import CostResult
from backprove.cost.timing import view
from backprove.messages import render

EXECUTED = "counted from the operations that one run executed"
ABSTRACT = "counted from shapes alone: nothing was allocated or run"


def title(result: CostResult) -> str:
    """What was counted, at which batch size, in which convention."""
    shapes = ", ".join(map(shape_text, result.input_shapes))
    if not shapes:
        return render("{subject}: parameters only", subject=result.subject)
    return render(
        "{subject}, input {shapes}, batch size {batch}, convention {convention}",
        subject=result.subject,
        shapes=shapes,
        batch=result.batch_size,
        convention=result.convention,
    )


def notes(result: CostResult) -> list[str]:
    """What the numbers mean."""
    found = [render(NOTES[result.convention])] if result.input_shapes else []
    found += view.notes(result.step) if result.step is not None else []
    unknown = ", ".join(f"{row.name} ({row.operator})" for row in result.rows if not row.known)
    if unknown:
        found.append(
            render("no formula is known for {names}: the totals read at least", names=unknown)
        )
    left_out = result.totals.get("printed", {}).get("left_out")
    if left_out:
        names = ", ".join(f"{name} ({times})" for name, times in left_out.items())
        found.append(
            render(
                "{tool} counts nothing for these operations, and says so: {names}",
                names=names,
                tool=result.convention,
            )
        )
    if "as_it_stands" in result.totals:
        found.append(
            render(
                "the step is that of the graph as it stands, all parameters of the file trained; "
                "what is kept for backward depends on who runs it"
            )
        )
    if "left_out_loss" in result.totals:
        told = result.totals["left_out_loss"]
        found.append(
            render(
                "{loss} does not take an output of shape {shape}, so no loss is counted",
                loss=told["loss"],
                shape=shape_text(tuple(told["output"])),
            )
        )
    if "executed" in result.totals:
        found += _of_a_run(result.totals["executed"])
    runs = ", ".join(f"{row.name} ({row.operator})" for row in result.rows if row.measured)
    if runs:
        found.append(render("counted during a run, without a formula: {names}", names=runs))
    tied = [row for row in result.rows if row.tied_to is not None]
    if tied:
        names = ", ".join(f"{row.name} = {row.tied_to}" for row in tied)
        found.append(
            render(
                "parameters in brackets belong to an earlier layer and are counted there: {names}",
                names=names,
            )
        )
    return found


def _of_a_run(executed: dict[str, Any]) -> list[str]:
    """How a framework's network was counted, and what is strange about it."""
    found = [render(ABSTRACT if executed["abstract"] else EXECUTED)]
    if executed["data_dependent"]:
        found.append(render("its control flow depends on values: other inputs may cost more"))
    if not executed["backward"]:
        found.append(
            render("no output depends on a trainable parameter, so there is no backward pass")
        )
    tensors, numbers = executed["unregistered"]
    if tensors:
        found.append(
            render(
                "{tensors} trainable tensors ({numbers} numbers) that it computes with are not "
                "registered in it: an optimizer of its parameters does not change them, and they "
                "are not counted as parameters",
                tensors=tensors,
                numbers=f"{numbers:,}",
            )
        )
    return found


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as people write it: (784), not (784,)."""
    return str(tuple(shape)).replace(",)", ")")
