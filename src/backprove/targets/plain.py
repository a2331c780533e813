"""A function that only has a value: a definition that others are held against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprove.errors import UsageError
from backprove.targets.constructor import parameters
from backprove.targets.trial import Trial


class Plain:
    """A plain function. Its arguments that are no arrays are settings, those left are inputs."""

    protocol = "upstream"
    spelling = "definition"

    def __init__(self, call: Callable[..., Any], arguments: dict[str, Any]) -> None:
        found = parameters(call)
        known = [p.name for p in found]
        self.call = self.subject = call
        self.arguments = {k: v for k, v in arguments.items() if k in known}
        self.inputs = tuple(
            p.name for p in found if p.default is p.empty and p.name not in self.arguments
        )

    def parameters(self) -> dict[str, Any]:
        """None: whatever a function is given is an input."""
        return {}

    def forward(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """The value, with nothing kept."""
        return self.call(*inputs, **values, **self.arguments), None

    def backward(self, saved: Any, dy: Any, labels: Any) -> dict[str, Any]:
        """There is none. Raises UsageError."""
        raise UsageError("{name} is a definition: it has no backward", name=self.call.__name__)
