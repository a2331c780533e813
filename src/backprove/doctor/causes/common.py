"""What several causes ask of a configuration and a trace."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backprove.doctor import edits
from backprove.doctor.edits import Edit
from backprove.doctor.facts import Facts
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.train.config import Named

RECTIFIED = frozenset({"relu", "relu6", "thresholdedrelu"})
SQUASHING = frozenset({"sigmoid", "tanh", "hardsigmoid", "hardtanh", "softsign"})
LINEAR = frozenset({"", "identity", "linear", "none"})


FOR_CLASSES = frozenset({"crossentropy", "clippedcrossentropy", "nll", "nllloss"})
FOR_YES_NO = frozenset({"bce", "bcewithlogits", "clippedbce", "hinge"})
FOR_NUMBERS = frozenset({"mse", "l1", "mae", "huber", "smoothl1"})
"""Losses by the kind of target that they are made for."""


def name_of(named: Named | None) -> str:
    """The name in a name or a table with a name, in small letters alone; "" for none."""
    if named is None:
        return ""
    name = named if isinstance(named, str) else str(named.get("name", ""))
    return name.lower().replace("_", "").replace("-", "")


def hidden_names(spec: Spec) -> list[str]:
    """The names of the hidden activations, one a hidden layer."""
    network = spec.network
    count = len(network.layers) - 2
    listed = network.activations
    named = listed if listed is not None else [network.activation] * count
    return [name_of(one) for one in named][:count]


def output_name(spec: Spec) -> str:
    """The name of the activation behind the last layer; "" for none."""
    name = name_of(spec.network.output)
    return "" if name in LINEAR else name


def rectified(spec: Spec) -> bool:
    """Whether a hidden activation can be exactly flat at 0."""
    return any(name in RECTIFIED for name in hidden_names(spec))


def round_rate(value: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten."""
    if not (value > 0 and math.isfinite(value)):
        return value
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1.0, 2.0, 5.0, 10.0)
    return float(f"{min(steps, key=lambda s: abs(math.log(value / (s * power)))) * power:.3g}")


def rates(spec: Spec, values: Sequence[float]) -> list[Edit]:
    """Edits of the learning rate to rounded values, each once, never the present one."""
    found: dict[float, Edit] = {}
    for value in map(round_rate, values):
        if value not in found and not math.isclose(value, spec.training.learning_rate):
            found[value] = edits.learning_rate(spec, value)
    return list(found.values())


def usual_start(spec: Spec) -> str:
    """The initialisation that fits the hidden activation: He for rectifiers, else Glorot."""
    names = hidden_names(spec)
    fits_he = any("relu" in n or n in ("gelu", "silu", "elu", "mish", "softplus") for n in names)
    return "he_normal" if fits_he else "xavier_uniform"


def fell(trace: Trace) -> float:
    """How far the loss came down: 1 - last / first; 0 for a run that broke."""
    if trace.broken is not None or not trace.losses or not trace.losses[0] > 0:
        return 0.0
    return 1 - trace.final_loss / trace.losses[0]


def fitting_head(spec: Spec, facts: Facts) -> Edit:
    """Outputs, output activation and loss that fit the targets."""
    if facts.kind == "classes" or facts.integers:
        return edits.head(spec, "classes", max(2, facts.classes))
    return edits.head(spec, facts.kind, facts.y_columns)
