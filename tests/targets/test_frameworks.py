"""Operators of Paddle, PyTorch and JAX by dotted name, with our names of their arguments."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.targets import Trial

X = np.array([-2.0, -0.5, 0.5, 2.0])
SIGMOID = 1 / (1 + np.exp(-X))


@pytest.mark.parametrize(
    "text",
    [
        "paddle:nn.functional.silu", "paddle:F.silu", "paddle:nn.Silu", "torch:nn.functional.silu",
        "torch:F.silu", "torch:nn.SiLU", "jax:nn.silu",
    ],
)  # fmt: skip
def test_value_and_gradient(text, framework, one) -> None:
    box = framework(text)
    found = one(box, X, dy=2 * np.ones(4), properties=True)
    np.testing.assert_allclose(found.arrays["y"], X * SIGMOID, rtol=1e-14)
    np.testing.assert_allclose(
        found.arrays["d0"], 2 * SIGMOID * (1 + X * (1 - SIGMOID)), rtol=1e-13
    )
    assert found.changed == found.notes == found.aliases == ()
    assert box.facts["name"] == text and box.version


@pytest.mark.parametrize(
    ("text", "ours", "expected"),
    [
        ("paddle:nn.LeakyReLU", {"negative_slope": 0.5}, [-1, -0.25, 0.5, 2]),
        ("torch:nn.LeakyReLU", {"negative_slope": 0.5}, [-1, -0.25, 0.5, 2]),
        ("torch:nn.LeakyReLU", {"alpha": 0.5}, [-1, -0.25, 0.5, 2]),
        ("jax:nn.leaky_relu", {"alpha": 0.5}, [-1, -0.25, 0.5, 2]),
        ("paddle:nn.functional.hardshrink", {"lambd": 1.0}, [-2, 0, 0, 2]),
        ("torch:nn.functional.hardshrink", {"lambd": 1.0}, [-2, 0, 0, 2]),
        ("torch:nn.functional.hardtanh", {"min_val": -1.5, "max_val": 1.0}, [-1.5, -0.5, 0.5, 1]),
        ("paddle:nn.functional.hardtanh", {"min_val": -1.5, "max_val": 1.0}, [-1.5, -0.5, 0.5, 1]),
        ("torch:clamp", {"min_val": -1.5, "max_val": 1.0}, [-1.5, -0.5, 0.5, 1]),
        ("torch:nn.Softmax", {"axis": 0}, np.exp(X) / np.exp(X).sum()),
        ("paddle:nn.functional.softmax", {"axis": 0}, np.exp(X) / np.exp(X).sum()),
        ("torch:nn.functional.softplus", {"beta": 2.0}, np.log1p(np.exp(2 * X)) / 2),
    ],
)
def test_arguments_are_mapped_from_ours(text, ours, expected, framework, one) -> None:
    found = one(framework(text, **ours), X)
    assert found.ok, found
    np.testing.assert_allclose(found.arrays["y"], expected, rtol=1e-12)


@pytest.mark.parametrize("library", ["paddle", "torch", "jax"])
def test_the_tanh_form_of_gelu(library, framework, one) -> None:
    name = "nn.gelu" if library == "jax" else "nn.functional.gelu"
    box = framework(f"{library}:{name}", approximate="tanh")
    inner = np.sqrt(2 / np.pi) * (X + 0.044715 * X**3)
    np.testing.assert_allclose(one(box, X).arrays["y"], X / 2 * (1 + np.tanh(inner)), rtol=1e-12)


@pytest.mark.parametrize("library", ["paddle", "torch"])
def test_layers_with_parameters(library, framework) -> None:
    box = framework(f"{library}:nn.Linear", in_features=3, out_features=2)
    shape = [3, 2] if library == "paddle" else [2, 3]
    assert box.facts["parameters"] == {"weight": shape, "bias": [2]}
    assert box.facts["constructor"]["needed"] == ["in_features", "out_features"]
    x, w = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(shape)
    values = {"weight": w, "bias": np.ones(2)}
    both, only = box.run(
        [Trial((x,), np.ones((2, 2)), values), Trial((x,), np.ones((2, 2)), wanted="parameters")]
    )
    matrix = w if library == "paddle" else w.T
    np.testing.assert_allclose(both.arrays["y"], x @ matrix + 1)
    np.testing.assert_allclose(both.arrays["d0"], np.ones((2, 2)) @ matrix.T)
    expected = x.T @ np.ones((2, 2))
    np.testing.assert_allclose(
        both.arrays["d:weight"], expected if library == "paddle" else expected.T
    )
    assert set(only.arrays) == {"y", "d:weight", "d:bias"}
    (half,) = box.run([Trial((x.astype("float32"),), np.ones((2, 2), "float32"))])
    assert set(half.dtypes.values()) == {"float32"}
    (wrong,) = box.run([Trial((x,), np.ones((2, 2)), {"wieght": w})])
    assert wrong.kind == "raised" and "it has weight, bias" in wrong.error


@pytest.mark.parametrize("library", ["paddle", "torch"])
def test_a_loss_with_labels(library, framework) -> None:
    box = framework(f"{library}:nn.CrossEntropyLoss")
    logits, labels = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([1, 0])
    (found,) = box.run([Trial((logits, labels), np.array(1.0))])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(found.arrays["d0"], (p - np.eye(2)[labels]) / 2, rtol=1e-12)
    assert "d1" not in found.arrays


def test_a_crash_of_a_framework_is_an_outcome(framework) -> None:
    box = framework("paddle:nn.PReLU")
    x = np.array([1.0, -2.0, 3.0], np.float32)
    crash, ok = box.run([Trial((x,), np.ones_like(x), wanted=w) for w in ("parameters", "all")])
    assert (crash.kind, crash.signal, crash.method) == ("crashed", "SIGSEGV", "backward")
    assert ok.ok and ok.arrays["d:weight"] == -2.0


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("torch:nn.functional.siluu", {}, "torch.nn.functional has no 'siluu'.* mean 'silu'"),
        ("torch:nn.Silu", {}, "torch.nn has no 'Silu': did you mean 'SiLU'"),
        ("jax:nn.leaky_relu", {"negtive": 1}, "unknown argument of leaky_relu 'negtive'"),
        ("torch:nn.functional.softplus", {"bta": 2}, "'bta': did you mean 'beta'"),
        ("paddle:nn.LeakyReLU", {"lambd": 2}, "unknown argument of LeakyReLU 'lambd'"),
        ("torch:float32", {}, "torch.float32 is no operator but a dtype"),
        ("torch:nn.functional", {}, "is no operator but a module"),
        ("torch:nn.Linear", {}, "Linear needs in_features, out_features"),
        ("numpy:exp", {}, "exp is a NumPy function without a backward"),
    ],
)
def test_what_is_refused(text, arguments, said, framework) -> None:
    with pytest.raises(UsageError, match=said):
        _ = framework(text, **arguments).facts
