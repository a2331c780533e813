"""Paddle tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import paddle

from backprove.targets.adapters import numpy as base

version = str(paddle.__version__)


def place(x: Any, layout: str = "plain") -> Any:
    """A tensor of its own; strided where the elements allow it."""
    t = _tensor(x)
    if layout in ("strided", "fortran") and t.ndim and t.size:
        pair = paddle.stack([t, t], -1)
        return paddle.as_strided(pair, list(t.shape), pair.strides[:-1])
    return t


def _tensor(x: Any) -> Any:
    x = np.asarray(x)
    if x.dtype.name == "bfloat16":
        return paddle.to_tensor(x.astype("float32")).astype("bfloat16")
    if x.dtype.kind == "u" and x.dtype.itemsize > 1:
        x = x.astype(np.int64)
    return paddle.to_tensor(np.array(x))


def plain(t: Any) -> Any:
    """The NumPy array of a tensor, or of what was returned in its place."""
    if not isinstance(t, paddle.Tensor):
        return np.asarray(t)
    t = t.detach()
    return np.array((t.astype("float32") if t.dtype == paddle.bfloat16 else t).numpy())


def shares(a: Any, b: Any) -> bool:
    """Whether they lie in one buffer."""
    if not (isinstance(a, paddle.Tensor) and isinstance(b, paddle.Tensor)):
        return base.shares(a, b)
    return bool(a.size and b.size and a._is_shared_buffer_with(b))


def value_and_pull(
    call: Callable[[dict[str, Any]], Any], arrays: dict[str, Any], wanted: Any
) -> tuple[Any, Callable[[Any], dict[str, Any]]]:
    """The value, and what gives the gradients of the wanted floating arrays."""
    leaves = {k: t for k, t in arrays.items() if k in wanted and t.is_floating_point()}
    for name, tensor in arrays.items():
        tensor.stop_gradient = name not in leaves
    y = call(arrays)

    def pull(dy: Any) -> dict[str, Any]:
        if y.stop_gradient:
            return dict.fromkeys(leaves)
        given = paddle.grad(
            [y], list(leaves.values()), [dy.astype(y.dtype)], retain_graph=True, allow_unused=True
        )
        return dict(zip(leaves, given, strict=True))

    return y, pull


def dtype(name: str) -> Any:
    """The dtype of a plain name, for `to`."""
    return name


def seed() -> None:
    """The same random numbers in every run."""
    base.seed()
    paddle.seed(0)
