"""Edits of the network between its input and its output."""

from __future__ import annotations

from typing import Any

from backprove.doctor.edits.edit import Edit, name_of
from backprove.doctor.spec import Spec
from backprove.train.config import Named


def activation(spec: Spec, named: Named) -> Edit:
    """Another activation in all hidden layers."""
    name = name_of(named)
    changes = {"network.activation": named, "network.activations": None}
    return Edit(f"activation={name}", "activation", changes, {"name": name})


def initializer(spec: Spec, named: Named) -> Edit:
    """Other first values of the weights, biases 0."""
    name = name_of(named)
    changes = {"network.initializer": named, "network.bias_initializer": None}
    return Edit(f"initializer={name}", "initializer", changes, {"name": name})


def batch_norm(spec: Spec) -> Edit:
    """Batch normalisation before every hidden activation."""
    return Edit("batch_norm", "normalization", {"network.normalization": "batch_norm_1d"})


def hidden_layers(spec: Spec, sizes: list[int]) -> Edit:
    """Other hidden layers, all with the activation of the first one (ReLU if there was none)."""
    layers, listed = spec.network.layers, spec.network.activations
    changes: dict[str, Any] = {"network.layers": [layers[0], *sizes, layers[-1]]}
    if listed is not None:
        first = listed[0] if listed else "relu"
        changes |= {"network.activations": None, "network.activation": first}
    shown = "-".join(map(str, sizes)) or "0"
    return Edit(f"hidden_layers={shown}", "hidden_layers", changes, {"sizes": shown})


def depth(spec: Spec, hidden: int) -> Edit:
    """So many hidden layers, as wide as the first one is."""
    layers = spec.network.layers
    return hidden_layers(spec, [layers[1] if len(layers) > 2 else layers[0]] * hidden)


def width(spec: Spec, factor: float) -> Edit:
    """All hidden layers so many times as wide, at least one unit."""
    return hidden_layers(spec, [max(1, round(n * factor)) for n in spec.network.layers[1:-1]])


def relu_he(spec: Spec) -> Edit:
    """ReLU in all hidden layers with the first weights that keep its signal."""
    changes = activation(spec, "relu").changes | initializer(spec, "he_normal").changes
    return Edit("relu_he", "relu_he", changes)


def no_dropout(spec: Spec) -> Edit:
    """No unit dropped."""
    return Edit("no_dropout", "no_dropout", {"network.dropout": 0.0, "network.input_dropout": 0.0})


def dropout(spec: Spec, share: float) -> Edit:
    """Another share of hidden units dropped, and none of the inputs."""
    changes = {"network.dropout": share, "network.input_dropout": 0.0}
    return Edit(f"dropout={share:g}", "dropout", changes, {"share": share})
