"""`Model`: train, evaluate and use a network. The names are Paddle's, without its traps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backprove.data import Dataset, split
from backprove.data.transforms import refuse_lost_contrast
from backprove.train.callbacks import ProgressBar
from backprove.train.fit import Fit
from backprove.train.history import History
from backprove.train.inputs import checked, fitting_shape, inputs_of, positive, refuse_unknown
from backprove.train.interrupt import Interruptible
from backprove.train.progress import Plan, results, same_plan
from backprove.train.saving import remember_callbacks, start_callbacks
from backprove.train.summary import Summary, summarise
from backprove.train.trainable import EVALUATION_BATCH, Trainable


class Model(Trainable):
    """A network with its training.

        model = Model(Sequential(Linear(784, 500), LeakyReLU(), Linear(500, 10)))
        model.prepare(Adam(1e-3), CrossEntropy(), [Accuracy()])
        history = model.fit(load("mnist"), epochs=3)

    engine is "jax" (compiled) or "numpy" (eager); device "cpu" or "gpu". First values, the order
    of the samples and all masks follow from the seed. What differs from paddle.Model: the batch
    size defaults to 64, `fit` returns a History, losses are means over all samples, schedules
    count steps, and `load` brings back everything that training needs to go on exactly.
    """

    @refuse_unknown
    def fit(
        self,
        train_data: Any,
        eval_data: Any = None,
        *,
        batch_size: int = 64,
        epochs: int = 1,
        shuffle: bool = True,
        drop_last: bool = False,
        validation_split: float = 0.0,
        eval_freq: int = 1,
        callbacks: Sequence[Any] = (),
        verbose: int = 1,
        save_dir: str | Path | None = None,
        save_seconds: float = 60.0,
        num_iters: int | None = None,
        resume: bool = False,
    ) -> History:
        """Train for `epochs` more epochs, or, with `resume`, until there are `epochs` in all.

        train_data: a Dataset or (x, y). validation_split: this share of it is held out. With
        `save_dir` a checkpoint is written after each epoch, every `save_seconds` and at Ctrl-C.
        num_iters: stop after so many steps in all. Raises DataError or ShapeError for data that
        does not fit the network, DivergenceError when NaN or infinity appears.
        """
        positive(batch_size=batch_size, epochs=epochs, eval_freq=eval_freq)
        train = checked(train_data, self.net, self.loss, "train_data")
        if self.transforms is not None:
            refuse_lost_contrast(self.transforms, train.x)
        if validation_split:
            held_out, train = split(train, validation_split, seed=self.seed)
            eval_data = held_out if eval_data is None else eval_data
        evaluation = None
        if eval_data is not None:
            evaluation = checked(eval_data, self.net, self.loss, "eval_data")
        plan = Plan(len(train.x), batch_size, shuffle, drop_last, self.seed)
        self._check_plan(plan, resume)
        self.plan = plan
        self.stop_training = False
        shown = [ProgressBar()] if verbose else []
        self.callbacks = sorted([*callbacks, *shown], key=lambda c: c.order)
        start_callbacks(self, resume)
        total = epochs if resume else epochs + self.progress.epoch
        parts = None if evaluation is None else inputs_of(evaluation, self.net, self.loss)
        loop = Fit(
            self, inputs_of(train, self.net, self.loss), parts, plan, self.callbacks,
            Path(save_dir) if save_dir is not None else None, save_seconds, eval_freq,
        )  # fmt: skip
        try:
            with Interruptible() as interrupt:
                loop.run(total, interrupt, num_iters)
        finally:
            remember_callbacks(self)
        return self.history

    @refuse_unknown
    def evaluate(self, eval_data: Any, *, batch_size: int = EVALUATION_BATCH) -> dict[str, Any]:
        """The mean loss and the metrics over all samples: {"loss": ..., "accuracy": ...}."""
        positive(batch_size=batch_size)
        data = checked(eval_data, self.net, self.loss, "eval_data")
        sums = self.evaluation_sums(*inputs_of(data, self.net, self.loss), batch_size)
        return results(sums, self.metrics)

    @refuse_unknown
    def predict(self, x: Any, *, batch_size: int = EVALUATION_BATCH) -> Any:
        """The network's outputs for all rows of x, as one NumPy array."""
        positive(batch_size=batch_size)
        data = checked(x if isinstance(x, Dataset) else (x, None), self.net, None, "x")
        rows = data.x.reshape(fitting_shape(data.x.shape, self.net))
        engine, state = self.engine(), self.state
        parts = [
            engine.outputs(state, engine.put(rows[i : i + batch_size]))
            for i in range(0, len(rows), batch_size)
        ]
        return np.concatenate(parts)

    def summary(self, input_size: tuple[int, ...] | None = None) -> Summary:
        """Layers, output shapes, parameters and multiply-adds for one input of this shape."""
        return summarise(self.net, input_size)

    @property
    def history(self) -> History:
        """What happened so far, epoch by epoch and step by step."""
        return History(list(self.progress.records), list(self.step_losses))

    def _check_plan(self, plan: Plan, resume: bool) -> None:
        if self.plan is None:
            return
        if resume:
            same_plan(self.plan, plan)
        elif self.progress.samples and self.plan != plan:
            self.progress.start_epoch()
