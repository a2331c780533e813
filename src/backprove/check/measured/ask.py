"""Asking a subject for its value alone, in as many digits as it takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.precision import Wide

EXTENDED = np.dtype(Wide).name
UNITS = {"float64": 2.0**-53, EXTENDED: float(np.finfo(Wide).eps) / 2}


class Forward:
    """The value of a subject at given constructor arguments.

    `dtype` is the widest in which it computes: NumPy's extended type where the subject takes it,
    gives it back and agrees with float64, else float64. `unit` is its roundoff.
    """

    def __init__(self, subject: Any, arguments: dict[str, Any]) -> None:
        self.subject, self.arguments = subject, arguments
        self.dtype = "float64"

    @property
    def unit(self) -> float:
        """The roundoff of the values."""
        return UNITS[self.dtype]

    def widen(self, inputs: tuple[Any, ...], values: dict[str, Any]) -> None:
        """Use the extended type from now on, if the subject can."""
        if getattr(self.subject, "library", "") != "numpy" or EXTENDED == "float64":
            return
        (plain,) = self([(inputs, values)])
        self.dtype = EXTENDED
        (wide,) = self([(inputs, values)])
        if plain is None or wide is None or not _same(plain, wide):
            self.dtype = "float64"

    def __call__(self, points: list[tuple[tuple[Any, ...], dict[str, Any]]]) -> list[Any]:
        """The value at each (inputs, values) as extended floats; None where there is none."""
        requests = [
            {
                "arguments": self.arguments,
                "inputs": [self._cast(x) for x in inputs],
                "values": {k: self._cast(v) for k, v in values.items()},
                "dy": None,
                "mode": "forward",
            }
            for inputs, values in points
        ]
        return [self._value(outcome) for outcome in self.subject.run(requests)]

    def _cast(self, x: Any) -> Any:
        floating = isinstance(x, np.ndarray | np.generic) and x.dtype.kind not in "iub"
        return np.asarray(x).astype(self.dtype) if floating else x

    def _value(self, outcome: dict[str, Any]) -> Any:
        y = outcome.get("arrays", {}).get("y")
        if y is None or (self.dtype == EXTENDED and outcome["dtypes"].get("y") != EXTENDED):
            return None
        return np.asarray(y).astype(Wide)


def _same(plain: Any, wide: Any) -> bool:
    with np.errstate(all="ignore"):
        near = np.abs(plain - wide) <= 1e-9 * (1 + np.abs(wide))
    return bool(np.all(near | ((np.isnan(plain) | np.isinf(plain)) & ~np.isfinite(wide))
                       | ~np.isfinite(plain)))  # fmt: skip
