"""A pair of functions, forward and backward, whose arguments are told apart by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprove.errors import ContractError
from backprove.targets.automatic import required_names
from backprove.targets.constructor import parameters
from backprove.targets.runner import by_place
from backprove.targets.trial import Trial

UPSTREAM = (
    "dy", "dout", "d_out", "dz", "da", "grad", "grads", "gradient", "g", "dl_dy", "delta",
    "grad_output", "grad_outputs", "output_grad", "outputs_grad", "outputs_grads", "upstream",
    "cotangent", "ct",
)  # fmt: skip
OUTPUT = ("y", "out", "output", "outputs", "y_out")
CACHE = ("cache", "ctx", "saved", "residuals", "res", "memory", "context", "stored")


class Pair:
    """`y = forward(x)` or `y, cache = forward(x)`, and a backward that asks for what it needs.

    backward may name forward's inputs, the output (y, out), what forward returned beside it
    (cache, saved, res), and the upstream gradient (dy, grad, dout ...). Raises ContractError if
    an argument cannot be read.
    """

    spelling = "pair"
    protocol = "upstream"

    def __init__(
        self, forward: Callable[..., Any], backward: Callable[..., Any], arguments: dict[str, Any]
    ) -> None:
        self.subject, self._forward, self._backward = backward, forward, backward
        names = [p.name for p in parameters(forward)]
        self._own = {k: v for k, v in arguments.items() if k in names}
        self.inputs = tuple(n for n in required_names(forward) if n not in arguments)
        known = [p.name for p in parameters(backward)]
        self._given = {k: v for k, v in arguments.items() if k in known}
        wanted = [n for n in required_names(backward) if n not in self._given]
        self.roles = self._read(wanted, names)

    def _read(self, wanted: list[str], names: list[str]) -> dict[str, str]:
        """What each argument of backward stands for: "input", "y", "cache" or "dy"."""
        roles = {}
        for name in wanted:
            word = name.lower()
            roles[name] = (
                "input" if name in names
                else "dy" if word in UPSTREAM
                else "y" if word in OUTPUT
                else "cache" if word in CACHE
                else ""
            )  # fmt: skip
        unread = [n for n, role in roles.items() if not role]
        for role in ("dy", "cache"):
            if unread and role not in roles.values():
                roles[unread.pop(0)] = role
        if unread or "dy" not in roles.values():
            raise ContractError(
                "{name}({arguments}) cannot be read: name the upstream gradient dy, and what "
                "backward needs as in forward ({known}), y for its output, or cache for what "
                "forward returns beside it",
                name=getattr(self._backward, "__name__", "backward"),
                arguments=", ".join(wanted),
                known=", ".join(names),
            )
        return roles

    def parameters(self) -> dict[str, Any]:
        """None: whatever a function is given is an input."""
        return {}

    def forward(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """The output, and everything that backward may ask for."""
        found = self._forward(*inputs, **values, **self._own)
        cache = None
        if isinstance(found, tuple) and len(found) == 2 and "cache" in self.roles.values():
            found, cache = found
        named = {**dict(zip(self.inputs, inputs, strict=False)), **values}
        return found, {"input": {**self._own, **named}, "y": found, "cache": cache}

    def backward(self, saved: Any, dy: Any, labels: Any) -> dict[str, Any]:
        """The gradients, of inputs by place and of others by name."""
        have = {**saved, "dy": dy}
        given = {n: have[r][n] if r == "input" else have[r] for n, r in self.roles.items()}
        found = self._backward(*given.values(), **self._given)
        parts = list(found) if isinstance(found, tuple | list) else [found]
        named = parts.pop() if parts and isinstance(parts[-1], dict) else {}
        gradients = by_place(parts)
        for name, gradient in named.items():
            plain = name[1:].lstrip("_") if name.startswith("d") else name
            known = plain if plain in self.inputs else name
            key = f"d{self.inputs.index(known)}" if known in self.inputs else f"d:{known}"
            gradients[key] = gradient
        return {k: g for k, g in gradients.items() if g is not None}
