"""How far a training run has come: all that is needed, beside the state, to go on exactly."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from backprove.errors import CheckpointError


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What fixes the order of the samples. A run can only be resumed with the same plan."""

    samples: int
    batch_size: int
    shuffle: bool
    drop_last: bool
    seed: int

    def order(self, epoch: int) -> Any:
        """The samples' order in one epoch: a permutation drawn from the seed and the epoch."""
        if not self.shuffle:
            return np.arange(self.samples, dtype=np.int32)
        rng = np.random.default_rng([self.seed, epoch])
        return rng.permutation(self.samples).astype(np.int32)

    @property
    def used(self) -> int:
        """How many samples an epoch uses."""
        whole = self.samples // self.batch_size * self.batch_size
        return whole if self.drop_last else self.samples

    @property
    def steps(self) -> int:
        """How many steps an epoch has."""
        return -(-self.used // self.batch_size)

    def stretch(self, done: int, most: int) -> tuple[int, int]:
        """(steps, batch size) of the next run of equal batches after `done` samples."""
        whole = (self.used - done) // self.batch_size
        if whole:
            return min(whole, most), self.batch_size
        return 1, self.used - done


class Progress(msgspec.Struct, forbid_unknown_fields=True):
    """The run so far.

    epoch     whole epochs done
    samples   samples done in the current epoch
    steps     steps done in all
    seconds   time spent in the current epoch
    sums      sums over the current epoch, by name
    records   one record for each epoch done
    callbacks what stateful callbacks keep, by name
    schedule  what a schedule keeps that watches a value
    """

    epoch: int = 0
    samples: int = 0
    steps: int = 0
    seconds: float = 0.0
    sums: dict[str, Any] = {}
    records: list[dict[str, Any]] = []
    callbacks: dict[str, Any] = {}
    schedule: dict[str, Any] = {}

    def add(self, logs: dict[str, Any]) -> None:
        """Add the logs of a run of steps, one step after the other, in float64.

        The result does not depend on how the steps were cut into runs.
        """
        weights = logs["weight"].astype(np.float64)
        values = {k: v.astype(np.float64) for k, v in logs.items() if k != "loss"}
        values["loss"] = logs["loss"].astype(np.float64) * weights
        for name, steps in values.items():
            total = np.asarray(self.sums.get(name, 0.0), dtype=np.float64)
            for value in steps:
                total = total + value
            self.sums[name] = total.tolist()

    def start_epoch(self) -> None:
        """Forget the sums of the epoch that has ended."""
        self.samples, self.seconds, self.sums = 0, 0.0, {}


def results(sums: dict[str, Any], metrics: Any, prefix: str = "") -> dict[str, Any]:
    """The mean loss and the metrics' values from their sums."""
    found: dict[str, Any] = {prefix + "loss": _ratio(sums["loss"], sums["weight"])}
    for metric in metrics:
        start = f"{metric.name}/"
        totals = {
            k[len(start) :]: np.asarray(v, dtype=np.float64)
            for k, v in sums.items()
            if k.startswith(start)
        }
        found[prefix + metric.name] = metric.result(totals)
    return found


def _ratio(total: float, weight: float) -> float:
    return float(total / weight) if weight else float("nan")


def same_plan(found: Plan, expected: Plan) -> None:
    """Raise CheckpointError unless a run is resumed with the plan that it began with."""
    for name in Plan.__struct_fields__:
        old, new = getattr(found, name), getattr(expected, name)
        if old != new:
            raise CheckpointError(
                "the run to resume was made with {name} = {old}, now it is {new}: "
                "resume with {old}, or start a new run",
                name=name,
                old=old,
                new=new,
            )
