"""What a tool is: its rules for layers and functions, and how it adds them up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

Layer = Callable[[Any, Any, Any], int | float]
"""What a tool adds for a call of a layer: (module, its positional inputs, its output)."""
Function = Callable[..., tuple[int | float, int]]
"""What a tool adds for a call of a function, with its arguments: (amount, multiply-adds)."""


@dataclass(frozen=True)
class Rules:
    """A tool's way to count PyTorch's networks.

    layers      by exact class; subclasses count nothing
    functions   by owner ("functional", "torch", "Tensor") and name: what the tool puts in place
    repeated    whether a layer that lies under two parents is watched twice
    whole       layers within a layer that has a rule are not added, and functions are added apart
    sample      whether the tool makes its own input of one sample
    grad        whether gradients are on while it runs the network
    """

    layers: dict[type, Layer]
    functions: dict[str, dict[str, Function]] = field(default_factory=dict)
    repeated: bool = False
    whole: bool = True
    sample: bool = False
    grad: bool = True


def kinds(nn: Any, names: str, rule: Layer) -> dict[type, Layer]:
    """One rule for the layers of these names in a library's `nn`."""
    return {getattr(nn, name): rule for name in names.split()}


def size(tensor: Any) -> int:
    """The number of elements."""
    return int(tensor.numel())


def elements(input: Any, *args: Any, **kwargs: Any) -> tuple[int, int]:
    """One for each element of the input."""
    return size(input), 0


def pair(input: Any, other: Any, *args: Any, **kwargs: Any) -> tuple[int, int]:
    """One for each element of a sum or product; shapes of other lengths are set side by side
    from the first axis on, as these tools do."""
    shapes = [tuple(v.shape) for v in (input, other) if hasattr(v, "shape")]
    longest = max((len(s) for s in shapes), default=0)
    filled = [s + (1,) * (longest - len(s)) for s in shapes]
    return prod(max(lengths) for lengths in zip(*filled, strict=True)), 0


def einsum_flop(equation: str, shapes: list[tuple[int, ...]]) -> float:
    """What NumPy's best path says of a product of indices, rounded as NumPy prints it."""
    arrays = [np.broadcast_to(np.zeros(()), shape) for shape in shapes]
    lines = np.einsum_path(equation, *arrays, optimize="optimal")[1].split("\n")
    line = next(line for line in lines if "optimized flop" in line.lower())
    return float(line.rpartition(":")[2])
