"""Targets that a framework differentiates: its own functions and custom ones.

torch.autograd.Function and paddle PyLayer (by `apply`), jax.custom_vjp, and plain functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from backprove.errors import UsageError
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
        named, run = self._named(inputs, values)
        return self.arrays.value_and_pull(run, named, asked(named, trial.wanted))

    def _named(
        self, inputs: list[Any], values: dict[str, Any]
    ) -> tuple[dict[str, Any], Callable[[dict[str, Any]], Any]]:
        """The arrays by the names of their gradients, and the function of them."""
        named = {f"d{i}": x for i, x in enumerate(inputs)} | {
            f"d:{k}": v for k, v in values.items() if hasattr(v, "dtype")
        }
        plain = {k: v for k, v in values.items() if f"d:{k}" not in named}

        def run(arrays: dict[str, Any]) -> Any:
            own = [arrays[f"d{i}"] for i in range(len(inputs))]
            learned = {k[2:]: v for k, v in arrays.items() if k.startswith("d:")}
            return self.call(*own, **learned, **plain, **self.arguments)

        return named, run

    def second(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """The arrays by the names of their gradients, and the function to differentiate twice."""
        return self._named(inputs, values)

    def backward(self, saved: Any, dy: Any, labels: Any) -> dict[str, Any]:
        """The gradients of the floating arrays."""
        return {k: g for k, g in saved(dy).items() if g is not None}


def asked(named: dict[str, Any], wanted: str) -> set[str]:
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
