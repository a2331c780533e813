"""ThresholdedReLU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._finite import finite


class ThresholdedReLU(Op):
    """The rectifier that opens at a threshold: y = x for x > threshold, else value.

    x of any shape and floating dtype. The function jumps at the threshold (it is continuous only
    if value equals the threshold); there the value is `value` and the gradient 0, as in Paddle and
    PyTorch. NaN gives NaN, with gradient 0. Infinity gives infinity, -infinity gives `value`.

    Raises UsageError if threshold or value is not finite.

    Reference: Konda, Memisevic and Krueger, "Zero-bias autoencoders and the benefits of co-adapting
    features", ICLR 2015.
    """

    elementwise = True
    formula = r"y = x \text{ if } x > \theta \text{ else } v"
    reference = "konda2015"
    references = {  # noqa: RUF012
        "torch": "F.threshold(x, threshold, value)",
        "jax": "jnp.where(x > threshold, x, value)",
        "paddle": "F.thresholded_relu(x, threshold, value)",
    }

    def __init__(self, threshold: float = 1.0, value: float = 0.0) -> None:
        self.threshold = finite("ThresholdedReLU", "threshold", threshold)
        self.value = finite("ThresholdedReLU", "value", value)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.where(x <= self.threshold, xp.full_like(x, self.value), x)

    def backward(self, dy: Array, *, x: Array) -> Any:
        return namespace(x).where(x > self.threshold, dy, 0.0)

    def definition(self, m: Any, x: Any) -> Any:
        return m.where(x > self.threshold, x, self.value)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A comparison and a selection per element, both ways."""
        count = Count(cheap=2) * elements(shapes[0])
        return Cost(count, {"dx": count})

    CASES = (
        Case((away(3, 4, scale=2.0),)),
        Case((away(2, 3, 5),), {"threshold": -1.0, "value": -1.0}),
        Case((away(17),), {"threshold": 0.0, "value": 0.25}),
    )
