"""Flatten."""

from __future__ import annotations

from math import prod
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count
from backprove.errors import ShapeError, UsageError
from backprove.op import Op


class Flatten(Op):
    """Several neighbouring axes become one; the elements keep their order.

    x (n_0, ..., n_k) -> y (n_0, ..., n_start * ... * n_stop, ..., n_k). Negative axes count from
    the end; the default keeps the batch axis and flattens all others, as in Paddle and PyTorch.

    Any dtype; nothing is computed, so the gradient is exact and NaN and infinity stay as they are.
    Only the shape of x is kept for backward. Raises ShapeError for an x without these axes.

    Reference: the row-major order of the Array API standard, function `reshape`.
    """

    formula = r"y_{a, (b, c), d} = x_{a, b, c, d}"
    reference = "arrayapi"
    references = {  # noqa: RUF012
        "torch": "torch.flatten(x, start_axis, stop_axis)",
        "jax": "x.reshape(x.shape[:start_axis] + (-1,) + x.shape[stop_axis:][1:])",
        "paddle": "paddle.flatten(x, start_axis, stop_axis)",
    }
    aux = ("x_shape",)

    def __init__(self, start_axis: int = 1, stop_axis: int = -1) -> None:
        if start_axis * stop_axis > 0 and start_axis > stop_axis:
            raise UsageError(
                "Flatten expected start_axis before stop_axis, found {start} and {stop}",
                start=start_axis,
                stop=stop_axis,
            )
        self.start_axis, self.stop_axis = int(start_axis), int(stop_axis)

    def forward(self, x: Array) -> Any:
        x_shape = shape_of(x)
        return namespace(x).reshape(x, self.shape(x_shape)), {"x_shape": x_shape}

    def backward(self, dy: Array, *, x_shape: tuple[int, ...]) -> Any:
        return namespace(dy).reshape(dy, x_shape)

    def definition(self, m: Any, x: Any) -> Any:
        return x.reshape(self.shape(x.shape))

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        axes = range(len(shapes[0]))
        try:
            start, stop = axes[self.start_axis], axes[self.stop_axis]
        except IndexError:
            start, stop = 1, 0
        if start > stop:
            raise ShapeError(
                "Flatten({start}, {stop}) expected x to have these axes in this order, "
                "found the shape {found}: choose other axes",
                start=self.start_axis,
                stop=self.stop_axis,
                found=shapes[0],
            )
        return (*shapes[0][:start], prod(shapes[0][start : stop + 1]), *shapes[0][stop + 1 :])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Nothing is computed."""
        return Cost(Count(), {"dx": Count()})

    CASES = (
        Case((normal(4, 2, 3),)),
        Case((normal(2, 3, 2, 2),), {"start_axis": -3, "stop_axis": 2}),
        Case((normal(3, 2),), {"start_axis": 0}),
        Case((normal(5),), {"start_axis": 0, "stop_axis": 0}),
    )
