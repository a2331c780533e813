"""Which gradients a training step of an ONNX graph computes, and what they cost.

A file says nothing of training: all its parameters are taken as trained, in the graph as it stands
(dropout that was left out stays out, batch normalisation uses the statistics that it has).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from math import prod
from typing import Any

from backprove.cost.memory import ITEM
from backprove.cost.onnx_backward import CONSTANT, gradients
from backprove.cost.onnx_read import STANDARD, Graph
from backprove.cost.table import KINDS, Operations, Row, Step, summed
from backprove.oracle import formulas as f


class Backward:
    """The values that have a gradient, and the nodes through which one goes back."""

    def __init__(self, graph: Graph, trained: set[str], convention: str) -> None:
        self.graph, self.trained, self.convention = graph, trained, convention
        self.graded = set(trained)
        for node in graph.nodes:
            if node.op_type not in CONSTANT and self.graded & set(node.input):
                self.graded |= set(node.output)
        ends = set(graph.outputs) & self.graded
        for node in reversed(graph.nodes):
            if ends & set(node.output) and node.op_type not in CONSTANT:
                ends |= set(node.input) & self.graded
        self.wanted = ends
        asked = [n for node in graph.nodes if self._runs(node) for n in self._names(node)]
        self.uses = Counter(n for n in asked if n in self.graded)

    def add_to(self, row: Row, node: Any, attributes: dict[str, Any]) -> Row | None:
        """Adds the gradients of a node to its row; a row of its own where they are unknown."""
        names = self._names(node)
        labels = {n: "dweight" if n in self.trained else "dx" for n in names if n in self.graded}
        needed = {i: labels[n] for i, n in enumerate(names) if n in labels}
        if not (needed and self._runs(node)):
            return None
        shapes = [self.graph.shapes.get(n) for n in names]
        found = None
        known = [shape for shape in shapes if shape is not None]
        if row.output_shape is not None and len(known) == len(names) and node.domain in STANDARD:
            found = gradients(node.op_type, known, row.output_shape, attributes, needed)
            written = sum(prod(known[i]) for i in needed)
            read = sum(map(prod, known)) if found else 0
            row.backward_bytes = ITEM * (prod(row.output_shape) + read + written) if found else 0
        for passed, amount in (found or {}).items():
            self._add(row, passed, node.op_type, amount)
        self._join(row, names)
        return None if found is not None else _unknown(row)

    def _runs(self, node: Any) -> bool:
        return bool(self.wanted & set(node.output)) and node.op_type not in CONSTANT

    def _names(self, node: Any) -> list[str]:
        return [n for n in node.input if n]

    def _join(self, row: Row, names: list[str]) -> None:
        """Where a value is used several times, its gradients are added, once."""
        for name in dict.fromkeys(names):
            times = self.uses.pop(name, 0)
            shape = self.graph.shapes.get(name)
            if times > 1 and shape is not None:
                amount = f.elementwise("add", (times - 1) * prod(shape))
                bias = name in self.trained and len(shape) == 1
                passed = "dbias" if bias else "dweight" if name in self.trained else "dx"
                self._add(row, passed, "Add", amount)

    def _add(self, row: Row, passed: str, operation: str, amount: f.Amount) -> None:
        found = numbers(amount, self.convention)
        row.counts[passed] = summed([row.counts.get(passed, {}), found])
        row.steps.append(
            Step(passed=passed, operation=operation, formula=amount.formula, counts=found)
        )


def numbers(amount: f.Amount, convention: str) -> Operations:
    """The operations of an operator in a convention."""
    counted: Operations = asdict(amount.strict)
    if convention == "headline":
        counted["flop"] = amount.headline
        counted.update({"cheap": 0, "trans": 0} if amount.activation else {})
    return counted


def _unknown(row: Row) -> Row:
    return Row(
        name=row.name,
        operator=f"{row.operator}, backward",
        known=False,
        counts={"dx": dict.fromkeys(KINDS, 0)},
    )
