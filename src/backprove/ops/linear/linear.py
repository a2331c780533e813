"""Linear."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements, matmul
from backprove.errors import ShapeError, UsageError
from backprove.initializers import Constant, XavierUniform
from backprove.op import Initializer, Op, Parameter


class Linear(Op):
    """The linear (fully connected) layer: y = x @ weight + bias.

    x (..., in_features), weight (in_features, out_features) as in Paddle (PyTorch stores the
    transpose), bias (out_features,) or none, y (..., out_features). Any leading axes.

    The first values are Paddle's: Xavier uniform weight, zero bias. NaN and infinity spread along
    their row. Raises ShapeError if the last length of x is not in_features.

    Reference: Rumelhart, Hinton and Williams, "Learning representations by back-propagating
    errors", Nature 323, 1986.
    """

    formula = r"y = x W + b"
    reference = "rumelhart1986"
    references = {  # noqa: RUF012
        "torch": "F.linear(x, weight.mT, bias)",
        "jax": "x @ weight if bias is None else x @ weight + bias",
        "paddle": "F.linear(x, weight, bias)",
    }

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        weight_init: Initializer | None = None,
        bias_init: Initializer | None = None,
    ) -> None:
        if in_features < 1 or out_features < 1:
            raise UsageError(
                "Linear expected positive in_features and out_features, found {found}",
                found=(in_features, out_features),
            )
        self.in_features, self.out_features, self.bias = in_features, out_features, bias
        self._weight_init = weight_init or XavierUniform()
        self._bias_init = bias_init or Constant(0.0)

    def parameters(self) -> dict[str, Parameter]:
        weight = Parameter((self.in_features, self.out_features), self._weight_init)
        bias = Parameter((self.out_features,), self._bias_init)
        return {"weight": weight, "bias": bias} if self.bias else {"weight": weight}

    def forward(self, x: Array, *, weight: Array, bias: Array | None = None) -> Any:
        self.shape(shape_of(x))
        y = x @ weight
        return y if bias is None else y + bias

    def backward(self, dy: Array, *, x: Array, weight: Array, input_grad: bool = True) -> Any:
        xp = namespace(dy)
        rows = xp.reshape(x, (-1, self.in_features))
        drows = xp.reshape(dy, (-1, self.out_features))
        grads = {"weight": xp.matrix_transpose(rows) @ drows}
        if self.bias:
            grads["bias"] = xp.sum(drows, axis=0)
        return (dy @ xp.matrix_transpose(weight) if input_grad else None), grads

    def definition(self, m: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        y = m.matmul(x, weight)
        return y if bias is None else y + bias

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        if not shapes[0] or shapes[0][-1] != self.in_features:
            raise ShapeError(
                "Linear expected x of shape (..., {expected}), found {found}: "
                "the last length must be in_features",
                expected=self.in_features,
                found=shapes[0],
            )
        return (*shapes[0][:-1], self.out_features)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        n, m, rows = self.in_features, self.out_features, elements(shapes[0][:-1])
        backward = {"dx": matmul(rows, m, n), "dweight": matmul(n, rows, m)}
        if not self.bias:
            return Cost(matmul(rows, n, m), backward)
        backward["dbias"] = Count(flop=max(rows - 1, 0) * m)
        return Cost(matmul(rows, n, m) + Count(flop=rows * m), backward)

    CASES = (
        Case((normal(4, 3),), {"in_features": 3, "out_features": 5}),
        Case((normal(2, 3, 4),), {"in_features": 4, "out_features": 2, "bias": False}),
        Case((normal(6),), {"in_features": 6, "out_features": 1}),
    )
