"""PReLU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace, sum_to_shape
from backprove.arrays import shape as shape_of
from backprove.cases import Case, away
from backprove.counts import Cost, Count, elements
from backprove.errors import ShapeError, UsageError
from backprove.initializers import Constant
from backprove.op import Op, Parameter
from backprove.ops.activation._finite import finite


class PReLU(Op):
    """The rectifier whose negative slope is learnt: y = x for x > 0, weight * x otherwise.

    x (..., C) of a floating dtype; weight (num_parameters,), either one slope for all elements or
    C of them, one for each feature of the last axis (PyTorch and Paddle's default take the axis
    after the first). The first slopes are `init`. The gradient of the weight is dy * x summed over
    the elements with x <= 0 that share the slope.

    Kink: at 0 and -0 the gradient is `weight` (the left derivative), as in Paddle and PyTorch. NaN
    gives NaN, with the gradient of the negative side. Infinity gives infinity; -infinity gives
    weight * -infinity. Raises ShapeError if the last length of x is not num_parameters (unless
    that is 1), UsageError if num_parameters is below 1 or init not finite.

    Reference: He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015.
    """

    formula = r"y = \max(0, x) + w \min(0, x)"
    reference = "he2015"
    references = {  # noqa: RUF012
        "torch": "F.prelu(x.reshape(-1, x.shape[-1]), weight).reshape(x.shape)",
        "jax": "jnp.where(x > 0, x, weight * x)",
        "paddle": "F.prelu(x.reshape([-1, x.shape[-1]]), weight).reshape(x.shape)",
    }

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        if num_parameters < 1:
            raise UsageError(
                "PReLU expected num_parameters to be 1 or more, found {found}", found=num_parameters
            )
        self.num_parameters = int(num_parameters)
        self._init = finite("PReLU", "init", init)

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter((self.num_parameters,), Constant(self._init))}

    def forward(self, x: Array, *, weight: Array) -> Any:
        self.shape(shape_of(x))
        xp = namespace(x)
        return xp.where(x > 0, x, self._slope(weight) * xp.minimum(x, 0.0))

    def backward(self, dy: Array, *, x: Array, weight: Array) -> Any:
        xp = namespace(x)
        dx = xp.where(x > 0, dy, self._slope(weight) * dy)
        terms = dy * xp.minimum(x, 0.0)
        if self.num_parameters == 1:
            return dx, {"weight": xp.reshape(xp.sum(terms), (1,))}
        return dx, {"weight": sum_to_shape(terms, (self.num_parameters,))}

    def _slope(self, weight: Array) -> Any:
        """A single slope without axes, so that x may have none."""
        return namespace(weight).reshape(weight, ()) if self.num_parameters == 1 else weight

    def definition(self, m: Any, x: Any, weight: Any) -> Any:
        return m.where(x > 0, x, weight * x)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        if self.num_parameters not in (1, *shapes[0][-1:]):
            raise ShapeError(
                "PReLU expected x of shape (..., {expected}), found {found}: the last length must "
                "be num_parameters, or num_parameters 1",
                expected=self.num_parameters,
                found=shapes[0],
            )
        return shapes[0]

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A product, a minimum, a comparison and a selection per element; backward no minimum for
        x; for the weight a minimum and a product per element, added up for each slope."""
        n = elements(shapes[0])
        dweight = Count(flop=n + max(n - self.num_parameters, 0), cheap=n)
        backward = {"dx": Count(flop=n, cheap=2 * n), "dweight": dweight}
        return Cost(Count(flop=n, cheap=3 * n), backward)

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5),), {"num_parameters": 5, "init": -0.3}),
        Case((away(7),), {"init": 0.0}),
        Case((away(4, 2, scale=10.0),), {"num_parameters": 2, "init": 1.5}),
    )
