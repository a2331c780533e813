"""What was seen of one training: numbers by step and layer, plain data that can be sent as JSON.

A `Trace` holds the loss of every step, `Record`s of sampled steps with one `LayerRecord` for each
linear layer and what follows it, and `StepRecord`s of the steps whose curvature was measured.
"""

from __future__ import annotations

from typing import Any

import msgspec

from backprove.doctor.views import NAN, HeadView, UpdateView


class LayerRecord(msgspec.Struct, frozen=True):
    """One linear layer and its activation on the probe rows, before a step.

    mean, std, rms   of the layer's output after the activation
    low, high        range of the pre-activation; pre_rms its root mean square
    silent           share of units whose activation is flat and 0 for every probe row
    saturated        share of (row, unit) where the slope is below 1 % of the steepest one
    weight_rms, weight_mean, distinct (how many different units)
    gradient         norm of the gradient of the layer's weight in the step before; 0.0 if exactly 0
    update           root mean square of the change of the weight by the step before
    """

    name: str
    activation: str
    width: int
    mean: float = NAN
    std: float = NAN
    rms: float = NAN
    low: float = NAN
    high: float = NAN
    pre_rms: float = NAN
    silent: float = 0.0
    saturated: float = 0.0
    weight_rms: float = NAN
    weight_mean: float = NAN
    distinct: int = 0
    gradient: float = NAN
    update: float = NAN

    @property
    def update_ratio(self) -> float:
        """The norm of one step's change of the weight relative to the weight's own."""
        return self.update / self.weight_rms if self.weight_rms > 0 else NAN


class Record(msgspec.Struct, frozen=True):
    """All layers before step `step`, and the network's outputs on the probe rows.

    spread is the largest standard deviation of an output column over the rows, `low` and `high`
    the range of all outputs.
    """

    step: int
    layers: list[LayerRecord]
    spread: float = NAN
    low: float = NAN
    high: float = NAN

    @property
    def silent(self) -> float:
        """The share of all hidden units that are silent for every probe row."""
        hidden = self.layers[:-1]
        total = sum(layer.width for layer in hidden)
        return sum(layer.silent * layer.width for layer in hidden) / total if total else 0.0

    @property
    def dead_layer(self) -> bool:
        """Whether some layer is silent as a whole."""
        return any(layer.silent == 1.0 for layer in self.layers)


class StepRecord(msgspec.Struct, frozen=True):
    """One step on its own batch: d is the change of all parameters, g the gradient before it.

    kappa       d^T H d / |d|^2, for plain gradient descent the curvature along the gradient
    overshoot   d^T H d / (-2 g^T d): above 1 the quadratic model rises by this step; for plain
                gradient descent it is learning rate times kappa / 2
    slope       g^T d, negative for a step downhill
    before, after  the loss on this batch
    """

    step: int
    rate: float
    kappa: float
    overshoot: float
    slope: float
    gradient: float
    update: float
    before: float
    after: float


class Broken(msgspec.Struct, frozen=True):
    """Where NaN or infinity appeared first: step, place and the range of what went in."""

    step: int
    place: str
    operator: str
    low: float
    high: float


class Kill(msgspec.Struct, frozen=True):
    """One step in the first layer: the share of its living units that it silences on its batch.

    predicted is what `theory.killing_step` says before the step, found what came out.
    """

    step: int
    predicted: float
    found: float


class Trace(msgspec.Struct):
    """Everything that was seen of one training from one seed.

    sharpness is the largest eigenvalue of the Hessian before the first step, end_sharpness after
    the last one, and preconditioned the same after the last one as Adam sees it; noise_scale the
    ratio tr(Sigma) / |G|^2 of the gradient's noise at the start; all NaN if not measured. floors
    are the losses of constant answers, see `plateaus`.
    """

    seed: int
    steps: int
    losses: list[float]
    records: list[Record]
    curvature: list[StepRecord]
    broken: Broken | None = None
    metric: float = NAN
    held_out: float | None = None
    first_metric: float = NAN
    sharpness: float = NAN
    noise_scale: float = NAN
    batch_size: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    head: HeadView = HeadView()
    updates: UpdateView = UpdateView()
    end_sharpness: float = NAN
    preconditioned: float = NAN
    floors: dict[str, float] = {}
    kills: list[Kill] = []

    @property
    def first(self) -> Record:
        """The network before its first step."""
        return self.records[0]

    @property
    def last(self) -> Record:
        """The network as it was seen last."""
        return self.records[-1]

    @property
    def final_loss(self) -> float:
        """The mean loss of the last twentieth of the steps, at least one; NaN if it broke."""
        if self.broken is not None or not self.losses:
            return NAN
        last = self.losses[-max(1, len(self.losses) // 20) :]
        return sum(last) / len(last)

    def to_json(self) -> dict[str, Any]:
        """The trace as plain data; NaN and infinity stay floats."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Trace:
        """Read what `to_json` gave."""
        return msgspec.convert(data, cls)
