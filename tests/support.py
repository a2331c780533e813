"""Building operators from their CASES, and comparing what comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

from backprove.arrays import dtype_name
from backprove.cases import Case
from backprove.op import Op
from backprove.ops import operators
from backprove.oracle.client import Reference, installed, reference
from backprove.oracle.exact import HighPrecision

UNIT = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-8, "float16": 2.0**-11}


class Built(NamedTuple):
    """An operator with inputs, named values (parameters, state, context) and upstream gradient."""

    op: Op
    inputs: list[Any]
    values: dict[str, Any]
    dy: Any


class Remembering(HighPrecision):
    """Exponentials and logarithms are computed once: a step moves one number of many."""

    def exp(self, x: Any) -> Any:
        return self.vectorised(lambda v: _once("exp", mpmath.mpf(v), mpmath.mp.prec))(x)

    def log(self, x: Any) -> Any:
        return self.vectorised(lambda v: _once("log", mpmath.mpf(v), mpmath.mp.prec))(x)


@lru_cache(maxsize=2**15)
def _once(name: str, x: Any, precision: int) -> Any:
    return getattr(mpmath, name)(x)


def build(cls: type[Op], case: Case, dtype: str = "float64") -> Built:
    """Draw everything that a case needs, the same numbers in each run."""
    rng = np.random.default_rng(zlib.crc32(f"{cls.__name__}{case}".encode()))
    op = cls(**case.arguments)
    inputs = [draw.sample(rng, dtype) for draw in case.inputs]
    values: dict[str, Any] = {}
    for name, value in op.init(1, "float64").items():
        noise = 0.2 * rng.standard_normal(np.shape(value))
        values[name] = _as(
            np.abs(value + noise) if name in op.signature.state else value + noise, dtype
        )
    if "training" in op.signature.context:
        values["training"] = case.training
    if "key" in op.signature.context:
        values["key"] = rng.integers(0, 2**32, 2, dtype=np.uint32)
    y = op.fwd(*inputs, **values)[0]
    return Built(op, inputs, values, _as(rng.standard_normal(np.shape(y)), dtype))


def _as(x: Any, dtype: str) -> Any:
    if dtype == "bfloat16":
        import ml_dtypes

        return np.asarray(x).astype(ml_dtypes.bfloat16)
    return np.asarray(x, dtype=dtype)


def every_case() -> list[Any]:
    """All cases of all operators, for parametrize."""
    return [
        pytest.param(cls, case, id=f"{name}-{i}")
        for name, cls in operators().items()
        for i, case in enumerate(cls.CASES)
    ]


def ask(library: str) -> Reference:
    """The reference process; skips the test where the framework cannot be installed."""
    if not installed(library):
        pytest.skip(f"{library} is not installed")
    return reference(library)


def compiled(expression: str, arrays: dict[str, Any]) -> str:
    """JAX's expression as one program, which takes less time than one for each of its parts."""
    given = [k for k, x in arrays.items() if x is not None and np.issubdtype(x.dtype, np.floating)]
    names = ", ".join(given)
    return f"jax.jit(lambda {names}: {expression})({names})"


def constants(built: Built) -> dict[str, Any]:
    """An operator's hyper-parameters and context by name, for a reference expression."""
    shown = {k: v for k, v in vars(built.op).items() if not k.startswith("_")}
    return shown | {k: v for k, v in built.values.items() if not isinstance(v, np.ndarray)}


def arrays(built: Built) -> dict[str, Any]:
    """Inputs and named arrays by name, absent optional parameters as None."""
    sig = built.op.signature
    found = dict.fromkeys(sig.parameters)
    found.update(zip(sig.inputs, built.inputs, strict=True))
    return found | {k: v for k, v in built.values.items() if isinstance(v, np.ndarray)}


def gradients(built: Built) -> dict[str, Any]:
    """All gradients of our own operator by the name of the input or parameter."""
    _, saved = built.op.fwd(*built.inputs, **built.values)
    by_input, by_name = built.op.bwd(saved, built.dy)
    named = dict(zip(built.op.signature.inputs, by_input, strict=True)) | by_name
    return {k: g for k, g in named.items() if g is not None}


def close(found: Any, expected: Any, dtype: str, terms: float = 1.0, k: float = 64.0) -> None:
    """Assert |found - expected| <= k u (|expected| + terms), with the same NaN and infinities.

    u is the unit roundoff of the dtype; `terms` the size of the numbers that were added up.
    """
    found = np.asarray(found, dtype=np.float64)
    expected = np.asarray(expected, dtype=np.float64)
    assert found.shape == expected.shape
    tolerance = k * UNIT[dtype] * (np.abs(expected) + terms)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    infinite = np.isinf(expected)
    np.testing.assert_array_equal(found[infinite], expected[infinite])
    finite = np.isfinite(expected)
    excess = np.abs(found - expected)[finite] - tolerance[finite]
    assert np.all(excess <= 0), f"worst by {excess.max()}: {found} against {expected}"


def name_of(x: Any) -> str:
    """The dtype's plain name."""
    return dtype_name(x)


def torch_script(script: str, timeout: int = 120, **environment: str) -> dict[str, Any]:
    """What a script prints as its last line, JSON, in a process with PyTorch and without JAX.

    PyTorch's folder for compiled programs is the one that it finds itself, unless it is given.
    """
    if find_spec("torch") is None:
        pytest.skip("needs PyTorch")
    words = [sys.executable, "-c", script]
    own = {k: v for k, v in os.environ.items() if k != "TORCHINDUCTOR_CACHE_DIR"} | environment
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=timeout, check=False, env=own
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))
