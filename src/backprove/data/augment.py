"""Random movements of images, for training: RandomAffine and Elastic.

Both act on (N, H, W) or on squares as rows (N, H * H), keep shape and dtype, and do nothing
unless `training` is true. The numbers come from the key alone, so NumPy and JAX move alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, pi
from typing import Any

import numpy as np

from backprove.arrays import namespace
from backprove.data._warp import blur_matrix, warp
from backprove.errors import UsageError
from backprove.random import uniform

Range = float | tuple[float, float]


@dataclass(frozen=True)
class RandomAffine:
    """Rotates, shears, scales and shifts each image about its middle, by random amounts.

    degrees    turns by an angle in (-degrees, degrees) or in the given pair; positive angles turn
               as the hands of a clock do
    translate  shifts by up to these fractions (across, down) of the width and the height
    scale      enlarges by a factor in this pair
    shear      leans rows by an angle in degrees, as `degrees`
    fill       the value outside the image; None repeats the nearest pixel

    The arguments are those of torchvision's transform of this name. Pixels are mixed bilinearly.
    Raises UsageError for arguments out of range or a missing key.
    """

    random = True
    degrees: Range
    translate: tuple[float, float] | None = None
    scale: tuple[float, float] | None = None
    shear: Range | None = None
    fill: float | None = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("degrees", -360.0, 360.0),
            ("shear", -80.0, 80.0),
            ("scale", 0.01, 100.0),
            ("translate", 0.0, 1.0),
        ):
            given = getattr(self, name)
            if given is not None:
                ends = _ends(given, symmetric=name in ("degrees", "shear"))
                ordered = name == "translate" or ends[0] <= ends[-1]
                if len(ends) != 2 or not ordered or not all(low <= end <= high for end in ends):
                    raise _out_of_range(type(self).__name__, name, given, low, high)
                object.__setattr__(self, name, ends)

    def __call__(self, x: Any, *, key: Any = None, training: bool = False) -> Any:
        if not training:
            return x
        name = type(self).__name__
        _expect_key(name, key)
        return warp(x, lambda *about: self._field(key, *about), self.fill, name)

    def _field(self, key: Any, like: Any, n: int, height: int, width: int) -> tuple[Any, Any]:
        """Where each pixel comes from: middle + M^-1 (place - middle - shift).

        M = scale * rotation(angle) * shear, so M^-1 undoes them in the opposite order. A product
        of (2, 3) with the places (3, H * W): XLA would fold a plain formula into the gathers and
        compute the angles' cosines for every pixel.
        """
        xp = namespace(like)
        draw = uniform(key, (5, n), like)
        across, down = self.translate or (0.0, 0.0)
        angle = _between(draw[0], self.degrees) * (pi / 180)
        lean = xp.tan(_between(draw[1], self.shear or (0.0, 0.0)) * (pi / 180))
        size = _between(draw[2], self.scale or (1.0, 1.0))
        cos, sin = xp.cos(angle) / size, xp.sin(angle) / size
        middle, center = (height - 1) / 2, (width - 1) / 2
        v = middle + _between(draw[3], (-down * height, down * height))
        u = center + _between(draw[4], (-across * width, across * width))
        rows = (cos, -sin)
        columns = (sin - lean * cos, cos + lean * sin)
        inverse = [
            xp.stack([a, b, origin - a * v - b * u], axis=-1)
            for (a, b), origin in ((rows, middle), (columns, center))
        ]
        places = xp.matmul(xp.stack(inverse, axis=1), _places(like, height, width))
        places = xp.reshape(places, (n, 2, height, width))
        return places[:, 0], places[:, 1]


@dataclass(frozen=True)
class Elastic:
    """Bends each image by a smooth random field.

    Each pixel is fetched from a place shifted by alpha * G(r) in both directions, r uniform in
    (-1, 1) for each pixel and G a Gaussian of standard deviation `sigma` pixels. The usual shift
    is alpha / (6.1 * sigma) pixels; 34 and 4 suit MNIST.

    Reference: Simard, Steinkraus and Platt, "Best practices for convolutional neural networks
    applied to visual document analysis", ICDAR 2003.
    """

    random = True
    alpha: float = 34.0
    sigma: float = 4.0
    fill: float | None = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1e4:
            raise _out_of_range("Elastic", "alpha", self.alpha, 0.0, 1e4)
        if not 0.1 <= self.sigma <= 1e3:
            raise _out_of_range("Elastic", "sigma", self.sigma, 0.1, 1e3)

    def __call__(self, x: Any, *, key: Any = None, training: bool = False) -> Any:
        if not training:
            return x
        _expect_key("Elastic", key)
        return warp(x, lambda *about: self._field(key, *about), self.fill, "Elastic")

    def _field(self, key: Any, like: Any, n: int, height: int, width: int) -> tuple[Any, Any]:
        shift = self.shift(key, like, n, height, width)
        places = namespace(like).reshape(_places(like, height, width), (3, height, width))
        return places[0] + shift[0], places[1] + shift[1]

    def shift(self, key: Any, like: Any, n: int, height: int, width: int) -> Any:
        """How many pixels down and across each pixel is fetched from: (2, N, H, W)."""
        xp = namespace(like)
        noise = 2.0 * uniform(key, (2, n, width, height), like) - 1.0
        down = xp.asarray(self.alpha * blur_matrix(height, self.sigma), dtype=like.dtype)
        across = xp.asarray(blur_matrix(width, self.sigma), dtype=like.dtype)
        return xp.matmul(xp.swapaxes(xp.matmul(noise, down), 2, 3), across)


def _places(like: Any, height: int, width: int) -> Any:
    """Rows, columns and ones (3, H * W) of the pixels, as an array like `like`."""
    rows, columns = np.indices((height, width))
    places = np.stack([rows.ravel(), columns.ravel(), np.ones(rows.size)])
    return namespace(like).asarray(places, dtype=like.dtype)


def _ends(given: Any, *, symmetric: bool) -> tuple[float, ...]:
    """The two ends of a range; a lone NaN, which lies in no range, for what is none."""
    try:
        if symmetric and not isinstance(given, tuple | list):
            return -float(given), float(given)
        return tuple(map(float, given))
    except (TypeError, ValueError):
        return (nan,)


def _between(draw: Any, ends: Any) -> Any:
    return ends[0] + (ends[1] - ends[0]) * draw


def _expect_key(name: str, key: Any) -> None:
    if key is None:
        raise UsageError(
            "{name} expected a key in training, found none: give key=backprove.random.key(seed), "
            "another for each batch",
            name=name,
        )


def _out_of_range(name: str, argument: str, found: Any, low: float, high: float) -> UsageError:
    return UsageError(
        "{name} expected {argument} from {low:g} to {high:g}, the smaller number first, found "
        "{found!r}: choose other values",
        name=name,
        argument=argument,
        low=low,
        high=high,
        found=found,
    )
