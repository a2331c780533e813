"""What all kinds of targets look like to a trial: names, forward, backward."""

from __future__ import annotations

from typing import Any, Protocol

from backprove.arrays import dtype_name, is_floating
from backprove.targets.trial import Trial


class Runner(Protocol):
    """An operator that was made with certain arguments, over one array library.

    `spelling` says how it is written, `protocol` what its backward begins with. `forward` gives
    the output and what `backward` needs; `backward` gives gradients as "d0" and "d:weight".
    """

    spelling: str
    protocol: str
    inputs: tuple[str, ...]
    subject: Any

    def parameters(self) -> dict[str, Any]: ...
    def forward(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any: ...
    def backward(self, saved: Any, dy: Any, labels: Any) -> dict[str, Any]: ...


def by_place(gradients: Any) -> dict[str, Any]:
    """Gradients of the inputs as "d0", "d1" ..., without those that are None."""
    return {f"d{i}": g for i, g in enumerate(gradients) if g is not None}


def dtype_of(inputs: list[Any]) -> str:
    """The name of the dtype of the first floating input; "" if there is none."""
    return next((dtype_name(x) for x in inputs if is_floating(x)), "")
