"""The training loop of `Model.fit`: epochs, runs of steps, validation, records, saving."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backprove.errors import DivergenceError
from backprove.messages import render
from backprove.train.feed import feed
from backprove.train.interrupt import Interruptible
from backprove.train.progress import Plan, results
from backprove.train.watch import first_not_finite

if TYPE_CHECKING:
    from backprove.train.trainable import Trainable

PAUSE = 0.25
"""Seconds of work between two looks at the clock, the callbacks and Ctrl-C."""


class Fit:
    """One call of `fit`. It works on the model's state and progress, so it can stop anywhere."""

    def __init__(
        self,
        model: Trainable,
        train: tuple[Any, Any],
        evaluation: tuple[Any, Any] | None,
        plan: Plan,
        callbacks: Sequence[Any],
        save_dir: Path | None,
        save_seconds: float,
        eval_freq: int = 1,
    ) -> None:
        self.model, self.evaluation, self.plan = model, evaluation, plan
        self.callbacks, self.save_dir, self.save_seconds = callbacks, save_dir, save_seconds
        self.eval_freq = eval_freq
        self.engine = model.engine()
        self.host_data = train
        self.feed = feed(self.engine, train, plan.batch_size)
        self.most = 4
        self.saved_at = time.monotonic()
        self.timed: set[int] = set()

    def run(self, epochs: int, interrupt: Interruptible, most_steps: int | None = None) -> None:
        """Train until `epochs` epochs are done in all, or `most_steps` steps."""
        progress = self.model.progress
        self.limit = most_steps
        about = {"epochs": epochs, "validation": self.evaluation is not None}
        self._call("on_train_begin", about)
        try:
            while progress.epoch < epochs and not self._stopped():
                self._epoch(interrupt)
        finally:
            self._call("on_train_end", {})
        self._save()

    def _stopped(self) -> bool:
        enough = self.limit is not None and self.model.progress.steps >= self.limit
        return self.model.stop_training or enough

    def _epoch(self, interrupt: Interruptible) -> None:
        progress = self.model.progress
        self._call("on_epoch_begin", progress.epoch, {})
        order = self.engine.put(self.plan.order(progress.epoch))
        while progress.samples < self.plan.used and not self._stopped():
            self._stretch(order)
            if interrupt.asked:
                self._save()
                raise KeyboardInterrupt
            if self.save_dir and time.monotonic() - self.saved_at > self.save_seconds:
                self._save()
        if progress.samples >= self.plan.used:
            self._end_epoch()

    def _stretch(self, order: Any) -> None:
        """Run some steps: as many as take about `PAUSE` seconds."""
        model, progress = self.model, self.model.progress
        most = min(self.most, self.feed.steps)
        if self.limit is not None:
            most = min(most, self.limit - progress.steps)
        count, size = self.plan.stretch(progress.samples, most)
        began = time.perf_counter()
        data, rows, first = self.feed.batches(order, progress.samples, count, size)
        run = self.engine.run(model.state, data, rows, first, count, size)
        model.state = run.state
        seconds = time.perf_counter() - began
        progress.seconds += seconds
        if size in self.timed:
            self.most = max(1, int(count * PAUSE / max(seconds, 1e-4)))
        self.timed.add(size)
        good = run.steps - (not np.isfinite(run.logs["loss"][-1]))
        self._count({k: v[:good] for k, v in run.logs.items()}, good, size)
        if good < run.steps:
            self._refuse(float(run.logs["loss"][-1]), order, size)
        self._call("on_train_batch_end", progress.steps, self._logs(run.logs))

    def _count(self, logs: dict[str, Any], steps: int, size: int) -> None:
        progress = self.model.progress
        progress.add(logs)
        progress.samples += steps * size
        progress.steps += steps
        self.model.step_losses.extend(logs["loss"].tolist())

    def _logs(self, logs: dict[str, Any]) -> dict[str, Any]:
        progress = self.model.progress
        done = -(-progress.samples // self.plan.batch_size)
        mean = float(np.average(logs["loss"], weights=np.maximum(logs["weight"], 1e-30)))
        return {
            **results(progress.sums, self.model.metrics),
            "loss": mean,
            "learning_rate": self.model.learning_rate(),
            "steps_done": done,
            "steps_total": self.plan.steps,
        }

    def _refuse(self, loss: float, order: Any, size: int) -> None:
        """Say where NaN or infinity appeared first. The state is the one before that step."""
        progress = self.model.progress
        step = progress.steps + 1
        rows = np.asarray(order)[progress.samples : progress.samples + size]
        state = self.model.host_state()
        place = first_not_finite(
            self.model.program(), state, self.host_data[0][rows], self.host_data[1][rows]
        )
        if place is None:
            raise DivergenceError(
                "the loss became {loss} at step {step}, although the same step computed by NumPy "
                "stays finite: the numbers are at the edge of float32; lower the learning rate",
                loss=loss,
                step=step,
            )
        raise DivergenceError(
            "the loss became {loss} at step {step}: NaN or infinity appeared first in the {kind} "
            "of {name} {operator}. Lower the learning rate (now {rate:g}), normalise, or clip "
            "the gradients",
            loss=loss,
            step=step,
            kind=_words(place.kind),
            name=place.name,
            operator=f"({place.operator})" if place.operator else "",
            rate=self.model.learning_rate(),
        )

    def _end_epoch(self) -> None:
        model, progress = self.model, self.model.progress
        record: dict[str, Any] = {"epoch": progress.epoch + 1, "step": progress.steps}
        record |= results(progress.sums, model.metrics)
        record["learning_rate"] = model.learning_rate()
        if self.evaluation is not None and (progress.epoch + 1) % self.eval_freq == 0:
            sums = model.evaluation_sums(*self.evaluation)
            record |= results(sums, model.metrics, "val_")
        record["seconds"] = progress.seconds
        progress.epoch += 1
        progress.start_epoch()
        progress.records.append(record)
        model.after_epoch(record)
        self._call("on_epoch_end", progress.epoch - 1, record)
        self._save()

    def _call(self, hook: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(*arguments)

    def _save(self) -> None:
        self.saved_at = time.monotonic()
        if self.save_dir is not None:
            self.model.save(self.save_dir)


def _words(kind: str) -> str:
    """The kind of a `Place` in the current language."""
    return {
        "parameter": render("parameter"),
        "output": render("output"),
        "gradient": render("gradient"),
        "parameter gradient": render("parameter gradient"),
    }[kind]
