"""PyTorch and Paddle seen through the Array API functions that operators use.

Only what differs is written here; everything else is the library's own function. The module of
the library is handed in, so this file imports neither.
"""

from __future__ import annotations

from functools import cache
from typing import Any


class _Adapter:
    """The library's functions, with those below in the standard's spelling."""

    keep = "keepdim"

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def astype(self, x: Any, dtype: Any) -> Any:
        return x.to(dtype)

    def maximum(self, a: Any, b: Any) -> Any:
        return self._module.maximum(*self._pair(a, b))

    def minimum(self, a: Any, b: Any) -> Any:
        return self._module.minimum(*self._pair(a, b))

    def _pair(self, a: Any, b: Any) -> tuple[Any, Any]:
        full = self._module.full_like
        if isinstance(a, int | float):
            a = full(b, a)
        if isinstance(b, int | float):
            b = full(a, b)
        return a, b

    def max(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce("amax", x, axis, keepdims)

    def min(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce("amin", x, axis, keepdims)

    def sum(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce("sum", x, axis, keepdims)

    def mean(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return self._reduce("mean", x, axis, keepdims)

    def _reduce(self, name: str, x: Any, axis: Any, keepdims: bool) -> Any:
        axes = tuple(range(len(x.shape))) if axis is None else axis
        if axes == ():
            return x
        return getattr(self._module, name)(x, axes, **{self.keep: keepdims})

    def concat(self, arrays: Any, *, axis: int = 0) -> Any:
        return self._module.concat(list(arrays), axis)

    def stack(self, arrays: Any, *, axis: int = 0) -> Any:
        return self._module.stack(list(arrays), axis)

    def expand_dims(self, x: Any, *, axis: int) -> Any:
        return self._module.unsqueeze(x, axis)


class _Torch(_Adapter):
    def permute_dims(self, x: Any, axes: tuple[int, ...]) -> Any:
        return self._module.permute(x, axes)

    def take_along_axis(self, x: Any, indices: Any, *, axis: int) -> Any:
        return self._module.take_along_dim(x, indices.to(self._module.int64), axis)

    def matrix_transpose(self, x: Any) -> Any:
        return x.mT

    def full(self, size: tuple[int, ...], value: Any, *, dtype: Any = None) -> Any:
        return self._module.full(size, value, dtype=dtype)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """PyTorch's own is slow on a CPU: large arrays are chosen from by their bits, exactly."""
        xp = self._module
        if not xp.is_inference_mode_enabled() or not _large_alike(condition, a, b):
            return xp.where(condition, a, b)
        whole = {2: xp.int16, 4: xp.int32, 8: xp.int64}[a.element_size()]
        first, second = a.view(whole), b.view(whole)
        mask = condition.to(whole).neg_()
        return mask.bitwise_and_(first ^ second).bitwise_xor_(second).view(a.dtype)


def _large_alike(condition: Any, a: Any, b: Any) -> bool:
    """Whether these are floating CPU tensors of one dtype and shape, of many elements."""
    return (
        type(a) is type(b) is type(condition)
        and a.dtype == b.dtype
        and a.is_floating_point()
        and a.shape == b.shape == condition.shape
        and a.numel() > 8192
        and a.element_size() > 1
        and a.device.type == "cpu"
    )


class _Paddle(_Adapter):
    def astype(self, x: Any, dtype: Any) -> Any:
        return x.astype(dtype)

    def permute_dims(self, x: Any, axes: tuple[int, ...]) -> Any:
        return self._module.transpose(x, list(axes))

    def take_along_axis(self, x: Any, indices: Any, *, axis: int) -> Any:
        return self._module.take_along_axis(x, indices.astype("int64"), axis)

    def matrix_transpose(self, x: Any) -> Any:
        return self._module.transpose(x, [*range(x.ndim - 2), x.ndim - 1, x.ndim - 2])

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return self._module.where(condition, *self._pair(a, b))

    def reshape(self, x: Any, new_shape: tuple[int, ...]) -> Any:
        return self._module.reshape(x, list(new_shape))

    def broadcast_to(self, x: Any, new_shape: tuple[int, ...]) -> Any:
        return self._module.broadcast_to(x, list(new_shape))


@cache
def adapter(name: str, module: Any) -> Any:
    """The adapter of "torch" or "paddle" around its loaded module."""
    return (_Torch if name == "torch" else _Paddle)(module)
