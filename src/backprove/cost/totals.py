"""The rows of a count added up."""

from __future__ import annotations

from math import prod
from typing import Any

from backprove.cost import memory
from backprove.cost.table import KINDS, Operations, Row, summed
from backprove.cost.walk import Walk
from backprove.op import Op


def totals(op: Op, rows: list[Row], found: Walk, saved: list[int], update: Any) -> dict[str, Any]:
    """`CostResult.totals` of a network whose rows keep so many bytes each."""
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
