"""`Model`: train, evaluate and use a network. The names are Paddle's, without its traps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backprove import ops
from backprove.data import Dataset, split
from backprove.errors import CheckpointError, UsageError, unknown
from backprove.lifted import as_op
from backprove.net import check_state
from backprove.optim import optimizer as find_optimizer
from backprove.optim.schedules import ReduceOnPlateau
from backprove.train import checkpoint
from backprove.train.callbacks import ProgressBar
from backprove.train.engine import Engine
from backprove.train.engine import engine as find_engine
from backprove.train.fit import Fit
from backprove.train.history import History
from backprove.train.inputs import checked, inputs_of, refuse_unknown
from backprove.train.interrupt import Interruptible
from backprove.train.metrics import metric as find_metric
from backprove.train.metrics import settle
from backprove.train.plain import from_plain, to_plain
from backprove.train.progress import Plan, Progress, results, same_plan
from backprove.train.step import Program, initial_state, tree_map
from backprove.train.summary import Summary, summarise

EVALUATION_BATCH = 1000


class Model:
    """A network with its training.

        model = Model(Sequential(Linear(784, 500), LeakyReLU(), Linear(500, 10)))
        model.prepare(Adam(1e-3), CrossEntropy(), [Accuracy()])
        history = model.fit(load("mnist"), epochs=3)

    engine is "jax" (compiled) or "numpy" (eager); device "cpu" or "gpu". First values, the order
    of the samples and all masks follow from the seed. What differs from paddle.Model: the batch
    size defaults to 64, `fit` returns a History, losses are means over all samples, schedules
    count steps, and `load` brings back everything that training needs to go on exactly.
    """

    def __init__(
        self, net: Any, *, engine: str = "jax", device: str = "cpu", seed: int = 0
    ) -> None:
        if seed < 0:
            raise UsageError("expected a seed of 0 or more, found {seed}", seed=seed)
        self.net = as_op(net)
        self.seed, self._engine_name, self._device = int(seed), engine, device
        self.metrics: list[Any] = []
        self.stop_training = False
        self.progress = Progress()
        self.step_losses: list[float] = []
        self.callbacks: Sequence[Any] = ()
        self.about: dict[str, Any] = {}
        self._kept_arrays: dict[str, Any] = {}
        self._plan: Plan | None = None
        self._state: dict[str, Any] | None = None
        self._engine: Engine | None = None
        self._plateau: ReduceOnPlateau | None = None
        self.prepare()

    def prepare(
        self,
        optimizer: Any = "adam",
        loss: Any = "cross_entropy",
        metrics: Any = (),
        *,
        transforms: Callable[..., Any] | None = None,
        accumulate_grad_batches: int = 1,
        monitor: str | None = None,
    ) -> Model:
        """Choose how to train. Names ("adam", "cross_entropy", "accuracy") or objects.

        `transforms` is applied to every batch, in training and afterwards. `monitor` is the value
        that a ReduceOnPlateau schedule watches; without it val_loss, or loss where nothing is
        evaluated. Raises UsageError for unknown names. Parameters stay as they are; the optimizer
        starts anew.
        """
        if accumulate_grad_batches < 1:
            raise UsageError(
                "expected accumulate_grad_batches of 1 or more, found {found}",
                found=accumulate_grad_batches,
            )
        self.optimizer = find_optimizer(optimizer) if isinstance(optimizer, str) else optimizer
        self.loss = ops.operator(loss, "loss") if isinstance(loss, str) else as_op(loss)
        chosen = metrics if isinstance(metrics, list | tuple) else [metrics]
        found = (find_metric(m) if isinstance(m, str) else m for m in chosen)
        self.metrics = [settle(m, type(self.loss).__name__) for m in found]
        self._transform, self._accumulate = transforms, accumulate_grad_batches
        self._monitor = monitor
        schedule = getattr(self.optimizer, "schedule", None)
        self._plateau = schedule if isinstance(schedule, ReduceOnPlateau) else None
        if self._state is not None:
            self._state = initial_state(self.program(), self.seed, self.state_dict())
        self._engine = None
        return self

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
        _positive(batch_size=batch_size, epochs=epochs, eval_freq=eval_freq)
        train = checked(train_data, self.net, self.loss, "train_data")
        if validation_split:
            held_out, train = split(train, validation_split, seed=self.seed)
            eval_data = held_out if eval_data is None else eval_data
        evaluation = None
        if eval_data is not None:
            evaluation = checked(eval_data, self.net, self.loss, "eval_data")
        plan = Plan(len(train.x), batch_size, shuffle, drop_last, self.seed)
        self._check_plan(plan, resume)
        self._plan = plan
        self.stop_training = False
        shown = [ProgressBar()] if verbose else []
        self.callbacks = sorted([*callbacks, *shown], key=lambda c: c.order)
        self._start_callbacks(resume)
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
            self._remember_callbacks()
        return self.history

    def evaluate(self, eval_data: Any, *, batch_size: int = EVALUATION_BATCH) -> dict[str, Any]:
        """The mean loss and the metrics over all samples: {"loss": ..., "accuracy": ...}."""
        _positive(batch_size=batch_size)
        data = checked(eval_data, self.net, self.loss, "eval_data")
        sums = self.evaluation_sums(*inputs_of(data, self.net, self.loss), batch_size)
        return results(sums, self.metrics)

    def predict(self, x: Any, *, batch_size: int = EVALUATION_BATCH) -> Any:
        """The network's outputs for all rows of x, as one NumPy array."""
        _positive(batch_size=batch_size)
        data = checked(x if isinstance(x, Dataset) else (x, None), self.net, None, "x")
        engine, state = self.engine(), self.state
        parts = [
            engine.outputs(state, engine.put(data.x[i : i + batch_size]))
            for i in range(0, len(data.x), batch_size)
        ]
        return np.concatenate(parts)

    def summary(self, input_size: tuple[int, ...] | None = None) -> Summary:
        """Layers, output shapes, parameters and multiply-adds for one input of this shape."""
        return summarise(self.net, input_size)

    def save(self, path: str | Path) -> Path:
        """Write a checkpoint, replacing an older one: parameters and all that training needs."""
        self._remember_callbacks()
        if self._plateau is not None:
            self.progress.plateau = self._plateau.state()
        file = checkpoint.file_of(path)
        tree = {
            **self.host_state(),
            "step_losses": np.asarray(self.step_losses, dtype=np.float32),
            "callbacks": self._kept_arrays,
        }
        about = {
            "network": repr(self.net),
            "optimizer": repr(self.optimizer),
            "seed": self.seed,
            "plan": None if self._plan is None else msgspec.to_builtins(self._plan),
            "progress": to_plain(msgspec.to_builtins(self.progress)),
            **self.about,
        }
        checkpoint.write(file, tree, about)
        return file

    def load(self, path: str | Path) -> Model:
        """Take over a checkpoint: parameters, optimizer, random key, progress.

        Raises CheckpointError if it is missing, damaged or of another network or optimizer.
        """
        tree, about = checkpoint.read(checkpoint.file_of(path))
        losses = tree.pop("step_losses", np.zeros(0))
        self._kept_arrays = tree.pop("callbacks", {})
        check_state(self.net, {**tree.get("params", {}), **tree.get("stats", {})})
        expected = initial_state(self.program(), self.seed)
        if checkpoint.flatten(tree).keys() != checkpoint.flatten(expected).keys():
            raise CheckpointError(
                "the checkpoint was made with the optimizer {found}, expected {expected}: "
                "prepare the model with the same optimizer, or take its weights alone "
                "with load_state_dict",
                found=about.get("optimizer"),
                expected=repr(self.optimizer),
            )
        self.seed = about["seed"]
        self.progress = msgspec.convert(from_plain(about["progress"]), Progress)
        self._plan = None if about["plan"] is None else msgspec.convert(about["plan"], Plan)
        self.step_losses = [float(v) for v in losses]
        if self._plateau is not None and self.progress.plateau:
            self._plateau.restore(self.progress.plateau)
        self._state = expected | tree
        self._placed = False
        return self

    @property
    def history(self) -> History:
        """What happened so far, epoch by epoch and step by step."""
        return History(list(self.progress.records), list(self.step_losses))

    @property
    def state(self) -> dict[str, Any]:
        """The state tree on the engine's device, drawn from the seed at first use."""
        if self._state is None:
            self._state, self._placed = initial_state(self.program(), self.seed), False
        if not self._placed:
            self._state, self._placed = self.engine().put(self._state), True
        return self._state

    @state.setter
    def state(self, tree: dict[str, Any]) -> None:
        self._state, self._placed = tree, True

    _placed = False

    def host_state(self) -> dict[str, Any]:
        """A copy of the state tree in NumPy arrays."""
        return tree_map(np.array, self.state)

    def state_dict(self) -> dict[str, Any]:
        """Parameters and running statistics by name, as NumPy arrays."""
        state = self.host_state()
        return {**state["params"], **state["stats"]}

    def load_state_dict(self, values: Mapping[str, Any]) -> None:
        """Take over parameters and running statistics; the optimizer goes on as it is."""
        check_state(self.net, values)
        state = self.host_state()
        for part in ("params", "stats"):
            state[part] = {k: np.asarray(values[k], dtype=np.float32) for k in state[part]}
        self._state, self._placed = state, False

    def program(self) -> Program:
        """What a step of this model computes."""
        metrics = tuple(self.metrics)
        return Program(
            self.net, self.loss, self.optimizer, metrics, self._transform, self._accumulate
        )

    def engine(self) -> Engine:
        """The engine, made once for each `prepare`, so that nothing is compiled twice."""
        if self._engine is None:
            self._engine = find_engine(self._engine_name, self.program(), self._device)
            self._placed = False
        return self._engine

    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        step = int(self.state["step"]) // self._accumulate
        return float(self.optimizer.rate(step)) * float(self.state["rate_scale"])

    def evaluation_sums(
        self, x: Any, target: Any, batch_size: int = EVALUATION_BATCH
    ) -> dict[str, Any]:
        """Sums of loss, weight and metrics over all samples, in evaluation mode."""
        engine, state, sums = self.engine(), self.state, Progress()
        for i in range(0, len(x), batch_size):
            rows = slice(i, i + batch_size)
            entry = engine.evaluate(state, engine.put(x[rows]), engine.put(target[rows]))
            sums.add({k: np.asarray(v)[None] for k, v in entry.items()})
        return sums.sums

    def after_epoch(self, record: dict[str, Any]) -> None:
        """Let the plateau schedule look at an epoch's record."""
        if self._plateau is None:
            return
        monitor = self._monitor or ("val_loss" if "val_loss" in record else "loss")
        if monitor not in record:
            raise unknown("monitor", monitor, record)
        self._plateau.observe(record[monitor])
        tree = self.host_state()
        tree["rate_scale"] = np.asarray(self._plateau.scale, dtype=np.float32)
        self._state, self._placed = tree, False

    def _check_plan(self, plan: Plan, resume: bool) -> None:
        if self._plan is None:
            return
        if resume:
            same_plan(self._plan, plan)
        elif self.progress.samples and self._plan != plan:
            self.progress.start_epoch()

    def _start_callbacks(self, resume: bool) -> None:
        for callback in self.callbacks:
            callback.set_model(self)
        for name, callback in _stateful(self.callbacks):
            if resume and name in self.progress.callbacks:
                callback.load_state_dict(self.progress.callbacks[name])
                if hasattr(callback, "load_arrays"):
                    callback.load_arrays(self._kept_arrays.get(name, {}))

    def _remember_callbacks(self) -> None:
        stateful = _stateful(self.callbacks)
        self.progress.callbacks = {name: c.state_dict() for name, c in stateful}
        self._kept_arrays = {name: c.arrays() for name, c in stateful if hasattr(c, "arrays")}


def _stateful(callbacks: Sequence[Any]) -> list[tuple[str, Any]]:
    """Callbacks that keep something, named by their class and their number within it."""
    found, counts = [], Counter[str]()
    for callback in callbacks:
        if hasattr(callback, "state_dict"):
            kind = type(callback).__name__
            found.append((f"{kind}-{counts[kind]}", callback))
            counts[kind] += 1
    return found


def _positive(**numbers: int) -> None:
    for name, value in numbers.items():
        if isinstance(value, bool) or int(value) != value or value < 1:
            raise UsageError(
                "expected {name} to be a whole number of 1 or more, found {found}",
                name=name,
                found=value,
            )
