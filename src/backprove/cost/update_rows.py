"""The optimizer's update in the rows of a count."""

from __future__ import annotations

from typing import Any

from backprove.cost import memory
from backprove.cost.table import KINDS, Row


def add_update(rows: list[Row], update: Any) -> None:
    """What an optimizer computes and moves for the parameters that it changes, each once."""
    each = update.cost()
    for row in rows:
        if row.trainable and row.tied_to is None:
            whole = each * row.trainable
            row.counts["optimizer"] = {kind: int(getattr(whole, kind)) for kind in KINDS}
            row.optimizer_bytes = row.trainable * memory.moved_by_update(len(update.slots))
            row.worked["optimizer.flop"] = f"{each.flop} * {row.trainable:,}"
