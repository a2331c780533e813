"""What a `Model` holds: how it trains, its state on the engine's device, its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from backprove import ops
from backprove.errors import UsageError, unknown
from backprove.lifted import as_op
from backprove.net import check_state
from backprove.optim import accumulate
from backprove.optim import optimizer as find_optimizer
from backprove.optim.schedules import Schedule
from backprove.train import saving
from backprove.train.engine import Engine
from backprove.train.engine import engine as find_engine
from backprove.train.inputs import refuse_unknown
from backprove.train.metrics import metric as find_metric
from backprove.train.metrics import settle
from backprove.train.progress import Plan, Progress
from backprove.train.step import Program, initial_state, tree_map

EVALUATION_BATCH = 1000


class Trainable:
    """The state of a model and what works on it; `Model` adds what users call."""

    def __init__(
        self,
        net: Any,
        *,
        engine: str = "jax",
        device: str = "cpu",
        precision: str = "float32",
        seed: int = 0,
    ) -> None:
        if seed < 0:
            raise UsageError("expected a seed of 0 or more, found {seed}", seed=seed)
        self.net = as_op(net)
        self.seed, self._engine_name, self._device = int(seed), engine, device
        self._precision = precision
        self.metrics: list[Any] = []
        self.stop_training = False
        self.progress = Progress()
        self.step_losses: list[float] = []
        self.callbacks: Sequence[Any] = ()
        self.about: dict[str, Any] = {}
        self.kept_arrays: dict[str, Any] = {}
        self.plan: Plan | None = None
        self._state: dict[str, Any] | None = None
        self._placed = False
        self._engine: Engine | None = None
        self.prepare()

    @refuse_unknown
    def prepare(
        self,
        optimizer: Any = "adam",
        loss: Any = "cross_entropy",
        metrics: Any = (),
        *,
        transforms: Callable[..., Any] | None = None,
        accumulate_grad_batches: int = 1,
        monitor: str | None = None,
    ) -> Self:
        """Choose how to train. Names ("adam", "cross_entropy", "accuracy") or objects.

        `transforms` is applied to every batch, in training and afterwards. `monitor` is the value
        that a ReduceOnPlateau schedule watches; without it val_loss, or loss where nothing is
        evaluated. Raises UsageError for unknown names. Parameters stay as they are; the optimizer
        starts anew.
        """
        chosen = find_optimizer(optimizer) if isinstance(optimizer, str) else optimizer
        every = accumulate_grad_batches
        self.optimizer = chosen if every == 1 else accumulate(chosen, every)
        self.loss = ops.operator(loss, "loss") if isinstance(loss, str) else as_op(loss)
        if getattr(self.loss, "reduction", "mean") == "none":
            raise UsageError(
                "expected a loss that is one number, found reduction='none': choose 'mean' or 'sum'"
            )
        listed = metrics if isinstance(metrics, list | tuple) else [metrics]
        found = (find_metric(m) if isinstance(m, str) else m for m in listed)
        self.metrics = [settle(m, type(self.loss).__name__) for m in found]
        self.transforms, self._monitor = transforms, monitor
        if self._state is not None:
            self.hold(initial_state(self.program(), self.seed, self.state_dict()))
        self._engine = None
        return self

    def save(self, path: str | Path) -> Path:
        """Write a checkpoint, replacing an older one: parameters and all that training needs."""
        return saving.save(self, path)

    def load(self, path: str | Path) -> Self:
        """Take over a checkpoint: parameters, optimizer, random key, progress.

        Raises CheckpointError if it is missing, damaged or of another network or optimizer.
        """
        saving.load(self, path)
        return self

    @property
    def state(self) -> dict[str, Any]:
        """The state tree on the engine's device, drawn from the seed at first use."""
        tree = self._state
        if tree is None:
            tree, self._placed = initial_state(self.program(), self.seed), False
        if not self._placed:
            tree = self.engine().put(tree)
        self._state, self._placed = tree, True
        return tree

    @state.setter
    def state(self, tree: dict[str, Any]) -> None:
        self._state, self._placed = tree, True

    def hold(self, tree: dict[str, Any]) -> None:
        """Take over a state tree of NumPy arrays, to be put on the device when it is needed."""
        self._state, self._placed = tree, False

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
        self.hold(state)

    def program(self) -> Program:
        """What a step of this model computes."""
        return Program(self.net, self.loss, self.optimizer, tuple(self.metrics), self.transforms)

    def engine(self) -> Engine:
        """The engine, made once for each `prepare`, so that nothing is compiled twice."""
        if self._engine is None:
            self._engine = find_engine(
                self._engine_name, self.program(), self._device, self._precision
            )
            self._placed = False
        return self._engine

    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        step = int(self.state["step"])
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
        """Let a schedule that watches a value (ReduceOnPlateau) look at an epoch's record."""
        schedule = self.schedule
        monitor = self._monitor or ("val_loss" if "val_loss" in record else "loss")
        if monitor not in record:
            raise unknown("monitor", monitor, record)
        if schedule.observe(record[monitor]):
            tree = self.host_state()
            tree["rate_scale"] = np.asarray(schedule.scale, dtype=np.float32)
            self.hold(tree)

    @property
    def schedule(self) -> Schedule:
        """The schedule of the learning rate."""
        inner = getattr(self.optimizer, "optimizer", self.optimizer)
        found: Schedule = inner.schedule
        return found
