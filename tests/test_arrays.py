"""Array libraries seen through `backprove.arrays`, each where it may be loaded.

NumPy, JAX and array-api-strict are here; PyTorch and Paddle are asked in their own processes, where
an expression calls the same functions on their tensors.
"""

from __future__ import annotations

import subprocess
import sys

import array_api_strict
import jax
import jax.numpy as jnp
import ml_dtypes
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import support
from backprove import arrays
from backprove.arrays import namespace
from backprove.errors import DTypeError
from backprove.ops import operators
from backprove.oracle.client import OracleError

OURS = "__import__('importlib').import_module('backprove.arrays')"
TENSORS = pytest.mark.parametrize("library", ["torch", "paddle"])


def asked(library, expression, **given_arrays):
    """The value of an expression over `arrays`, `xp` (the adapter for x) and the names given."""
    text = f"(lambda arrays: (lambda xp: {expression})(arrays.namespace(x)))({OURS})"
    return support.ask(library).evaluate(text, given_arrays)["y"]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.zeros(2), np),
        (np.float32(1), np),
        (np.zeros(2, ml_dtypes.bfloat16), np),
        (np.zeros(2, ml_dtypes.bfloat16)[0], np),
        (np.ma.masked_array([1.0]), np),
        (jnp.zeros(2), jnp),
        (array_api_strict.zeros(2), array_api_strict),
    ],
    ids=lambda x: type(x).__name__,
)
def test_namespace_is_the_library_of_the_array(x, expected) -> None:
    assert namespace(x) is expected
    assert namespace(1.5, x, None, 2, True) is expected


def test_namespace_of_a_traced_array_is_jax() -> None:
    seen = []
    jax.jit(lambda x: seen.append(namespace(x)) or x)(jnp.ones(2))
    assert seen == [jnp]


@TENSORS
def test_namespace_of_a_tensor_adapts_its_library(library) -> None:
    kind = "arrays.shape(x) if arrays.library(x) == '" + library + "' else None"
    x = np.zeros((2, 3), np.float32)
    found = asked(library, f"xp.full_like(x, float(len({kind})))", x=x)
    np.testing.assert_array_equal(found, np.full((2, 3), 2.0))


@pytest.mark.parametrize(
    ("pair", "names"),
    [
        ((np.ones(2), jnp.ones(2)), "jax.numpy and numpy"),
        ((jnp.ones(2), 1.0, np.float64(1)), "jax.numpy and numpy"),
        ((np.ones(2), array_api_strict.ones(2)), "array_api_strict and numpy"),
        ((jnp.ones(2), array_api_strict.ones(2)), "array_api_strict and jax.numpy"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_two_libraries_in_one_call_are_refused_by_name(pair, names) -> None:
    with pytest.raises(DTypeError, match=f"found {names} in one call: convert one side first"):
        namespace(*pair)


@TENSORS
def test_a_tensor_and_a_numpy_array_are_refused_by_name(library) -> None:
    with pytest.raises(OracleError, match=f"DTypeError.*found numpy and {library}"):
        asked(library, "arrays.namespace(x, np.ones(2))", x=np.ones(2))


@pytest.mark.parametrize("given_values", [(1.0,), ([1.0],), (None, "x")], ids=str)
def test_no_array_at_all_is_refused(given_values) -> None:
    with pytest.raises(DTypeError, match=r"wrap it with numpy\.asarray"):
        namespace(*given_values)


QUIET = """
import sys
import numpy as np
import backprove
from backprove.ops import operators
ran = 0
for cls, case in [(cls, case) for cls in operators().values() for case in cls.CASES]:
    op, rng = cls(**case.arguments), np.random.default_rng(0)
    values = op.init()
    values |= {"training": case.training} if "training" in op.signature.context else {}
    values |= {"key": np.zeros(2, np.uint32)} if "key" in op.signature.context else {}
    y, saved = op.fwd(*(draw.sample(rng, "float32") for draw in case.inputs), **values)
    op.bwd(saved, np.ones_like(y))
    ran += 1
loaded = {"jax", "jaxlib", "torch", "paddle", "cupy", "array_api_strict"} & set(sys.modules)
print(ran, sorted(loaded))
"""


def test_numpy_operators_import_no_other_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, check=False
    )
    cases = sum(len(cls.CASES) for cls in operators().values())
    assert done.stdout == f"{cases} []\n", done.stderr


CALLS = (
    "xp.maximum(x, 0.5)",
    "xp.minimum(x, y)",
    "xp.where(x > 0, x, 0.0)",
    "xp.where(x > 0, 1.0, y)",
    "xp.clip(x, -0.5, 0.5)",
    "xp.max(x)",
    "xp.max(x, axis=1, keepdims=True)",
    "xp.min(x, axis=(0, -1))",
    "xp.sum(x)",
    "xp.sum(x, axis=())",
    "xp.sum(x, axis=(0, 2), keepdims=True)",
    "xp.mean(x, axis=-1)",
    "xp.concat([x, y], axis=1)",
    "xp.concat((x, y), axis=-1)",
    "xp.stack((x, y), axis=-1)",
    "xp.expand_dims(x, axis=1)",
    "xp.permute_dims(x, (2, 0, 1))",
    "xp.matrix_transpose(x)",
    "xp.reshape(x, (-1, 2))",
    "xp.reshape(x, (24,))",
    "xp.broadcast_to(xp.expand_dims(x, axis=0), (5, 2, 3, 4))",
    "xp.take_along_axis(x, i, axis=-1)",
    "xp.astype(xp.astype(x, xp.float32) > 0, xp.float64)",
    "arrays.cast(x, 'float32')",
    "arrays.sum_to_shape(x, (3, 1))",
    "xp.exp(x) + xp.log1p(xp.abs(x)) + xp.expm1(x) + xp.tanh(x) + xp.sqrt(xp.abs(x))",
)


@TENSORS
@pytest.mark.parametrize("call", CALLS)
def test_the_adapters_speak_the_standard(library, call) -> None:
    rng = np.random.default_rng(3)
    given_arrays = {"x": rng.standard_normal((2, 3, 4)), "y": rng.standard_normal((2, 3, 4))}
    given_arrays["i"] = rng.integers(0, 4, (2, 3, 1))
    scope = {**given_arrays, "xp": namespace(given_arrays["x"]), "arrays": arrays}
    expected = eval(call, scope)
    found = asked(library, call, **given_arrays)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.reshape(np.shape(expected)), expected, rtol=1e-14)
    assert np.shape(found) == np.shape(expected)


@settings(deadline=None)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=4), st.randoms())
def test_sum_to_shape_is_the_adjoint_of_broadcasting(shapes, random) -> None:
    target, whole = shapes.input_shapes[0], shapes.result_shape
    rng = np.random.default_rng(random.getrandbits(32))
    x, dy = rng.integers(-9, 9, target), rng.integers(-9, 9, whole)
    found = arrays.sum_to_shape(dy, target)
    assert found.shape == target
    assert np.sum(found * x) == np.sum(dy * np.broadcast_to(x, whole))


def test_sum_to_shape_gives_back_an_array_that_needs_no_sum() -> None:
    x = np.ones((2, 3))
    assert arrays.sum_to_shape(x, (2, 3)) is x


POINTS = np.array(
    [0.0, 1e-300, 1e-9, 0.3, 0.5, 0.84375, 1.0, 1.25, 2.0, 2.857, 3.0, 5.0, 9.0, 20.0, 26.0]
)
POINTS = np.concatenate([POINTS, -POINTS])
ERROR = {"float64": 4e-16, "float32": 3e-7}


def true(name, x):
    """erf or erfc at 60 digits."""
    with mpmath.workdps(60):
        return np.array([float(getattr(mpmath, name)(float(v))) for v in x])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_erf_of_numpy(name, dtype) -> None:
    x = POINTS.astype(dtype)
    found = getattr(arrays, name)(x)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, true(name, x), rtol=2 * ERROR[dtype], atol=1e-45)


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_erf_of_jax(name) -> None:
    x = jnp.asarray(POINTS, jnp.float32)
    np.testing.assert_allclose(getattr(arrays, name)(x), true(name, x), rtol=3e-6, atol=1e-37)


@pytest.mark.parametrize("library", ["torch", "jax", "paddle"])
@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_erf_in_float64(name, library) -> None:
    found = asked(library, f"arrays.{name}(x)", x=POINTS)
    np.testing.assert_allclose(found, true(name, POINTS), rtol=4e-14, atol=1e-307)


@pytest.mark.parametrize("library", ["torch", "jax", "paddle"])
@pytest.mark.parametrize(("name", "ends"), [("erf", (-1, 1)), ("erfc", (2, 0))])
def test_erf_at_its_ends(name, ends, library) -> None:
    x = np.array([-np.inf, np.inf, np.nan, -1e200, 1e200])
    found = asked(library, f"arrays.{name}(x)", x=x)
    np.testing.assert_array_equal(found, [*ends, np.nan, *ends])


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_erf_is_not_in_the_standard(name) -> None:
    with pytest.raises(DTypeError, match=f"{name} is not in the Array API standard"):
        getattr(arrays, name)(array_api_strict.ones(2))


@pytest.mark.parametrize(
    ("x", "name", "floating"),
    [
        (np.zeros(1, np.float32), "float32", True),
        (np.zeros(1, ml_dtypes.bfloat16), "bfloat16", True),
        (jnp.zeros(1, jnp.float16), "float16", True),
        (jnp.zeros(1, jnp.bfloat16), "bfloat16", True),
        (array_api_strict.zeros(1), "float64", True),
        (np.zeros(1, np.int32), "int32", False),
        (np.zeros(1, bool), "bool", False),
    ],
)
def test_plain_names_of_dtypes(x, name, floating) -> None:
    assert arrays.dtype_name(x) == name
    assert arrays.is_floating(x) is floating
    assert not arrays.is_floating(1.0)


@TENSORS
@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_plain_names_of_tensors_and_casting(library, name) -> None:
    x = np.array([1.0, 2.5])
    named = f"arrays.dtype_name(arrays.cast(x, '{name}')) == '{name}'"
    found = asked(library, f"arrays.cast(x, '{name}') if {named} else None", x=x)
    np.testing.assert_array_equal(found.astype(np.float64), x)


@pytest.mark.parametrize("x", [np.array([1.0, 2.5]), jnp.array([1.0, 2.5])], ids=["numpy", "jax"])
@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32"])
def test_casting_by_name(x, name) -> None:
    found = arrays.cast(x, name)
    assert arrays.dtype_name(found) == name
    assert arrays.cast(found, name) is found
    assert arrays.cast(found, found.dtype) is found
