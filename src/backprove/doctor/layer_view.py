"""A layer in numbers: from the arrays of one moment to a `LayerRecord`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backprove.doctor.layers import Layer, Values
from backprove.doctor.slopes import saturated_share, silent_units
from backprove.doctor.trace import LayerRecord, Record

Tree = dict[str, Any]

SAFE = (1e-20, 1e30)
"""Between these an inner product in float32 has lost nothing to its range."""


def network_view(
    step: int, values: list[Values], params: Tree, gradients: Tree, changes: Tree
) -> Record:
    """The record of all layers; gradients and changes are those of the step before, if any."""
    layers = [layer_view(v, params, gradients, changes) for v in values]
    if not values:
        return Record(step, layers)
    out = np.asarray(values[-1].after, dtype=np.float64)
    with np.errstate(all="ignore"):
        spread = float(np.max(np.std(out, axis=0), initial=0.0))
        return Record(step, layers, spread, float(np.min(out)), float(np.max(out)))


def layer_view(values: Values, params: Tree, gradients: Tree, changes: Tree) -> LayerRecord:
    """One layer: `values` are its pre-activations and outputs on the probe rows."""
    layer, z, a = values
    with np.errstate(all="ignore"):
        return LayerRecord(
            name=layer.linear, activation=layer.kind, width=layer.fan_out,
            mean=float(np.mean(a)), std=float(np.std(a)), rms=rms(a),
            low=float(np.min(z)), high=float(np.max(z)), pre_rms=rms(z),
            silent=float(np.mean(silent_units(layer.kind, z, a))),
            saturated=saturated_share(layer.kind, z, a),
            **_weights(layer, params, gradients, changes),
        )  # fmt: skip


def _weights(layer: Layer, params: Tree, gradients: Tree, changes: Tree) -> dict[str, Any]:
    weight = np.asarray(params[layer.weight])
    found: dict[str, Any] = {
        "weight_rms": rms(weight),
        "weight_mean": float(np.mean(weight)),
        "distinct": distinct(weight),
    }
    if layer.weight in gradients:
        found["gradient"] = norm(gradients[layer.weight])
        found["update"] = rms(changes[layer.weight])
    return found


def distinct(weight: np.ndarray) -> int:
    """1 if all units are equal, else the number of units (equal pairs are not looked for)."""
    flat = weight.reshape(-1, weight.shape[-1])
    return 1 if bool(np.all(flat == flat[:, :1])) else flat.shape[1]


def rms(values: Any) -> float:
    """The root mean square in float64."""
    flat = np.asarray(values).ravel()
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(flat, dtype=np.float64)))) if flat.size else math.nan


def norm(values: Any) -> float:
    """The Euclidean norm; 0.0 only if every entry is exactly 0."""
    return math.sqrt(inner(values, values))


def inner(a: Any, b: Any) -> float:
    """The inner product of two arrays: in their own precision, in float64 where that ends."""
    a, b = np.asarray(a).ravel(), np.asarray(b).ravel()
    with np.errstate(all="ignore"):
        found = float(np.dot(a, b))
        if SAFE[0] < abs(found) < SAFE[1]:
            return found
        return float(np.dot(a.astype(np.float64), b.astype(np.float64)))
