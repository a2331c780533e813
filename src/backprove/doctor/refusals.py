"""What cannot be examined, in words: settings under which nothing happens, data without a question.

Checked before anything is trained.
"""

from __future__ import annotations

import numpy as np

from backprove.doctor.spec import Spec
from backprove.errors import DataError, UsageError
from backprove.train.build_data import Data
from backprove.train.engine import known_engine
from backprove.train.inputs import positive


def refuse_settings(spec: Spec) -> None:
    """Raise UsageError for numbers of steps below 1, a step of size 0, an engine nobody knows."""
    training = spec.training
    positive(batch_size=training.batch_size, epochs=training.epochs, accumulate=training.accumulate)
    if training.steps is not None:
        positive(steps=training.steps)
    if training.learning_rate == 0:
        raise UsageError(
            "expected a learning rate above 0, found 0: with it no parameter ever changes"
        )
    known_engine(training.engine, training.device, training.precision)


def refuse_trivial(data: Data) -> None:
    """Raise DataError for rows from which nothing can be learned."""
    train = data.train
    if train.y is None:
        raise DataError("{name} has no labels: give a pair (x, y)", name=train.name)
    if len(train) < 2:
        raise DataError(
            "expected at least two training rows, found {rows}: nothing can be learned from one",
            rows=len(train),
        )
    if np.all(train.y == train.y[:1]):
        raise DataError(
            "expected targets that differ, found {value} in all {rows} training rows: the best "
            "answer is that constant, and no network is needed; look at how the targets are made",
            value=np.ravel(train.y[0]).tolist(),
            rows=len(train),
        )
