"""Objects with forward and backward, in the library's and in the teaching spelling."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np

from backprove import lift
from backprove.arrays import library as library_name
from backprove.lifted import Lifted, as_op
from backprove.oracle.wire import numpy_dtype
from backprove.targets.runner import by_place, dtype_of
from backprove.targets.trial import Trial


class Operator:
    """An object that `as_op` understands. Its own parameters take the dtype of the inputs."""

    def __init__(self, obj: Any, arrays: ModuleType) -> None:
        self.subject, self.arrays = obj, arrays
        self.op = as_op(obj)
        self.inputs = self.op.signature.inputs
        self.protocol = self.op.protocol if isinstance(self.op, Lifted) else "upstream"
        self.spelling = "teaching" if self.op.signature.teaching else "library"

    def parameters(self) -> dict[str, Any]:
        """The arrays that learn, as they are at first."""
        if isinstance(self.op, Lifted):
            found = lift.params_of(self.op.target, self.protocol)
            return {k: self.arrays.plain(v) for k, v in found.items()}
        return dict(self.op.init(0, "float64"))

    def forward(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """Output and residuals; nothing is left on the object."""
        return self.op.fwd(*inputs, **{**self._own(inputs, values), **values})

    def _own(self, inputs: list[Any], values: dict[str, Any]) -> dict[str, Any]:
        dtype = dtype_of(inputs)
        found = {}
        for name, value in self.parameters().items():
            value = np.asarray(value)
            if name not in values and value.dtype.kind == "f":
                found[name] = self.arrays.place(
                    value.astype(numpy_dtype(dtype)) if dtype else value
                )
        return found

    def backward(self, saved: Any, dy: Any, labels: Any) -> dict[str, Any]:
        """All gradients that backward gives."""
        if self.protocol == "labels" and isinstance(self.op, Lifted):
            by_input, by_name = self.op.bwd(saved, labels=labels)
        else:
            given = dy if self.protocol != "chain" or _single(dy) else None
            by_input, by_name = self.op.bwd(saved, given)
        return by_place(by_input) | {f"d:{k}": g for k, g in by_name.items() if g is not None}

    def second(self, inputs: list[Any], values: dict[str, Any], trial: Trial) -> Any:
        """The arrays by the names of their gradients, and the bridge to the library as a function.

        NumPy cannot differentiate: None.
        """
        library = library_name(inputs[0]) if inputs else "numpy"
        library = "jax" if library == "jax.numpy" else library
        if library not in ("torch", "paddle", "jax"):
            return None
        module: Any = importlib.import_module(f"backprove.bridge.{library}")
        call = getattr(module, f"to_{library}")(self.subject)
        named = {f"d{i}": x for i, x in enumerate(inputs)}
        named |= {f"d:{k}": v for k, v in values.items() if library_name(v) is not None}
        rest = {k: v for k, v in values.items() if f"d:{k}" not in named}

        def run(arrays: dict[str, Any]) -> Any:
            own = [arrays[f"d{i}"] for i in range(len(inputs))]
            learned = {k[2:]: v for k, v in arrays.items() if k.startswith("d:")}
            y = call(*own, **learned, **rest)
            return y[0] if isinstance(y, tuple) else y

        return named, run


def _single(dy: Any) -> bool:
    return library_name(dy) is not None and int(np.prod(tuple(dy.shape))) == 1
