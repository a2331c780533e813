"""What was seen while a training ran as it was given: plain numbers, part of a diagnosis."""

from __future__ import annotations

import math
from typing import Any

import msgspec

NAN = math.nan


class LayerState(msgspec.Struct):
    """A layer at one moment, on the probe rows.

    mean, std      of what it gives; low, high: range of its pre-activations
    silent         share of units that give 0 with slope 0 for every row
    saturated      share of (row, unit) where the slope is below 1 % of the steepest one
    weight_mean, weight_rms, distinct   of its weights; how many different units
    gradient       norm of the weight's gradient in the step before; exactly 0.0 if all of it is 0
    update_ratio   size of that step's change of the weight relative to the weight
    """

    mean: float = NAN
    std: float = NAN
    low: float = NAN
    high: float = NAN
    silent: float = 0.0
    saturated: float = 0.0
    weight_mean: float = NAN
    weight_rms: float = NAN
    distinct: int = 0
    gradient: float = NAN
    update_ratio: float = NAN


class LayerSeen(msgspec.Struct):
    """A layer at the start and at the last look; `silent_since` is the step from which on the
    share of silent units was never below the last one, None if none are silent.
    """

    name: str
    activation: str
    width: int
    start: LayerState
    end: LayerState
    silent_since: int | None = None


class Seen(msgspec.Struct):
    """The training as given, from its first seed.

    steps          so many were watched
    first_loss, last_loss; floors: what constant answers cost, by what they are; plateau: the one
                   whose cost the last loss has, "" if none
    sharpness      largest eigenvalue of the Hessian before the first step, end_sharpness after
                   the last one; stable: the largest stable learning rate at the start
    preconditioned the same after the last step as Adam sees it, and preconditioned_stable the
                   learning rate that it allows; NaN for other optimizers
    curvature, overshoot   the largest curvature along a step, and the largest ratio of a step to
                   the largest stable one; overshoot_step: when, counted from 1
    noise_scale    how many rows a batch needs for its gradient to be as large as its noise
    kill_predicted, kill_found   the largest share of the first layer's living units that one of
                   the first steps silenced on its batch, as computed before it and as it came
    data           what the rows say, by name
    """

    steps: int = 0
    learning_rate: float = NAN
    batch_size: int = 0
    first_loss: float = NAN
    last_loss: float = NAN
    floors: dict[str, float] = {}
    plateau: str = ""
    sharpness: float = NAN
    end_sharpness: float = NAN
    stable: float = NAN
    preconditioned: float = NAN
    preconditioned_stable: float = NAN
    curvature: float = NAN
    overshoot: float = NAN
    overshoot_step: int = 0
    noise_scale: float = NAN
    kill_predicted: float = NAN
    kill_found: float = NAN
    layers: list[LayerSeen] = []
    data: dict[str, Any] = {}
