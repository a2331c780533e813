"""Deform: an affine and an elastic movement in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.data.augment import Elastic, RandomAffine
from backprove.random import fold_in


@dataclass(frozen=True)
class Deform(RandomAffine):
    """Moves as RandomAffine and bends as Elastic, with each pixel mixed only once.

    Pixel p of the result is fetched from A(p) + e(p): A the place that RandomAffine fetches it
    from, e the shift of Elastic. One after the other would mix pixels twice, which blurs the
    images more than the test images ever are, and would fetch each pixel twice.

    alpha and sigma are those of `Elastic`, the other arguments those of `RandomAffine`.
    Raises UsageError for arguments out of range or a missing key.
    """

    alpha: float = 34.0
    sigma: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        Elastic(self.alpha, self.sigma)

    def _field(self, key: Any, like: Any, n: int, height: int, width: int) -> tuple[Any, Any]:
        row, column = super()._field(fold_in(key, 0), like, n, height, width)
        bend = Elastic(self.alpha, self.sigma).shift(fold_in(key, 1), like, n, height, width)
        return row + bend[0], column + bend[1]
