"""What a wrong operator is: the class, what was changed, and an input that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backprove.op import Op


@dataclass(frozen=True)
class Witness:
    """An input at which an operator shows what it is.

    fails      what is wrong there: "value", "gradient of NAME", "NAME changed"
    inputs     forward's inputs, as nested lists or arrays
    dy         the upstream gradient, spread to the shape of y
    arguments  for the constructor
    values     parameters by name
    terms      the size of what the gradient's formula adds up; 0: relative precision is expected
    strided    dy is given in column order
    input_grad whether the inputs' gradients are asked for
    """

    fails: str
    inputs: tuple[Any, ...]
    dy: Any = 1.0
    arguments: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float64"
    terms: float = 0.0
    strided: bool = False
    input_grad: bool = True

    def arrays(self) -> list[Any]:
        """The inputs as new arrays; lists of whole numbers stay whole."""
        found = [np.array(x) for x in self.inputs]
        return [x.astype(self.dtype) if x.dtype.kind == "f" else x for x in found]

    def named(self) -> dict[str, Any]:
        """The parameters as new arrays."""
        return {k: np.array(v, dtype=self.dtype) for k, v in self.values.items()}

    def upstream(self, shape: tuple[int, ...]) -> Any:
        """The upstream gradient as a new array."""
        dy = np.broadcast_to(np.array(self.dy, dtype=self.dtype), shape)
        return dy.copy("F" if self.strided else "C")


@dataclass(frozen=True)
class Mutant:
    """An operator that is wrong on purpose.

    `convention` names the framework whose gradient at kinks it declares. `shape` is that of the
    random input which other checkers are given; None: that of the right operator's first case.
    """

    id: str
    right: type[Op]
    wrong: type[Op]
    change: str
    witness: Witness
    convention: str = ""
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Control:
    """A right operator at an input where hasty checkers accuse it."""

    id: str
    subject: type[Op]
    why: str
    witness: Witness
    convention: str = ""


def changed(right: type[Op], **methods: Callable[..., Any]) -> type[Op]:
    """A class like `right`, under the same name, with other methods."""
    return type(right.__name__, (right,), {"__module__": __name__, **methods})
