"""The answer of a framework's process as rows and totals."""

from __future__ import annotations

from math import prod
from typing import Any

from backprove._version import __version__
from backprove.cost import memory
from backprove.cost.frameworks.tools import TOOLS, as_printed
from backprove.cost.loss_row import fitting_loss, left_out, loss_inputs, loss_row
from backprove.cost.table import KINDS, CostResult, Operations, Row, Step, summed
from backprove.cost.totals import operations
from backprove.cost.update_rows import add_update
from backprove.op import Op
from backprove.optim import optimizer as find_optimizer


def result_of(
    found: dict[str, Any],
    library: str,
    subject: str,
    shapes: list[tuple[int, ...]],
    optimizer: Any,
    loss: Any,
    convention: str,
) -> CostResult:
    """A row for each module that owns parameters or executed something, and one for the loss.

    The convention of a tool knows neither loss nor optimizer.
    """
    if convention in TOOLS:
        found, optimizer, loss = as_printed(found, convention), None, None
    update = find_optimizer(optimizer) if isinstance(optimizer, str) else optimizer
    rows = _rows(found, convention)
    if update is not None:
        add_update(rows, update)
    output = tuple(found["outputs"].get("", ()))
    lossy = fitting_loss(loss, output)
    if lossy is not None:
        rows.append(loss_row(lossy, loss_inputs(lossy, output)))
        rows[-1].saved_bytes = memory.ITEM * prod(output) if _keeps_input(lossy) else 0
    for row in rows:
        told = [f"{step.passed} {step.operation} = {step.formula}" for step in row.steps]
        row.formula = "; ".join([*(f"{k} = {v}" for k, v in row.worked.items()), *told])
    return CostResult(
        subject=subject,
        batch_size=shapes[0][0] if shapes and shapes[0] else 1,
        input_shapes=shapes,
        convention=convention,
        rows=rows,
        totals=_totals(found, rows, update) | _printed(found) | left_out(loss, lossy, output),
        versions={"backprove": __version__, library: found["version"]},
    )


def _printed(found: dict[str, Any]) -> dict[str, Any]:
    """The parameters as the tool of the convention prints them, and what it names as left out."""
    told = found.get("printed", {})
    kept = {k: told[k] for k in ("parameters", "left_out") if k in told}
    return {"printed": kept} if kept else {}


def _keeps_input(loss: Op) -> bool:
    """Whether the backward of a loss asks for what it was given, the network's output."""
    return loss.signature.inputs[0] in loss.signature.residuals


def _rows(found: dict[str, Any], convention: str) -> list[Row]:
    by_path: dict[str, list[dict[str, Any]]] = {}
    for one in found["operations"]:
        by_path.setdefault(one["path"], []).append(one)
    own: dict[str, list[dict[str, Any]]] = {}
    for parameter in found["parameters"]:
        own.setdefault(parameter["name"].rpartition(".")[0], []).append(parameter)
    paths = [p for p in found["classes"] if p in by_path or p in own]
    paths += [p for p in own if p not in paths]
    rows = []
    for path in paths:
        listed = by_path.get(path, [])
        rows.append(_row(path, listed, own.get(path, []), found, convention))
        rows += [_unknown(one) for one in listed if not one["known"]]
    return rows


def _row(
    path: str,
    listed: list[dict[str, Any]],
    own: list[dict[str, Any]],
    found: dict[str, Any],
    convention: str,
) -> Row:
    known = [one for one in listed if one["known"]]
    counts: dict[str, Operations] = {}
    for passed in ("forward", "dx", "dweight", "dbias"):
        chosen = [one for one in known if one["pass"] == passed]
        if chosen:
            counts[passed] = summed([_numbers(one, convention) for one in chosen])
    owned = [p for p in own if p["owner"] == p["name"]]
    tied = next((p["owner"] for p in own if p["owner"] != p["name"]), None)
    output = found["outputs"].get(path)
    return Row(
        name=path or "(root)",
        operator=found["classes"].get(path, "?"),
        parameters=sum(p["size"] for p in own),
        used=sum(p["size"] for p in own if p["used"]),
        trainable=sum(p["size"] for p in (owned or own) if p["trainable"]),
        tied_to=None if tied is None or owned else tied.rpartition(".")[0] or "(root)",
        output_shape=None if output is None else tuple(output),
        counts=counts,
        saved_bytes=sum(size for p, size in found["saved"] if p == path),
        moved_bytes=sum(one["moved"] for one in listed if one["pass"] == "forward"),
        backward_bytes=sum(one["moved"] for one in listed if one["pass"] != "forward"),
        measured=False,
        worked={"parameters": _sizes(owned or own)} if own else {},
        steps=[_step(one, convention) for one in known],
    )


def _sizes(parameters: list[dict[str, Any]]) -> str:
    """784 * 100 + 100, one product for each parameter."""
    return " + ".join(" * ".join(f"{n:,}" for n in p["shape"]) or "1" for p in parameters)


def _step(one: dict[str, Any], convention: str) -> Step:
    return Step(
        passed=one["pass"],
        operation=one["name"],
        formula=one["formula"],
        counts=_numbers(one, convention),
        calls=one["calls"],
    )


def _unknown(one: dict[str, Any]) -> Row:
    """A row of its own for an operation without a formula, so that what is known stays shown."""
    passed = "forward" if one["pass"] == "forward" else "dx"
    return Row(
        name=one["path"] or "(root)",
        operator=one["name"],
        known=False,
        counts={passed: dict.fromkeys(KINDS, 0)},
        formula=f"{one['calls']} x {one['name']}",
    )


def _numbers(one: dict[str, Any], convention: str) -> Operations:
    """The numbers of an entry. Headline: its own FLOP, and of an activation nothing else."""
    numbers = {kind: one[kind] for kind in KINDS}
    if convention != "headline":
        return numbers
    bare = {"cheap": 0, "trans": 0} if one.get("activation") else {}
    return numbers | bare | {"flop": one["headline"]}


def _saved_by_loss(rows: list[Row]) -> int:
    return sum(row.saved_bytes for row in rows if "loss" in row.counts)


def _totals(found: dict[str, Any], rows: list[Row], update: Any) -> dict[str, Any]:
    owned = [p for p in found["parameters"] if p["owner"] == p["name"]]
    registered = sum(p["size"] for p in found["parameters"])
    total = sum(p["size"] for p in owned)
    trained = [p for p in owned if p["trainable"]]
    trainable = sum(p["size"] for p in trained)
    used = {p["owner"] for p in found["parameters"] if p["used"]}
    slots = len(update.slots) if update is not None else 0
    gradients = sum(p["bytes"] for p in trained)
    parameters = sum(p["bytes"] for p in owned)
    held = {
        "parameters": parameters,
        "gradients": gradients,
        "optimizer": gradients * slots,
        "saved": sum(size for _, size in found["saved"]) + _saved_by_loss(rows),
    }
    if "peak" in found:
        rest = max(found["peak"], gradients)
        held["peak"] = parameters + held["optimizer"] + found["given"] + rest
    return {
        "parameters": {
            "total": total,
            "used": sum(p["size"] for p in owned if p["name"] in used),
            "trainable": trainable,
            "tied": registered - total,
            "buffers": found["buffers"],
        },
        "operations": operations(rows),
        "memory": held,
        "moved": {
            "forward": sum(row.moved_bytes for row in rows),
            "backward": sum(row.backward_bytes for row in rows),
            "optimizer": trainable * memory.moved_by_update(slots) if update is not None else 0,
        },
        "complete": all(row.known for row in rows),
        "executed": {
            "data_dependent": found["asked"],
            "abstract": "peak" not in found,
            "backward": found["backward"],
            "unregistered": found["foreign"],
        },
    }
