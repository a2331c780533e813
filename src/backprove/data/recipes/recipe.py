"""What recipes share: one training set, checked options, float32 rows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.data.dataset import Dataset
from backprove.errors import BackproveError, UsageError, unknown

Recipe = Callable[..., Dataset]
Made = tuple[Any, Any, str]


def recipe(function: Callable[..., Made]) -> Recipe:
    """A reader for `load` out of a function of options that gives (x, y, task).

    Raises UsageError for a split other than "train", and for options that it cannot use.
    """

    @functools.wraps(function)
    def reader(split: str, **options: Any) -> Dataset:
        if split != "train":
            raise UsageError(
                "expected the train split of {name}, found {split}: what a recipe makes is one "
                "training set; divide it with split()",
                name=function.__name__,
                split=split,
            )
        try:
            x, y, task = function(**options)
        except BackproveError:
            raise
        except (TypeError, ValueError) as error:
            raise UsageError(
                "the recipe {name} cannot be made with these options: {reason}",
                name=function.__name__,
                reason=str(error),
            ) from error
        rows = np.asarray(x, dtype=np.float32)
        if task == "regression":
            return Dataset(rows, np.asarray(y, np.float32), name=function.__name__, task=task)
        return Dataset(rows, np.asarray(y, np.int32), name=function.__name__)

    return reader


def drawn(rng: np.random.Generator, law: str, shape: tuple[int, ...]) -> Any:
    """Numbers of a law: "normal" N(0, 1), "uniform" U(0, 1), "bits" fair zeros and ones."""
    if law == "normal":
        return rng.standard_normal(shape)
    if law == "uniform":
        return rng.uniform(0.0, 1.0, shape)
    if law == "bits":
        return rng.integers(0, 2, shape).astype(np.float64)
    raise unknown("draw", law, ("normal", "uniform", "bits"))
