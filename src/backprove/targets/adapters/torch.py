"""PyTorch tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from backprove.targets.adapters import numpy as base

version = str(torch.__version__)


def place(x: Any, layout: str = "plain") -> Any:
    """A tensor of its own. PyTorch has no negative strides."""
    t = _tensor(x)
    if layout == "expanded" and base.is_constant(np.asarray(x)):
        return t.reshape(-1)[:1].clone().reshape((1,) * t.dim()).expand(t.shape)
    if layout == "fortran" and t.dim() > 1:
        return t.permute(*reversed(range(t.dim()))).contiguous().permute(*reversed(range(t.dim())))
    if layout == "strided":
        return torch.stack([t, t], -1)[..., 0]
    return t


def _tensor(x: Any) -> Any:
    x = np.asarray(x)
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.astype("float32")).to(torch.bfloat16)
    if x.dtype.kind == "u" and x.dtype.itemsize > 1:
        x = x.astype(np.int64)
    return torch.from_numpy(np.array(x))


def plain(t: Any) -> Any:
    """The NumPy array of a tensor, or of what was returned in its place."""
    if not isinstance(t, torch.Tensor):
        return np.asarray(t)
    t = t.detach().cpu().resolve_conj().resolve_neg()
    return np.array((t.float() if t.dtype == torch.bfloat16 else t).numpy())


def shares(a: Any, b: Any) -> bool:
    """Whether they lie in one storage."""
    if not (isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)):
        return base.shares(a, b)
    first = a.untyped_storage().data_ptr()
    return bool(first) and bool(first == b.untyped_storage().data_ptr())


def value_and_pull(
    call: Callable[[dict[str, Any]], Any], arrays: dict[str, Any], wanted: Any
) -> tuple[Any, Callable[[Any], dict[str, Any]]]:
    """The value, and what gives the gradients of the wanted floating arrays."""
    leaves = {k: t for k, t in arrays.items() if k in wanted and t.is_floating_point()}
    for leaf in leaves.values():
        leaf.requires_grad_(True)
    y = call(arrays)

    def pull(dy: Any) -> dict[str, Any]:
        if not y.requires_grad:
            return dict.fromkeys(leaves)
        given = torch.autograd.grad(
            y, list(leaves.values()), dy.to(y.dtype), retain_graph=True, allow_unused=True
        )
        return dict(zip(leaves, given, strict=True))

    return y, pull


def dtype(name: str) -> Any:
    """The dtype of a plain name, for `to`."""
    return getattr(torch, name)


def seed() -> None:
    """The same random numbers in every run."""
    base.seed()
    torch.manual_seed(0)
