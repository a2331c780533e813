"""References live in processes of their own, refuse in words, and survive crashes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.oracle import wire
from backprove.oracle.client import OracleError, Reference, installed
from support import ask


@pytest.mark.parametrize("library", ["torch", "jax", "paddle"])
def test_value_and_gradient(library) -> None:
    x = np.array([-1.0, 0.5], dtype=np.float64)
    tanh = {"torch": "torch.tanh(x)", "jax": "jnp.tanh(x)", "paddle": "paddle.tanh(x)"}[library]
    found = ask(library).evaluate(tanh, {"x": x}, dy=np.array([1.0, 2.0]))
    np.testing.assert_allclose(found["y"], np.tanh(x), rtol=1e-14)
    expected = np.array([1.0, 2.0]) * (1 - np.tanh(x) ** 2)
    np.testing.assert_allclose(found["gradients"]["x"], expected, rtol=1e-14)


@pytest.mark.parametrize("library", ["torch", "paddle", "jax"])
def test_a_refusal_is_an_error_in_the_frameworks_words(library) -> None:
    with pytest.raises(OracleError, match="no_such_name"):
        ask(library).evaluate("no_such_name", {})


def test_a_crash_and_a_hang_are_told_and_the_next_question_works() -> None:
    if not installed("torch"):
        pytest.skip("torch is not installed")
    reference = Reference("torch", timeout=20)
    try:
        with pytest.raises(OracleError, match="ended with exit code"):
            reference.evaluate("__import__('os')._exit(7)", {})
        reference.timeout = 2
        with pytest.raises(OracleError, match="no answer in 2 s"):
            reference.evaluate("__import__('time').sleep(60)", {})
        reference.timeout = 60
        assert reference.evaluate("torch.ones(1)", {})["y"] == 1
    finally:
        reference.close()


def test_an_unknown_reference_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        installed("pytorch")


def test_frameworks_never_share_a_process() -> None:
    code = (
        "import sys\nfrom backprove.oracle.client import reference\n"
        "reference('jax').evaluate('jnp.ones(1)', {})\n"
        "print(sorted({'jax', 'torch', 'paddle'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "int32", "bool"])
def test_arrays_travel_unchanged(dtype) -> None:
    x = np.arange(6).reshape(2, 3).astype(wire.numpy_dtype(dtype))
    found = wire.unpack(wire.pack({"a": [x, None, 1.5, "text"]}))
    assert found["a"][0].dtype == x.dtype and found["a"][1:] == [None, 1.5, "text"]
    np.testing.assert_array_equal(found["a"][0], x)
