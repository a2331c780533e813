"""The predicted time of each row, from the calls that it makes and the machine's rates."""

from __future__ import annotations

from typing import Any

from backprove.cost.machine.calls import Calls
from backprove.cost.machine.rates import Rates
from backprove.cost.table import Row
from backprove.cost.timing.models import Listed, Model
from backprove.cost.timing.trace import REST, Trace, trace_of_update


def predict(
    rows: list[Row], calls: Trace, batch: int, optimizer: Any, rates: Rates, model: Model
) -> float:
    """Fill in the predicted times of all rows; the predicted seconds of what is left.

    `batch` is the bytes of the inputs of a step, which are copied out of the data.
    """
    total = sum(row.optimizer_bytes for row in rows)
    for row in rows:
        for pass_ in ("forward", "backward"):
            listed: Listed = list(calls.get((row.name, pass_), Calls()).items())
            moved = row.traffic(pass_)[0]
            if listed or moved:
                row.times[pass_] = model(rates, listed, moved, moved)
        if row.optimizer_bytes:
            listed = trace_of_update(optimizer, row.parameters)
            row.times["optimizer"] = model(rates, listed, row.optimizer_bytes, total)
    rest = model(rates, list(calls.get(REST, {}).items()), 0, 0)
    return rest.predicted + 2 * batch / rates.bandwidth(2 * batch)
