"""The layers and parameters of a Paddle network under their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backprove.oracle.formulas_paddle import size


def layers(net: Any) -> list[tuple[str, Any]]:
    """Every layer once, under its first path."""
    return list(net.named_sublayers(include_self=True))


def parameters_of(net: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every registered parameter under every path that leads to it."""
    for name, parameter in net._parameters.items():
        if parameter is not None and not is_statistic(name, parameter):
            yield prefix + name, parameter
    for name, layer in net._sub_layers.items():
        if layer is not None:
            yield from parameters_of(layer, f"{prefix}{name}.")


def is_statistic(name: str, parameter: Any) -> bool:
    """The running statistics of batch normalisation, which Paddle registers as parameters."""
    return name in ("_mean", "_variance") and parameter.stop_gradient


def statistics(net: Any) -> int:
    return sum(
        size(p)
        for _, layer in layers(net)
        for name, p in layer._parameters.items()
        if p is not None and is_statistic(name, p)
    )
