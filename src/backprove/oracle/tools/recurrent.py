"""How ptflops and calflops count recurrent layers: the same, but for what a product costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

Product = Callable[[Any], int]
"""What a tool adds for a weight matrix and one vector."""


def _step(module: Any, product: Product, suffix: str) -> int:
    """One step of one sample: two products, both biases, and what joins the gates."""
    joined = {nn.RNN: 1, nn.RNNCell: 1, nn.GRU: 7, nn.GRUCell: 7, nn.LSTM: 10, nn.LSTMCell: 10}
    names = [f"weight_ih{suffix}", f"weight_hh{suffix}"]
    found = sum(product(getattr(module, name)) for name in names)
    found += joined[type(module)] * module.hidden_size
    if module.bias:
        found += sum(int(getattr(module, f"bias_{n}{suffix}").shape[0]) for n in ("ih", "hh"))
    return int(found)


def cell(module: Any, product: Product) -> int:
    """A step of a cell."""
    return _step(module, product, "")


def layers(module: Any, given: Any, product: Product) -> int:
    """All layers over all steps; a second way doubles them, although it reads both ways below."""
    found = sum(_step(module, product, f"_l{i}") for i in range(module.num_layers))
    return found * int(given.shape[0]) * int(given.shape[1]) * (2 if module.bidirectional else 1)
