"""Layers of PyTorch and Paddle: nn.Module and nn.Layer, a framework's own or a learner's."""

from __future__ import annotations

import copy
import inspect
from types import ModuleType
from typing import Any

from backprove.errors import UsageError
from backprove.targets.automatic import asked
from backprove.targets.runner import dtype_of
from backprove.targets.trial import Trial


class Layer:
    """An nn.Module or nn.Layer; each run works on a copy in the dtype of the inputs."""

    protocol = "upstream"
    spelling = "layer"

    def __init__(self, layer: Any, arrays: ModuleType) -> None:
        self.subject, self.arrays = layer, arrays
        self.inputs = tuple(
            p.name
            for p in inspect.signature(layer.forward).parameters.values()
            if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        )

    def parameters(self) -> dict[str, Any]:
        """The parameters by their dotted names, `_weight` of Paddle's layers as weight."""
        return {k: self.arrays.plain(p) for k, p in named_parameters(self.subject).items()}

    def forward(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """The value, and what gives the gradients of inputs and parameters."""
        named, run = self.second(inputs, values, trial)
        return self.arrays.value_and_pull(run, named, asked(named, trial.wanted))

    def second(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """The arrays by the names of their gradients, and the copy as a function of them."""
        twin = copy.deepcopy(self.subject)
        if dtype := dtype_of(inputs):
            twin = twin.to(dtype=self.arrays.dtype(dtype))
        if "training" in values:
            (twin.train if values["training"] else twin.eval)()
        own = named_parameters(twin)
        for name in values:
            if name not in own and name != "training":
                raise UsageError(
                    "the layer has no parameter {name}; it has {known}",
                    name=name,
                    known=", ".join(own) or "none",
                )
        for name, parameter in own.items():
            if name in values:
                _set(parameter, values[name])
        named = {f"d{i}": x for i, x in enumerate(inputs)} | {f"d:{k}": p for k, p in own.items()}
        return named, lambda arrays: twin(*inputs)

    def backward(self, saved: Any, dy: Any, labels: Any) -> dict[str, Any]:
        """The gradients of inputs and parameters."""
        return {k: g for k, g in saved(dy).items() if g is not None}


def named_parameters(layer: Any) -> dict[str, Any]:
    """A layer's parameters by name, without the underscores that names begin with."""
    found = dict(layer.named_parameters())
    plain = {k: ".".join(part.lstrip("_") for part in k.split(".")) for k in found}
    return {plain[k] if list(plain.values()).count(plain[k]) == 1 else k: found[k] for k in found}


def _set(parameter: Any, value: Any) -> None:
    """Write a value into a layer's parameter."""
    if hasattr(parameter, "set_value"):
        parameter.set_value(value)
    else:
        parameter.data = value.to(parameter.dtype)
