"""Power."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from backprove.arrays import Array, namespace, shape, sum_to_shape
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.elementwise._broadcast import broadcast, shapes_of, summing


class Power(Op):
    """A base raised to an exponent, element by element: y = a**b.

    a and b of any shapes that broadcast and one floating dtype; y has the broadcast shape. The
    gradients are dy * b * a**(b - 1) and dy * y * log(a), summed over the axes along which that
    input was stretched.

    Values are those of IEEE 754: 0**0, NaN**0 and 1**NaN are 1; a negative base with an exponent
    that is not whole gives NaN; every other NaN goes through.

    Gradient of a: 0 wherever b is 0; b = 1 gives 1 and b = 2 gives 0 at a = 0; for other b it is
    the limit from the right there. Its sign is right for every whole b, also for b beyond
    2 / epsilon, where b - 1 rounds to b (PyTorch, Paddle and JAX err there).

    Gradient of b: 0 at a = 0 where b >= 0 (at b = 0, where 0**b jumps, by convention, as in
    PyTorch and Paddle), -infinity where b < 0; NaN for a negative or NaN base, whose power has no
    derivative by b. At a = infinity or b = +-infinity each is its limit.

    Reference: Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine
    learning: a survey", JMLR 18, 2018; values: IEEE 754-2019, section 9.2.1.
    """

    formula = r"y = a^b"
    reference = "baydin2018"
    references = {  # noqa: RUF012
        "torch": "torch.pow(a, b)",
        "jax": "jnp.power(a, b)",
        "paddle": "paddle.pow(a, b)",
    }

    def forward(self, a: Array, b: Array) -> Any:
        self.shape(*shapes_of("Power", a, b))
        return a**b

    def backward(self, dy: Array, *, a: Array, b: Array, y: Array) -> tuple[Any, Any]:
        xp = namespace(dy)
        da, db = dy * _by_base(xp, a, b), dy * _by_exponent(xp, a, b, y)
        return sum_to_shape(da, shape(a)), sum_to_shape(db, shape(b))

    def definition(self, m: Any, a: Any, b: Any) -> Any:
        return m.power(a, b)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return broadcast("Power", *shapes)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """One power per element of y. da: a power, two products and a division, db: two products
        and a logarithm; with their comparisons and selections, and the summing back."""
        y = self.shape(*shapes)
        n, size_a, size_b = elements(y), elements(shapes[0]), elements(shapes[1])
        da = Count(flop=3 * n + size_b, cheap=5 * n + 3 * size_a + 4 * size_b, trans=n)
        db = Count(flop=2 * n, cheap=5 * n + 5 * size_a + size_b, trans=size_a)
        backward = {"da": da + summing(y, shapes[0]), "db": db + summing(y, shapes[1])}
        return Cost(Count(trans=n), backward)

    CASES = (
        Case((uniform(3, 4, low=0.3, high=2.0), normal(3, 4))),
        Case((uniform(2, 3, 4, low=0.5, high=1.5), normal(4, scale=2.0))),
        Case((uniform(3, 1, low=0.1, high=3.0), uniform(2, 1, 5, low=-2.0, high=3.0))),
        Case((uniform(6, low=0.3, high=2.0), normal(1))),
    )


def _by_base(xp: Any, a: Array, b: Array) -> Any:
    """b a^(b-1). Taken as b a^b / a where |b| is small, so that a denormal base does not overflow,
    and where |b| is so large that rounding b - 1 could make an odd exponent even."""
    base, size = xp.abs(a), xp.abs(b)
    divided = ((size < 0.5) | (size > 1e4)) & (base > 0) & (base < inf)
    power = a ** xp.where(divided | (size <= 0), b, b - 1)
    return xp.where(xp.abs(power) > 0, b, 0.0) * power / xp.where(divided, a, 1.0)


def _by_exponent(xp: Any, a: Array, b: Array, y: Array) -> Any:
    """y log(a), with its limits where a or y is 0."""
    base, size = xp.abs(a), xp.abs(y)
    log_a = xp.log(xp.where(base > 0, base, 1.0))
    log_a = xp.where((base > 0) | (b >= 0), log_a, -inf)
    return xp.where(a >= 0, xp.where(size > 0, log_a, 0.0) * size, nan)
