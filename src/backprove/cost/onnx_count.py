"""Parameters and compute of an ONNX file, an operator a row."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from backprove._version import __version__
from backprove.cost.loss_row import fitting_loss, left_out, loss_inputs, loss_row
from backprove.cost.memory import ITEM
from backprove.cost.onnx_read import STANDARD, Graph, Shape, read
from backprove.cost.onnx_rules import amount
from backprove.cost.onnx_training import Backward, numbers
from backprove.cost.table import CostResult, Row, Step
from backprove.cost.totals import operations
from backprove.cost.update_rows import add_update
from backprove.errors import UsageError, unknown
from backprove.optim import optimizer as find_optimizer

SETTINGS = {"Clip", "Resize", "Pad", "Upsample"}
"""Operators whose numbers are settings and no parameters."""


def cost_of_onnx(
    path: Path,
    given: list[Shape] | None = None,
    *,
    batch_size: int | None = None,
    convention: str = "headline",
    optimizer: Any = None,
    loss: Any = None,
) -> CostResult:
    """Counts a file: nothing of it is run, and values kept in other files are not read.

    With an optimizer or a loss a training step is counted, see `onnx_training`; else forward alone.
    What is kept for backward is not known: a file has no engine.

    Parameters are the initializers that are not whole numbers, each once; running statistics of
    batch normalisation are buffers. An operator without a formula makes the totals lower bounds.

    Raises UsageError and DataError as `onnx_read.read` does.
    """
    if convention not in ("headline", "strict"):
        raise unknown("convention for an ONNX file", convention, ("headline", "strict"))
    if batch_size is not None and batch_size < 1:
        raise UsageError("expected a batch size of 1 or more, found {found}", found=batch_size)
    graph = read(path, given, batch_size)
    owners: dict[str, str] = {}
    buffers = {
        n for node in graph.nodes if _named(node, "BatchNormalization") for n in _stats(node)
    }
    names = {n for node in graph.nodes for n in _weights(graph, node)} - buffers
    trains = optimizer is not None or loss is not None
    back = Backward(graph, names, convention) if trains else None
    rows = []
    for i, node in enumerate(graph.nodes):
        rows += _rows(graph, node, i, owners, buffers, convention, back)
    update = find_optimizer(optimizer) if isinstance(optimizer, str) else optimizer
    if update is not None:
        add_update(rows, update)
    output = next((graph.shapes.get(n) for n in graph.outputs), None) or ()
    lossy = fitting_loss(loss, output)
    if lossy is not None:
        rows.append(loss_row(lossy, loss_inputs(lossy, output)))
    return CostResult(
        subject=path.name,
        batch_size=graph.inputs[0][0] if graph.inputs and graph.inputs[0] else 1,
        input_shapes=list(graph.inputs),
        convention=convention,
        rows=rows,
        totals=_totals(graph, rows, owners, buffers, update, trains)
        | left_out(loss, lossy, output),
        versions={"backprove": __version__, "onnx": graph.version},
    )


def _named(node: Any, kind: str) -> bool:
    return bool(node.op_type == kind and node.domain in STANDARD)


def _weights(graph: Graph, node: Any) -> list[str]:
    """The parameters that a node reads."""
    if node.op_type in SETTINGS:
        return []
    return [n for n in dict.fromkeys(node.input) if n in graph.parameters]


def _attributes(node: Any) -> dict[str, Any]:
    """The attributes that the formulas ask for, as plain numbers."""
    found: dict[str, Any] = {}
    for one in node.attribute:
        if one.type == one.INT:
            found[one.name] = one.i
        elif one.type == one.FLOAT:
            found[one.name] = one.f
        elif one.type == one.INTS:
            found[one.name] = list(one.ints)
    return found


def _stats(node: Any) -> list[str]:
    return list(node.input[3:5])


def _rows(
    graph: Graph,
    node: Any,
    place: int,
    owners: dict[str, str],
    buffers: set[str],
    convention: str,
    back: Backward | None,
) -> list[Row]:
    """The row of a node, and one for gradients that are unknown."""
    name = node.name or str(place)
    inputs = [graph.shapes.get(n) for n in node.input if n]
    output = graph.shapes.get(next(n for n in node.output if n))
    used = {n: graph.parameters[n] for n in _weights(graph, node) if n not in buffers}
    tied = next((owners[n] for n in used if n in owners), None)
    own = sum(size for n, size in used.items() if n not in owners)
    for parameter in used:
        owners.setdefault(parameter, name)
    owned = [n for n in used if owners[n] == name] or list(used)
    text = " + ".join(" * ".join(f"{d:,}" for d in graph.shapes[n]) or "1" for n in owned)
    row = Row(
        name=name,
        operator=node.op_type,
        worked={"parameters": text} if text else {},
        parameters=own or sum(used.values()),
        used=sum(used.values()),
        trainable=own,
        tied_to=None if own else tied,
        output_shape=output,
    )
    found, attributes = None, _attributes(node) | {"opset": graph.opset}
    shapes = [shape for shape in inputs if shape is not None]
    if node.domain in STANDARD and output is not None and len(shapes) == len(inputs):
        found = amount(node.op_type, shapes, output, attributes)
    row.known = found is not None
    if found is not None:
        counted = row.counts["forward"] = numbers(found, convention)
        row.formula = found.formula
        step = {"operation": node.op_type, "formula": found.formula, "counts": counted}
        row.steps.append(Step(passed="forward", **step))
        row.moved_bytes = ITEM * sum(map(prod, [*shapes, output or ()]))
    more = back.add_to(row, node, attributes) if back is not None and row.known else None
    return [row] if more is None else [row, more]


def _totals(
    graph: Graph,
    rows: list[Row],
    owners: dict[str, str],
    buffers: set[str],
    update: Any,
    trains: bool,
) -> dict[str, Any]:
    settings = {n for node in graph.nodes if node.op_type in SETTINGS for n in node.input}
    kept = {
        n: size
        for n, size in graph.parameters.items()
        if n in owners or n not in buffers | settings
    }
    total, used = sum(kept.values()), sum(kept[n] for n in owners)
    slots = len(update.slots) if update is not None else 0
    held = {"gradients": ITEM * total, "optimizer": ITEM * total * slots} if trains else {}
    passes = operations(rows)
    return {
        "parameters": {
            "total": total,
            "used": used,
            "trainable": total,
            "tied": sum(row.used for row in rows) - used,
            "buffers": sum(graph.parameters.get(n, 0) for n in buffers),
        },
        "operations": passes if trains else {"forward": passes["forward"]},
        "memory": {"parameters": ITEM * total, **held},
        "moved": {
            "forward": sum(row.moved_bytes for row in rows),
            "backward": sum(row.backward_bytes for row in rows),
            "optimizer": sum(row.optimizer_bytes for row in rows),
        },
        "complete": all(row.known for row in rows),
        **({"as_it_stands": True} if trains else {}),
    }
