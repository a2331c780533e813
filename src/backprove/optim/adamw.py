"""AdamW."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backprove.optim.adam import Adam


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam whose weight decay does not go through the gradient.

    w <- (1 - rate weight_decay) w, then Adam's step of the plain gradient.

    Defaults are PyTorch's and Paddle's: weight_decay 0.01.

    Reference: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    weight_decay: float = field(default=1e-2, kw_only=True)

    decoupled = True

    def scalars(self, step: Any, rate: Any) -> dict[str, Any]:
        keep = 1.0 - rate * self.weight_decay
        return {**super().scalars(step, rate), "keep": keep}

    def rule(
        self, w: Any, g: Any, m: Any, v: Any, *, keep: Any = 1.0, **scalars: Any
    ) -> tuple[Any, ...]:
        return super().rule(keep * w if self.weight_decay else w, g, m, v, **scalars)
