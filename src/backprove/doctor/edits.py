"""Single changes of a configuration, as data: what a re-run tries.

An edit touches one thing: the learning rate, the activation, the initialisation ... Each function
here makes one for a given configuration. `combined` puts edits together, for causes that act in
series.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import msgspec

from backprove.doctor.spec import Spec
from backprove.messages import render
from backprove.train.config import Named

PHRASES = {
    "placebo": "nothing but other seeds",
    "learning_rate": "learning rate {rate:g}",
    "activation": "{name} in the hidden layers",
    "initializer": "{name} first weights",
    "normalization": "batch normalisation before the hidden activations",
    "optimizer": "{name} with learning rate {rate:g}",
    "clipping": "gradients clipped to the norm {limit:g}",
    "hidden_layers": "hidden layers {sizes}",
    "longer": "{factor} times as many steps",
    "batch_size": "batches of {size}",
    "scale_inputs": "standardised inputs",
    "scale_targets": "standardised targets",
    "weight_decay": "penalty {value:g}",
    "no_dropout": "no dropout",
}
"""What people read, an English template for each kind of edit."""

MASKING = frozenset({"normalization", "optimizer", "clipping"})
"""Kinds that cure many causes, and so prove little by themselves."""


class Edit(msgspec.Struct, frozen=True):
    """A change: `changes` maps dotted keys to values, None takes a key away.

    id names it in results, kind says what it touches, params fill the kind's phrase. A combined
    edit has the kind "combined" and its parts.
    """

    id: str
    kind: str
    changes: dict[str, Any]
    params: dict[str, Any] = {}
    parts: tuple[Edit, ...] = ()

    @property
    def masking(self) -> bool:
        """Whether this or a part of it cures many causes."""
        return self.kind in MASKING or any(part.masking for part in self.parts)

    def __str__(self) -> str:
        if self.parts:
            return " + ".join(map(str, self.parts))
        return render(PHRASES[self.kind], **self.params)


def combined(*parts: Edit) -> Edit:
    """Several edits at once; where they touch the same key, the later one counts."""
    flat = tuple(p for part in parts for p in (part.parts or (part,)))
    changes: dict[str, Any] = reduce(lambda a, b: a | b.changes, flat, {})
    return Edit("+".join(p.id for p in flat), "combined", changes, parts=flat)


def placebo(spec: Spec) -> Edit:
    """Nothing changed: run it with other seeds."""
    return Edit("placebo", "placebo", {})


def learning_rate(spec: Spec, value: float) -> Edit:
    """Another learning rate, to three digits; a schedule is kept."""
    rate = float(f"{value:.3g}")
    changes = {"training.learning_rate": rate}
    return Edit(f"learning_rate={rate:g}", "learning_rate", changes, {"rate": rate})


def activation(spec: Spec, named: Named) -> Edit:
    """Another activation in all hidden layers."""
    name = _name(named)
    changes = {"network.activation": named, "network.activations": None}
    return Edit(f"activation={name}", "activation", changes, {"name": name})


def initializer(spec: Spec, named: Named) -> Edit:
    """Other first values of the weights, biases 0."""
    name = _name(named)
    changes = {"network.initializer": named, "network.bias_initializer": None}
    return Edit(f"initializer={name}", "initializer", changes, {"name": name})


def batch_norm(spec: Spec) -> Edit:
    """Batch normalisation before every hidden activation."""
    return Edit("batch_norm", "normalization", {"network.normalization": "batch_norm_1d"})


def optimizer(spec: Spec, named: Named, rate: float) -> Edit:
    """Another optimizer with a learning rate of its own."""
    name, params = _name(named), {"name": _name(named), "rate": rate}
    changes = {"training.optimizer": named, "training.learning_rate": rate}
    return Edit(f"optimizer={name},{rate:g}", "optimizer", changes, params)


def clip_norm(spec: Spec, limit: float) -> Edit:
    """Gradients clipped to a global norm."""
    changes = {"training.clip_norm": limit, "training.clip_value": None}
    return Edit(f"clip_norm={limit:g}", "clipping", changes, {"limit": limit})


def hidden_layers(spec: Spec, sizes: list[int]) -> Edit:
    """Other hidden layers, all with the activation of the first one."""
    layers, listed = spec.network.layers, spec.network.activations
    changes: dict[str, Any] = {"network.layers": [layers[0], *sizes, layers[-1]]}
    if listed is not None:
        first = listed[0] if listed else spec.network.activation
        changes |= {"network.activations": None, "network.activation": first}
    shown = "-".join(map(str, sizes)) or "0"
    return Edit(f"hidden_layers={shown}", "hidden_layers", changes, {"sizes": shown})


def longer(spec: Spec, factor: int) -> Edit:
    """So many times as many epochs, and steps where they are limited."""
    changes = {"training.epochs": spec.training.epochs * factor}
    if spec.training.steps is not None:
        changes["training.steps"] = spec.training.steps * factor
    return Edit(f"longer={factor}", "longer", changes, {"factor": factor})


def batch_size(spec: Spec, size: int) -> Edit:
    """Another batch size with as many epochs."""
    changes = {"training.batch_size": size}
    return Edit(f"batch_size={size}", "batch_size", changes, {"size": size})


def scale_inputs(spec: Spec, named: Named = "standard") -> Edit:
    """Inputs scaled by what the training rows say; transforms fall away."""
    changes: dict[str, Any] = {"data.scale_inputs": named, "data.transforms": []}
    return Edit(f"scale_inputs={_name(named)}", "scale_inputs", changes)


def scale_targets(spec: Spec, named: Named = "standard") -> Edit:
    """Targets scaled by what the training rows say."""
    return Edit(f"scale_targets={_name(named)}", "scale_targets", {"data.scale_targets": named})


def weight_decay(spec: Spec, value: float = 0.0) -> Edit:
    """Another penalty on the weights."""
    changes = {"training.weight_decay": value}
    return Edit(f"weight_decay={value:g}", "weight_decay", changes, {"value": value})


def no_dropout(spec: Spec) -> Edit:
    """No unit dropped."""
    return Edit("no_dropout", "no_dropout", {"network.dropout": 0.0, "network.input_dropout": 0.0})


def _name(named: Named) -> str:
    return named if isinstance(named, str) else str(named["name"])
