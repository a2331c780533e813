"""What every metric is: sums over samples, and a value made from the sums."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from backprove.errors import UsageError

Sums = dict[str, Any]


class Metric:
    """An additive metric: the same value for a set of samples however it is cut into batches.

    `statistics(y, target)` gives sums over a batch, in the library of `y` (NumPy, or JAX while it
    traces). They are added over batches, whole numbers as whole numbers and the rest in float64,
    and `result(totals)` turns the totals into the value. `name` is what logs call it; `best` says
    whether "max" or "min" is better. The value is a number, or nested lists where `scalar` is
    false.

    Over no samples the value is NaN.
    """

    name: str
    best: ClassVar[str] = "max"
    scalar: bool = True

    def statistics(self, y: Any, target: Any) -> Sums:
        """Sums over the samples of a batch, by name."""
        raise NotImplementedError

    def result(self, totals: Sums) -> Any:
        """The value for totals of the statistics."""
        raise NotImplementedError

    def __call__(self, y: Any, target: Any) -> Any:
        """The value for one set of samples."""
        with np.errstate(all="ignore"):
            return self.result(self.statistics(y, target))

    def __repr__(self) -> str:
        shown = (f"{k}={v!r}" for k, v in vars(self).items() if k not in ("name", "scalar"))
        return f"{type(self).__name__}({', '.join(shown)})"


def ratio(above: Any, below: Any) -> float:
    """above / below, NaN where there is nothing below."""
    return float(above) / float(below) if below else float("nan")


def at_least(name: str, option: str, value: int, least: int) -> int:
    """A whole number that is large enough. Raises UsageError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise UsageError(
            "{name} expected {option} to be a whole number from {least} on, found {found!r}",
            name=name,
            option=option,
            least=least,
            found=value,
        )
    return value
