"""What a network is made of: layers, shapes, parameters, multiply-adds."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from backprove.messages import render
from backprove.net import Composite
from backprove.op import Op
from backprove.tables import html_table, text_table


@dataclass(frozen=True)
class Row:
    """One operator: its dotted name, class, output shape, parameters and multiply-adds."""

    name: str
    operator: str
    shape: tuple[int, ...] | None
    parameters: int
    macs: int | None


@dataclass(frozen=True)
class Summary:
    """A table of a network. Shapes and multiply-adds are for one sample."""

    rows: tuple[Row, ...]
    parameters: int
    macs: int | None

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Headings and rows as text, in the current language."""
        headings = [
            render("layer"),
            render("operator"),
            render("output shape"),
            render("parameters"),
            render("multiply-adds"),
        ]
        body = [
            [r.name, r.operator, _shape(r.shape), f"{r.parameters:,}", _number(r.macs)]
            for r in self.rows
        ]
        total = [render("total"), "", "", f"{self.parameters:,}", _number(self.macs)]
        return headings, [*body, total]

    def __str__(self) -> str:
        return text_table(*self.cells(), right=(3, 4), rule_before_last=True)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self.cells(), right=(3, 4))


def summarise(net: Op, input_size: tuple[int, ...] | None = None) -> Summary:
    """The summary of a network. `input_size` is one sample's shape, guessed if it is not given.

    Raises ShapeError if the network does not take that shape.
    """
    size = input_size or _guess(net)
    rows, _ = _walk(net, "", (1, *size) if size else None)
    parameters = sum(prod(p.shape) for p in net.parameters().values())
    known = [r.macs for r in rows if r.macs is not None]
    return Summary(tuple(rows), parameters, sum(known) if len(known) == len(rows) else None)


def _walk(op: Op, name: str, shape: Any) -> tuple[list[Row], Any]:
    """The rows of an operator and all in it, and the shape behind it."""
    if isinstance(op, Composite):
        rows, inner = [], shape
        chained = type(op).__name__ == "Sequential"
        for key, part in op.parts.items():
            found, after = _walk(part, f"{name}.{key}" if name else key, inner)
            rows += found
            inner = after if chained else shape
        return rows, None if shape is None else op.shape(shape)
    out = None if shape is None else op.shape(shape)
    count = sum(prod(p.shape) for p in op.parameters().values())
    macs = None if shape is None else op.cost(shape).forward.mac
    shown = None if out is None else tuple(out[1:])
    return [Row(name or "0", type(op).__name__, shown, count, macs)], out


def _guess(net: Op) -> tuple[int, ...] | None:
    """The input size that the first linear layer tells."""
    leaves = net.leaves() if isinstance(net, Composite) else iter([("", net)])
    for _, op in leaves:
        features = getattr(op, "in_features", None)
        if features is not None:
            return (int(features),)
    return None


def _shape(shape: tuple[int, ...] | None) -> str:
    return "?" if shape is None else str(tuple(shape)).replace(",)", ")")


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
