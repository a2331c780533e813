"""One training of a `ConfigSubject`, step by step in NumPy; see `subject.Run`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backprove.doctor.divisors import divisors
from backprove.doctor.early_stop import EarlyStop
from backprove.doctor.epoch_watch import EpochWatch
from backprove.doctor.layers import layers_of
from backprove.doctor.probes import Probes
from backprove.doctor.spec import Spec
from backprove.optim.sgd import SGD
from backprove.train.model import Model
from backprove.train.progress import Plan, results
from backprove.train.step import (
    Program,
    Tree,
    apply,
    gradients,
    initial_state,
    keys,
    log,
    prepared,
    tree_map,
)
from backprove.train.watch import Place, first_not_finite


class ConfigRun(Probes):
    """Its state is one tree of arrays, so a snapshot is a copy of it."""

    def __init__(self, model: Model, spec: Spec, train: Any, held_out: Any, probe: int) -> None:
        self.seed, self._train, self._held_out = spec.training.seed, train, held_out
        self._program, self._probe = model.program(), slice(0, probe)
        stops = spec.training.early_stopping is not None
        self._stepped = self._program if stops else replace(self._program, metrics=())
        options = spec.training
        rows = len(train.x)
        self._plan = Plan(rows, options.batch_size, options.shuffle, False, self.seed)
        whole = self._plan.steps * options.epochs
        self.total_steps = whole if options.steps is None else min(whole, options.steps)
        self._order: tuple[int, Any] = (-1, None)
        with np.errstate(all="ignore"):
            self._state = initial_state(self._program, self.seed)
        self.step_count = 0
        self.diverged_at: int | None = None
        self.gradients: Tree = {}
        self.previous: Tree = self._state["params"]
        self.layers = layers_of(self._program.net)
        validation = self._validation_loss if spec.data.validation else None
        self._watch = EpochWatch(model.schedule, self._plan.steps, validation)
        self._stop = self._early_stop(spec)

    @property
    def finished(self) -> bool:
        ended = self._stop is not None and self._stop.stop_training
        return ended or self.diverged_at is not None or self.step_count >= self.total_steps

    @property
    def parameters(self) -> Tree:
        return dict(self._state["params"])

    @parameters.setter
    def parameters(self, values: Tree) -> None:
        old = self._state["params"]
        self._state = {**self._state, "params": {k: np.asarray(values[k], v.dtype)
                                                 for k, v in old.items()}}  # fmt: skip

    @property
    def statistics(self) -> Tree:
        """Running statistics by name."""
        return dict(self._state["stats"])

    @property
    def optimizer_state(self) -> Tree:
        """What the optimizer keeps: {slot: {parameter: array}}."""
        return dict(self._state["optimizer"])

    @property
    def learning_rate(self) -> float:
        scale = float(self._state["rate_scale"])
        return float(self._program.optimizer.rate(self.step_count)) * scale

    @property
    def divisors(self) -> Tree | None:
        """What Adam divides the gradient by; None with other optimizers, or before a step."""
        return divisors(self._program.optimizer, self.optimizer_state, self.step_count)

    @property
    def plain_descent(self) -> bool:
        """Whether a step is learning rate times gradient, and nothing random is in the network."""
        optimizer = self._program.optimizer
        plain = type(optimizer) is SGD and optimizer.clip is None and optimizer.weight_decay == 0
        return plain and "key" not in self._program.net.signature.context

    @property
    def has_held_out(self) -> bool:
        """Whether there are rows that are not trained on."""
        return self._held_out is not None

    @property
    def program(self) -> Program:
        """Network, loss, optimizer, metrics and transform."""
        return self._program

    def rows(self, step: int) -> Any:
        """The numbers of the training rows of a step."""
        epoch, place = divmod(step, self._plan.steps)
        if self._order[0] != epoch:
            self._order = (epoch, self._plan.order(epoch))
        size = self._plan.batch_size
        return self._order[1][place * size : (place + 1) * size]

    def step(self, rate_scale: float = 1.0) -> float:
        rows = self.rows(self.step_count)
        with np.errstate(all="ignore"):
            grads, stats, entry = gradients(
                self._stepped, self._state, self._train.x[rows], self._train.y[rows]
            )
            loss = float(entry["loss"])
            self.gradients, self.previous = grads, self._state["params"]
            if not np.isfinite(loss):
                self.diverged_at = self.step_count + 1
                return loss
            usual = self._state["rate_scale"]
            scaled = {**self._state, "rate_scale": usual * np.float32(rate_scale)}
            new = apply(self._program, scaled, grads, stats)
        self._state = {**new, "rate_scale": usual}
        self.step_count += 1
        scale = self._watch.after(self.step_count, loss, float(entry["weight"]))
        if scale is not None:
            self._state["rate_scale"] = np.asarray(scale)
        if self._stop is not None:
            self._stop.after(self.step_count, entry)
        return loss

    def _early_stop(self, spec: Spec) -> EarlyStop | None:
        options = spec.training.early_stopping
        if options is None:
            return None
        evaluate = self._validation_record if spec.data.validation else None
        metrics = self._program.metrics
        return EarlyStop(
            options, spec.training.epochs, self._plan.steps, metrics, evaluate,
            lambda: {**self._state["params"], **self._state["stats"]}, self._load_weights,
        )  # fmt: skip

    def _load_weights(self, values: Tree) -> None:
        """Put weights and statistics back; the last update stays readable as the step made it."""
        last, before = self._state["params"], self.previous
        params = {k: np.array(values[k]) for k in last}
        stats = {k: np.array(values[k]) for k in self._state["stats"]}
        self._state = {**self._state, "params": params, "stats": stats}
        self.previous = {k: params[k] - (last[k] - before[k]) for k in last}

    def _validation_record(self) -> dict[str, Any]:
        """Loss and metrics of the validation data in evaluation mode."""
        x, y = prepared(self._program, self._held_out.x, None, False), self._held_out.y
        with np.errstate(all="ignore"):
            outputs = self.outputs(x)
            value, _ = self._program.loss.fwd(outputs, y)
            entry = log(self._program, outputs, y, value)
        return results(
            {**entry, "loss": entry["loss"] * entry["weight"]}, self._program.metrics, "val_"
        )

    def _validation_loss(self) -> float:
        x = prepared(self._program, self._held_out.x, None, False)
        return self.loss_on(x, self._held_out.y)

    def batch(self, step: int) -> tuple[Any, Any]:
        rows = self.rows(step)
        key, _ = keys(self._program, self._state["key"], np.int32(step))
        x = prepared(self._program, self._train.x[rows], key, True)
        return x, self._train.y[rows]

    @property
    def probe_data(self) -> tuple[Any, Any]:
        return self._evaluated(self._train)

    def probes(self, rows: int) -> tuple[Any, Any]:
        """The first rows of `probe_data`, at most so many."""
        first = slice(0, min(rows, self._probe.stop))
        return prepared(self._program, self._train.x[first], None, False), self._train.y[first]

    def _evaluated(self, rows: Any) -> tuple[Any, Any]:
        x = prepared(self._program, rows.x[self._probe], None, False)
        return x, rows.y[self._probe]

    def metric(self, held_out: bool = False) -> float:
        if self.diverged_at is not None:
            return float("nan")
        data = self._held_out if held_out and self._held_out is not None else self._train
        x, y = self._evaluated(data)
        if not self._program.metrics:
            return -self.loss_on(x, y)
        with np.errstate(all="ignore"):
            found = self._program.metrics[0](self.outputs(x), y)
        return float(found)

    def first_not_finite(self) -> Place | None:
        rows = self.rows(self.step_count)
        return first_not_finite(
            self._program, self._state, self._train.x[rows], self._train.y[rows]
        )

    def snapshot(self) -> Any:
        state = tree_map(np.array, self._state)
        stop = None if self._stop is None else self._stop.snapshot()
        return state, self._watch.snapshot(), self.step_count, self.diverged_at, stop

    def restore(self, snapshot: Any) -> None:
        state, watched, self.step_count, self.diverged_at, stop = snapshot
        if self._stop is not None:
            self._stop.restore(stop)
        self._watch.restore(watched)
        self._state = tree_map(np.array, state)
        self.gradients, self.previous = {}, self._state["params"]
