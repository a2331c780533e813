"""x sigmoid(t) and its slope, which SiLU, GELU's tanh form and GLU share.

The exponential h = exp(-|t|/2) is multiplied in twice, late. So a product like x exp(t) keeps its
digits where exp(t) alone is below the smallest normal number, which XLA takes for 0.
"""

from __future__ import annotations

from typing import Any

LIMIT = 1000.0


def clipped(xp: Any, x: Any, scale: float = 1.0) -> Any:
    """x where |scale x| <= 1000, the nearest such number elsewhere.

    exp(-1000) is 0 in every floating dtype, so a product with it is 0 and not NaN at infinity,
    and scale x cannot overflow.
    """
    limit = LIMIT / abs(scale) if scale else LIMIT
    return xp.clip(x, -limit, limit)


def minus_size(xp: Any, t: Any) -> Any:
    """-|t| as a choice between t and -t, by t < 0.

    Differentiated again, at 0 it goes on as the other choices by t < 0 do; |t| itself has the
    derivative 0 there in most libraries.
    """
    return xp.where(t < 0, t, -t)


def gated(xp: Any, x: Any, c: Any, t: Any) -> Any:
    """x sigmoid(t); c stands for x where t < 0 and should be finite there.

    Per element 6 additions, products and quotients, 3 cheap operations and 1 exponential.
    """
    h = xp.exp(-0.5 * xp.abs(t))
    return xp.where(t < 0, c * h * h, x) / (1 + h * h)


def gated_slope(xp: Any, c: Any, t: Any, dt: Any) -> Any:
    """sigmoid(t) + c dt sigmoid'(t), the derivative of c sigmoid(t) by c.

    Per element 11 additions, products and quotients, 4 cheap operations and 1 exponential.
    """
    h = xp.exp(0.5 * minus_size(xp, t))
    z = h * h
    d = 1 + z
    ratio = c * dt / d
    return xp.where(t < 0, h * (1 + ratio) * h, 1 + ratio * z) / d
