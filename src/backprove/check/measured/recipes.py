"""Inputs that a subject without a definition accepts, found by trying."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from backprove.check.examples import short

LABELS = (
    "label", "labels", "target", "targets", "y_true", "true", "true_labels", "t", "y", "truth",
    "ground_truth", "onehot", "one_hot",
)  # fmt: skip


class Recipe(NamedTuple):
    """How to draw the inputs: for each its kind and shape.

    kind is "normal", "unit" (between 0 and 1), "positive", "rows" (that sum to 1), "bits" (0 or
    1), "onehot" or "classes" (whole numbers below 3).
    """

    draws: tuple[tuple[str, tuple[int, ...]], ...]

    def inputs(self, rng: np.random.Generator) -> tuple[Any, ...]:
        """The arrays."""
        return tuple(draw(kind, shape, rng) for kind, shape in self.draws)


def draw(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """An array of one kind; floats have eight significant bits."""
    if kind == "bits":
        found = rng.integers(0, 2, shape)
        return np.asarray(np.where(np.arange(found.size).reshape(shape) == 0, 1, found), float)
    if kind == "classes":
        return rng.integers(0, 3, shape).astype(np.int64)
    if kind == "onehot":
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    if kind == "normal":
        return np.asarray(short(rng.standard_normal(shape)))
    positive = rng.uniform(0.0625, 0.9375, shape) * (4 if kind == "positive" else 1)
    if kind == "rows":
        positive = positive / positive.sum(-1, keepdims=True)
    return np.asarray(short(positive))


ROWS = [Recipe((("normal", (5, 3)),)), Recipe((("normal", (1, 3)),))]
"""Several rows of three numbers, and one row."""


def tiers(names: list[str], parameters: dict[str, Any], labelled: bool) -> Iterator[list[Recipe]]:
    """Recipes for inputs of these names, likely ones first; those of one tier belong together."""
    count = len(names)
    if count == 0:
        yield [Recipe(())]
    elif count == 1:
        for shapes in _shapes(parameters):
            for kind in ("normal", "positive", "unit", "classes"):
                yield [Recipe(((kind, shape),)) for shape in shapes]
    elif count == 2 and (labelled or names[1].lower() in LABELS):
        yield from _losses()
    else:
        yield from _several(count, parameters)
        if count == 2:
            yield from _losses()


def _losses() -> Iterator[list[Recipe]]:
    for first in ("unit", "normal"):
        rows = "rows" if first == "unit" else first
        yield [
            Recipe(((first, (5, 1)), ("bits", (5, 1)))),
            Recipe(((rows, (5, 3)), ("onehot", (5, 3)))),
        ]
        yield [Recipe(((rows, (5, 3)), ("classes", (5,))))]
        yield [Recipe(((rows, (5, 3)), ("classes", (5, 1))))]
        yield [Recipe(((first, (5,)), ("bits", (5,))))]


def _several(count: int, parameters: dict[str, Any]) -> Iterator[list[Recipe]]:
    if count == 2:
        yield [Recipe((("normal", (4, 3)), ("normal", (3, 2))))]
    if count == 3:
        yield [Recipe((("normal", (5, 3)), ("normal", (3, 2)), ("normal", (2,))))]
        yield [Recipe((("normal", (5, 3)), ("normal", (2, 3)), ("normal", (2,))))]
        yield [Recipe((("normal", (5, 3)), ("normal", (3,)), ("normal", (3,))))]
    for shapes in _shapes(parameters):
        yield [Recipe((("normal", shape),) * count) for shape in shapes]
    yield [Recipe((("positive", (5, 3)),) * count)]


def _shapes(parameters: dict[str, Any]) -> Iterator[list[tuple[int, ...]]]:
    """Shapes of one input, guessed from those of the parameters."""
    sizes = [np.shape(v) for v in parameters.values()]
    lasts = [n for size in sizes if len(size) == 2 for n in size if n > 1]
    lasts += [n for size in sizes if len(size) == 1 for n in size if n > 1]
    for n in dict.fromkeys(lasts):
        yield [(5, n), (1, n)]
    for size in sizes:
        if len(size) == 4:
            for channels in dict.fromkeys(size[:2]):
                yield [(2, channels, size[2] + 2, size[3] + 1)]
    for n in dict.fromkeys(lasts):
        yield [(2, n, 3, 2)]
        yield [(2, n, 3)]
        yield [(n,)]
    yield [(5, 3), (1, 3)]
    yield [(2, 3, 4, 4)]
    yield [(2, 3, 4)]
    yield [(3,)]
    yield [(1,)]
    yield [()]


def parameter_shapes(count: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Shapes of parameters that nothing tells: matrices and vectors for rows of three numbers."""
    if count == 1:
        yield from (((3, 2),), ((2, 3),))
    elif count == 2:
        yield from (((3, 2), (2,)), ((2, 3), (2,)), ((2,), (3, 2)), ((2,), (2, 3)))
    yield ((3,),) * count
    yield ((),) * count


def usable(y: Any) -> bool:
    """Whether a value is one to work with: there, not empty, mostly finite."""
    return y is not None and y.size > 0 and bool(np.mean(np.isfinite(y)) > 0.6)


def optional(recipe: Recipe, names: Iterable[str]) -> frozenset[str]:
    """The inputs that are labels: backward need not give their gradient."""
    return frozenset(
        f"d{i}"
        for i, (name, (kind, _)) in enumerate(zip(names, recipe.draws, strict=True))
        if i > 0 and (name.lower() in LABELS or kind in ("bits", "onehot", "classes"))
    )
