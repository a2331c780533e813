"""Parameters and forward compute of an ONNX file, an operator a row."""

from __future__ import annotations

from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import Any

from backprove._version import __version__
from backprove.cost.memory import ITEM
from backprove.cost.onnx_read import STANDARD, Graph, Shape, read
from backprove.cost.onnx_rules import ACTIVATIONS, amount
from backprove.cost.table import CostResult, Row
from backprove.cost.totals import operations
from backprove.errors import UsageError, unknown

SETTINGS = {"Clip", "Resize", "Pad", "Upsample"}
"""Operators whose numbers are settings and no parameters."""


def cost_of_onnx(
    path: Path,
    given: list[Shape] | None = None,
    *,
    batch_size: int | None = None,
    convention: str = "headline",
) -> CostResult:
    """Counts a file: nothing of it is run, and values kept in other files are not read.

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
    rows = [_row(graph, node, i, owners, buffers, convention) for i, node in enumerate(graph.nodes)]
    return CostResult(
        subject=path.name,
        batch_size=graph.inputs[0][0] if graph.inputs and graph.inputs[0] else 1,
        input_shapes=list(graph.inputs),
        convention=convention,
        rows=rows,
        totals=_totals(graph, rows, owners, buffers),
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


def _row(
    graph: Graph, node: Any, place: int, owners: dict[str, str], buffers: set[str], convention: str
) -> Row:
    name = node.name or str(place)
    inputs = [graph.shapes.get(n) for n in node.input if n]
    output = graph.shapes.get(next(n for n in node.output if n))
    used = {n: graph.parameters[n] for n in _weights(graph, node) if n not in buffers}
    tied = next((owners[n] for n in used if n in owners), None)
    own = sum(size for n, size in used.items() if n not in owners)
    for parameter in used:
        owners.setdefault(parameter, name)
    row = Row(
        name=name,
        operator=node.op_type,
        parameters=own or sum(used.values()),
        used=sum(used.values()),
        trainable=own,
        tied_to=None if own else tied,
        output_shape=output,
    )
    found = None
    shapes = [shape for shape in inputs if shape is not None]
    if node.domain in STANDARD and output is not None and len(shapes) == len(inputs):
        found = amount(node.op_type, shapes, output, _attributes(node) | {"opset": graph.opset})
    row.known = found is not None
    if found is not None:
        counted = asdict(found.strict)
        if convention == "headline":
            counted["flop"] = found.headline
            simple = node.op_type in ACTIVATIONS or node.op_type == "Clip"
            counted.update({"cheap": 0, "trans": 0} if simple else {})
        row.counts["forward"] = counted
        row.formula = found.formula
        passed = "forward.mac" if found.strict.mac else "forward.flop"
        row.worked = {passed: found.formula.split(";")[0]} if found.formula else {}
        row.moved_bytes = ITEM * sum(map(prod, [*shapes, output or ()]))
    return row


def _totals(
    graph: Graph, rows: list[Row], owners: dict[str, str], buffers: set[str]
) -> dict[str, Any]:
    settings = {n for node in graph.nodes if node.op_type in SETTINGS for n in node.input}
    kept = {
        n: size
        for n, size in graph.parameters.items()
        if n in owners or n not in buffers | settings
    }
    total, used = sum(kept.values()), sum(kept[n] for n in owners)
    moved = sum(row.moved_bytes for row in rows)
    return {
        "parameters": {
            "total": total,
            "used": used,
            "trainable": total,
            "tied": sum(row.used for row in rows) - used,
            "buffers": sum(graph.parameters.get(n, 0) for n in buffers),
        },
        "operations": {"forward": operations(rows)["forward"]},
        "memory": {"parameters": ITEM * total},
        "moved": {"forward": moved, "backward": 0, "optimizer": 0},
        "complete": all(row.known for row in rows),
    }
