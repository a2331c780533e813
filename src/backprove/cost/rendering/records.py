"""A count as CSV, for programs: never translated, no units, no grouping."""

from __future__ import annotations

import csv
import io
from typing import Any

from backprove.cost.rendering.operators import keeps_known
from backprove.cost.table import CostResult, Row

COLUMNS = (
    "name,operator,output_shape,parameters,used,trainable,tied_to,known,forward_mac,forward_flop,"
    "forward_cheap,forward_trans,dx_flop,dweight_flop,dbias_flop,backward_flop,loss_flop,"
    "optimizer_flop,optimizer_trans,saved_bytes,moved_bytes,backward_bytes,intensity,"
    "optimizer_bytes,backward_intensity,optimizer_intensity,forward_predicted_s,forward_measured_s,"
    "forward_bound,backward_predicted_s,backward_measured_s,backward_bound,optimizer_predicted_s,"
    "optimizer_measured_s,optimizer_bound,step_predicted_s,step_measured_s"
).split(",")
"""The columns of CSV; they are never translated."""


def comma_separated(result: CostResult) -> str:
    """A row for each operator and one for the total, without units or grouping."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in result.rows:
        writer.writerow(_record(row, keeps_known(result)))
    writer.writerow(_total_record(result))
    return stream.getvalue().rstrip("\n")


def _part(pass_: str) -> str:
    return "backward" if pass_.startswith("d") else pass_


def _record(row: Row, kept: bool) -> dict[str, Any]:
    record: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("name", "operator", "parameters", "used", "trainable", "known")
    }
    record |= {
        "tied_to": row.tied_to or "",
        "output_shape": "x".join(map(str, row.output_shape or ())),
    }
    sizes = ("saved_bytes", "moved_bytes", "backward_bytes", "optimizer_bytes")
    record |= {name: getattr(row, name) for name in sizes if kept or name != "saved_bytes"}
    unknown = row.unknown
    known = {k: c for k, c in row.counts.items() if _part(k) not in unknown}
    record |= _amounts(known)
    if "backward" not in unknown:
        record["backward_flop"] = row.backward.get("flop", 0)
    if not unknown:
        record |= _intensities(row)
    for name, time in row.times.items():
        record |= {f"{name}_predicted_s": f"{time.predicted:.4g}", f"{name}_bound": time.bound}
        record[f"{name}_measured_s"] = "" if time.measured is None else f"{time.measured:.4g}"
    return record


def _intensities(row: Row) -> dict[str, str]:
    columns = {"forward": "", "backward": "backward_", "optimizer": "optimizer_"}
    found = {prefix: row.traffic(passed)[1] for passed, prefix in columns.items()}
    return {f"{k}intensity": "" if v is None else f"{v:.6g}" for k, v in found.items()}


def _amounts(counts: dict[str, Any]) -> dict[str, int]:
    found = {f"{p}_{kind}": n for p, c in counts.items() for kind, n in c.items()}
    return {name: n for name, n in found.items() if name in COLUMNS}


def _total_record(result: CostResult) -> dict[str, Any]:
    parameters = result.totals["parameters"]
    moved = result.totals["moved"]
    return {
        "name": "total",
        "parameters": parameters["total"],
        "used": parameters["used"],
        "trainable": parameters["trainable"],
        "known": result.complete,
        "saved_bytes": result.totals["memory"].get("saved", ""),
        "moved_bytes": moved.get("forward", ""),
        "backward_bytes": moved.get("backward", ""),
        "optimizer_bytes": moved.get("optimizer", ""),
        **_amounts(result.totals["operations"]),
        **_step(result),
    }


def _step(result: CostResult) -> dict[str, str]:
    if result.step is None:
        return {}
    times = {"predicted": result.step.predicted, "measured": result.step.measured}
    return {f"step_{name}_s": f"{value:.4g}" for name, value in times.items()}
