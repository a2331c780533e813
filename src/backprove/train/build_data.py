"""From a configuration to the parts of the data."""

from __future__ import annotations

from typing import Any, NamedTuple

from backprove.data import Dataset, load, split
from backprove.errors import UsageError
from backprove.train.config import Config
from backprove.train.mistakes import with_wrong_rows
from backprove.train.scaling import retargeted, scaled


class Data(NamedTuple):
    """The parts of the data. Without a test set of its own, one is split off."""

    train: Dataset
    validation: Dataset | None
    test: Dataset


def build_data(config: Config) -> Data:
    """Load, split, scale. The parts never overlap. Raises DataError for damaged or missing data.

    With `test` 0 and no test set of their own, the training rows are measured.
    """
    spec, seed = config.data, config.training.seed
    options = dict(spec.options)
    if spec.target is not None:
        options["target"] = spec.target
    train = with_wrong_rows(config.mistakes, load(spec.name, split="train", **options), seed)
    test = _own_test(config, options)
    if test is None and spec.test:
        test, train = split(train, spec.test, seed=seed)
    if spec.limit is not None:
        if spec.limit < 1:
            raise UsageError("expected a limit of 1 or more, found {found}", found=spec.limit)
        train = train.take(range(min(spec.limit, len(train))))
    validation = None
    if spec.validation:
        validation, train = split(train, spec.validation, seed=seed)
    parts = [part for part in (train, validation, test) if part is not None]
    parts = [retargeted(part, spec.targets, train) for part in parts]
    parts = scaled(parts, spec.scale_inputs, spec.scale_targets)
    return Data(
        parts[0],
        parts[1] if validation is not None else None,
        parts[-1] if test is not None else parts[0],
    )


def _own_test(config: Config, options: dict[str, Any]) -> Dataset | None:
    """The test set that the data bring along; None if they have none, or it is not wanted."""
    spec = config.data
    if spec.test == 0:
        return None
    try:
        test = load(spec.name, split="test", **options)
    except UsageError:
        return None
    return with_wrong_rows(config.mistakes, test, config.training.seed)
