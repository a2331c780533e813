"""Targets that a framework differentiates: its own operators, its custom functions, its layers.

torch.autograd.Function and paddle PyLayer (by `apply`), nn.Module and nn.Layer, jax.custom_vjp,
and plain functions.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from backprove.errors import UsageError
from backprove.targets.runner import dtype_of
from backprove.targets.trial import Trial


class Function:
    """A function of arrays. `arguments` are those of its arguments that are no arrays."""

    protocol = "upstream"

    def __init__(
        self,
        call: Callable[..., Any],
        names: list[str],
        arguments: dict[str, Any],
        arrays: ModuleType,
        spelling: str,
        subject: Any = None,
    ) -> None:
        if not hasattr(arrays, "value_and_pull"):
            raise UsageError(
                "{name} is a NumPy function without a backward: write a class with forward and "
                "backward, or name both functions as FILE.py::forward,backward",
                name=getattr(call, "__name__", str(call)),
            )
        self.call, self.arrays, self.arguments = call, arrays, arguments
        self.inputs = tuple(n for n in names if n not in arguments)
        self.spelling, self.subject = spelling, call if subject is None else subject

    def parameters(self) -> dict[str, Any]:
        """None: whatever a function is given is an input."""
        return {}

    def forward(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """The value, and what gives the gradients."""
        named = {f"d{i}": x for i, x in enumerate(inputs)} | {
            f"d:{k}": v for k, v in values.items() if hasattr(v, "dtype")
        }
        plain = {k: v for k, v in values.items() if f"d:{k}" not in named}

        def run(arrays: dict[str, Any]) -> Any:
            own = [arrays[f"d{i}"] for i in range(len(inputs))]
            learned = {k[2:]: v for k, v in arrays.items() if k.startswith("d:")}
            return self.call(*own, **learned, **plain, **self.arguments)

        return self.arrays.value_and_pull(run, named, _asked(named, trial.wanted))

    def backward(self, saved: Any, dy: Any, labels: Any) -> dict[str, Any]:
        """The gradients of the floating arrays."""
        return {k: g for k, g in saved(dy).items() if g is not None}


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

        def run(arrays: dict[str, Any]) -> Any:
            return twin(*inputs)

        return self.arrays.value_and_pull(run, named, _asked(named, trial.wanted))

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


def _asked(named: dict[str, Any], wanted: str) -> set[str]:
    """The names whose gradients are asked for."""
    learned = {k for k in named if k.startswith("d:")}
    return {"all": set(named), "parameters": learned, "inputs": set(named) - learned}[wanted]


def applied(cls: Any) -> tuple[Callable[..., Any], list[str]]:
    """`cls.apply` with names: what forward asks for behind `ctx`, in its order.

    forward may be written with `ctx` first, or without it beside `setup_context`.
    """
    found = [
        p
        for p in inspect.signature(cls.forward).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    split = "setup_context" in vars(cls)
    found = found if split else found[1:]

    def call(*inputs: Any, **named: Any) -> Any:
        free = iter(inputs)
        given = []
        for p in found:
            if p.name in named:
                given.append(named[p.name])
            elif (value := next(free, p.default)) is not p.empty:
                given.append(value)
        return cls.apply(*given, *free)

    return call, [p.name for p in found if p.default is p.empty]


def required_names(call: Callable[..., Any]) -> list[str]:
    """The arguments of a function that have no default; none if Python cannot tell."""
    try:
        found = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return []
    return [
        p.name
        for p in found
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def custom_vjp_names(function: Any) -> list[str]:
    """The arguments of a jax.custom_vjp function."""
    return required_names(getattr(function, "fun", function)) or required_names(function)
