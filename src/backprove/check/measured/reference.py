"""What the value of a subject is held against: our definition, a NumPy function, a framework's.

Inputs go over by place. Parameters are told apart by their names (W, w, weight, kernel ...) and
turned if the other side keeps them transposed. Settings go over by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np

from backprove.check.measured.ask import Forward
from backprove.check.measured.examples import Base
from backprove.check.precision import Wide, to_wide
from backprove.check.subject import Target
from backprove.errors import BackproveError
from backprove.oracle.exact import DIGITS, HighPrecision
from backprove.targets import Sandbox, find
from backprove.targets.constructor import described
from backprove.targets.dotted import SYNONYMS

PARAMETERS = (
    ("weight", "w", "weights", "kernel", "gamma", "scale", "alpha"),
    ("bias", "b", "beta", "shift"),
)


class Definition:
    """One of our operators, evaluated with many digits."""

    def __init__(self, cls: Any, subject: Any) -> None:
        self.cls, self.subject = cls, subject
        self.name = cls.__name__
        self.loose = ".loss." in cls.__module__

    def value(self, base: Base) -> Any:
        """The exact value at a base; None where the definition cannot be asked."""
        op = self._built(base.arguments)
        if op is None or len(base.inputs) != len(op.signature.inputs):
            return None
        try:
            wanted = {k: np.shape(v) for k, v in op.init(0, "float64").items()}
            values = placed(base.values, wanted)
            if values is None:
                return None
            with mpmath.workdps(DIGITS):
                m = HighPrecision()
                inputs = [m.array(x) if x.dtype.kind == "f" else x for x in base.inputs]
                named = {k: m.array(v) for k, v in values.items()}
                context = {"training": True} if "training" in op.signature.context else {}
                return to_wide(op.definition(m, *inputs, **named, **context))
        except (BackproveError, ArithmeticError, TypeError, ValueError, IndexError):
            return None

    def _built(self, arguments: dict[str, Any]) -> Any:
        takes = self.subject.constructor
        given = {**takes["defaults"], **self.subject.given, **arguments}
        known = described(self.cls)
        names = [*known["needed"], *known["defaults"]]
        settings = {w: v for k, v in given.items() if (w := named_like(k, names)) and v is not None}
        try:
            return self.cls(**settings)
        except (BackproveError, TypeError, ValueError):
            return None


class Named:
    """A function of a file, or a framework's operator by its dotted name."""

    loose = False

    def __init__(self, place: str, subject: Any) -> None:
        self.name, self.subject = place, subject
        target = find(place)
        if target.kind == "file":
            target = replace(target, kind="definition")
        takes = subject.constructor
        given = {**takes["defaults"], **subject.given}
        box = Sandbox(target)
        names = [*box.takes["needed"], *box.takes["defaults"]]
        self.known = names
        settings = {w: v for k, v in given.items() if (w := named_like(k, names)) and v is not None}
        box.give(settings)
        self.target = Target(box, settings)

    def points(self, arguments: dict[str, Any]) -> Callable[[Any], Any]:
        """The value at points, for a subject that is elementwise."""
        own = {w: v for k, v in arguments.items() if (w := named_like(k, self.known))}
        forward = Forward(self.target, own)

        def value(x: Any) -> Any:
            (y,) = forward([((np.asarray(x),), {})])
            return np.full(x.shape, np.nan, dtype=Wide) if y is None else y

        return value

    def value(self, base: Base) -> Any:
        """The value at a base; None where the other side refuses it."""
        own = {w: v for k, v in base.arguments.items() if (w := named_like(k, self.known))}
        (y,) = Forward(self.target, own)([self.given(base)])
        return y

    def given(self, base: Base) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The inputs and parameters of a base as the other side takes them."""
        facts = self.target.facts
        inputs, values = list(base.inputs), dict(base.values)
        for name in facts["inputs"][len(inputs) :]:
            match = next((k for k in values if _alike(k, name)), next(iter(values), None))
            if match is not None:
                inputs.append(values.pop(match))
        wanted = {k: tuple(v) for k, v in facts["parameters"].items()}
        found = placed(values, wanted) if wanted else {}
        return tuple(inputs), found or {}

    def close(self) -> None:
        """End its process."""
        self.target.close()


def named_like(name: str, known: list[str]) -> str:
    """The one of the known names that means the same; "" if there is none."""
    if name in known:
        return name
    for group in SYNONYMS:
        if name in group:
            return next((k for k in known if k in group), "")
    return ""


def _alike(a: str, b: str) -> bool:
    a, b = a.lower(), b.lower()
    return a == b or any(a in group and b in group for group in PARAMETERS)


def placed(values: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any] | None:
    """The parameters under the wanted names and in their shapes; None if one has no place."""
    found = {}
    for name, value in values.items():
        target = next((k for k in wanted if _alike(k, name) and k not in found), None)
        if target is None:
            return None
        shape = wanted[target]
        turned = value.T if value.shape != shape and value.T.shape == shape else value
        if turned.size != int(np.prod(shape)):
            return None
        found[target] = np.ascontiguousarray(turned).reshape(shape)
    return found
