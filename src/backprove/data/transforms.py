"""Transforms of whole batches: pure array functions for NumPy and for a jitted JAX step.

A transform is called as `transform(x, key=key, training=True)`. Those that draw random numbers
need the `key` of `backprove.random` and act in training only, so the same transform serves for
testing. Inside a jitted step the key must come in as an argument: a key made outside would give
every step the same numbers.

    Compose([ToTensor(), RandomAffine(10), Normalize(0.1307, 0.3081)])

Movements before Normalize, since they fill in 0; behind ToTensor, since bytes are rounded, and
the last bit before the rounding differs between NumPy and XLA.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

import numpy as np

from backprove.arrays import cast, dtype_name, is_floating, namespace, shape
from backprove.data._contrast import refuse_lost_contrast, refuse_wrong_order
from backprove.data.augment import Elastic, RandomAffine
from backprove.data.deform import Deform
from backprove.errors import ShapeError, UsageError
from backprove.random import fold_in

__all__ = [
    "Compose",
    "Deform",
    "Elastic",
    "Flatten",
    "Normalize",
    "RandomAffine",
    "ToTensor",
    "Transform",
    "refuse_lost_contrast",
]


class Transform(Protocol):
    """What a training loop calls: a batch in, a batch of as many samples out."""

    def __call__(self, x: Any, *, key: Any = None, training: bool = False) -> Any: ...


@dataclass(frozen=True)
class ToTensor:
    """uint8 in 0..255 to float32 in [0, 1]; input of another dtype stays as it is."""

    random = False

    def __call__(self, x: Any, *, key: Any = None, training: bool = False) -> Any:
        return cast(x, "float32") / 255.0 if dtype_name(x) == "uint8" else x

    def span(self, span: tuple[float, float] | None) -> tuple[float, float] | None:
        """The range of the result for a range of the input; None where it is not known."""
        return (0.0, 1.0) if span is None else span


@dataclass(frozen=True)
class Normalize:
    """(x - mean) / std, by one number each or by one for each element of the last axis.

    uint8 becomes float32. The numbers are in the units of x: Normalize(127.5, 127.5) for bytes,
    Normalize(0.1307, 0.3081) after ToTensor for MNIST.

    Raises UsageError for a std that is not positive, ShapeError for a last axis of another length.
    """

    random = False
    mean: float | Sequence[float]
    std: float | Sequence[float]

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            values = np.atleast_1d(np.asarray(getattr(self, name), dtype=np.float64)).tolist()
            if not values or not all(isfinite(v) and (v > 0 or name == "mean") for v in values):
                raise UsageError(
                    "Normalize expected finite numbers, std above 0, found {name}={found!r}: "
                    "a constant feature has no std, use 1 for it",
                    name=name,
                    found=getattr(self, name),
                )
            object.__setattr__(self, name, values[0] if len(values) == 1 else tuple(values))

    @classmethod
    def fit(cls, x: Any, *, per_feature: bool = False) -> Normalize:
        """With the mean and the standard deviation of training data; 1 where that is 0."""
        values = np.asarray(x)
        axes = tuple(range(values.ndim - 1)) if per_feature else None
        mean = values.mean(axis=axes, dtype=np.float64)
        std = values.std(axis=axes, dtype=np.float64)
        return cls(mean.tolist(), np.where(std > 0, std, 1.0).tolist())

    def __call__(self, x: Any, *, key: Any = None, training: bool = False) -> Any:
        xp = namespace(x)
        x = x if is_floating(x) else cast(x, "float32")
        for values in (self.mean, self.std):
            if isinstance(values, tuple) and len(values) != shape(x)[-1]:
                raise ShapeError(
                    "Normalize expected {count} elements on the last axis, as it has {count} "
                    "numbers, found the shape {shape}: give one number, or one for each feature",
                    count=len(values),
                    shape=shape(x),
                )
        mean, std = (xp.asarray(values, dtype=x.dtype) for values in (self.mean, self.std))
        return (x - mean) / std

    def span(self, span: tuple[float, float] | None) -> tuple[float, float] | None:
        """The range of the result for a range of the input; None where it is not known."""
        if span is None:
            return None
        ends = (np.array(span)[:, None] - np.atleast_1d(self.mean)) / np.atleast_1d(self.std)
        return float(ends[0].min()), float(ends[1].max())


@dataclass(frozen=True)
class Flatten:
    """Samples of any shape as rows: (N, ...) to (N, D)."""

    random = False

    def __call__(self, x: Any, *, key: Any = None, training: bool = False) -> Any:
        return x.reshape((shape(x)[0], -1))


@dataclass(frozen=True, init=False)
class Compose:
    """Transforms one after the other; each random one gets a key of its own.

    Raises UsageError for a list whose scaling would lose the contrast (ToTensor followed by
    Normalize(127.5, 127.5) leaves a range of 0.008) or that moves images after their background
    was shifted away from the fill value; `check=False` allows both, to show what they do.
    """

    steps: tuple[Transform, ...]

    def __init__(self, steps: Iterable[Transform], *, check: bool = True) -> None:
        flat: list[Transform] = []
        for step in steps:
            flat.extend(step.steps if isinstance(step, Compose) else [step])
        strange = [step for step in flat if isinstance(step, type) or not callable(step)]
        if strange:
            raise UsageError(
                "Compose expected a list of transforms, found {found!r} in it: "
                "write for example Compose([ToTensor(), Normalize(0.5, 0.5)])",
                found=strange[0],
            )
        object.__setattr__(self, "steps", tuple(flat))
        if check:
            refuse_wrong_order(self.steps)

    @property
    def random(self) -> bool:
        """Whether a step draws random numbers in training, so that a key is needed."""
        return any(_draws(step) for step in self.steps)

    def __call__(self, x: Any, *, key: Any = None, training: bool = False) -> Any:
        for place, step in enumerate(self.steps):
            own = fold_in(key, place) if training and key is not None and _draws(step) else None
            x = step(x, key=own, training=training)
        return x


def _draws(step: Transform) -> bool:
    """A transform of the user's own gets a key unless it says `random = False`."""
    return bool(getattr(step, "random", True))
