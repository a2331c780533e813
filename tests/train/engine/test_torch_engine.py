"""The engine on PyTorch's arrays, in a process of its own: PyTorch does not go beside JAX."""

from __future__ import annotations

import pytest

import support
from backprove import Linear, Model, Sequential
from backprove.errors import UsageError

SCRIPT = """
import json, sys, tempfile
import numpy as np
from backprove import BatchNorm1D, Dropout, LeakyReLU, Linear, Model, Sequential
from backprove.errors import DivergenceError
from backprove.optim import SGD, Adam, AdamW, ClipByNorm, Momentum, Nesterov, RMSprop

rng = np.random.default_rng(0)
data = rng.standard_normal((150, 6), dtype=np.float32), rng.integers(0, 3, 150)
OPTIMIZERS = {
    "sgd": SGD(0.1, weight_decay=0.01), "momentum": Momentum(0.1), "nesterov": Nesterov(0.1),
    "adam": Adam(1e-2, clip=ClipByNorm(0.5)), "adamw": AdamW(1e-2), "rmsprop": RMSprop(1e-3),
}

def model(optimizer, engine="torch", seed=1, width=16, **options):
    parts = Linear(6, width), BatchNorm1D(width), LeakyReLU(), Dropout(0.2), Linear(width, 3)
    made = Model(Sequential(*parts), engine=engine, seed=seed, **options)
    return made.prepare(optimizer, "cross_entropy", ["accuracy"])

def trained(*args, epochs=2, **options):
    made = model(*args, **options)
    made.fit(data, batch_size=32, epochs=epochs, verbose=0)
    return made

found = {}
for name, optimizer in OPTIMIZERS.items():
    a, b = (np.array(trained(optimizer, e).step_losses) for e in ("numpy", "torch"))
    found[name] = float(np.abs(a - b).max())
whole = trained(OPTIMIZERS["adam"])
with tempfile.TemporaryDirectory() as folder:
    trained(OPTIMIZERS["adam"], epochs=1).save(folder)
    again = model(OPTIMIZERS["adam"], seed=9).load(folder)
    again.fit(data, batch_size=32, epochs=2, verbose=0, resume=True)
same = [np.array_equal(v, again.state_dict()[k]) for k, v in whole.state_dict().items()]
found["resumed"] = all(same) and again.step_losses == whole.step_losses
for name, width in {"half": 25000, "small": 16}.items():
    pair = [trained(SGD(1e-3), width=width, precision=p) for p in ("float32", "bf16")]
    found[name] = float(np.abs(np.subtract(*(np.array(m.step_losses) for m in pair))).max())
half = pair[1]
found["dtypes"] = sorted({str(v.dtype) for v in half.state_dict().values()})
wild = model(SGD(1e30))
try:
    wild.fit(data, batch_size=32, epochs=2, verbose=0)
except DivergenceError as error:
    found["diverged"] = str(error)
found["jax"] = "jax" in sys.modules
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    return support.torch_script(SCRIPT)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"])
def test_losses_are_numpys_to_rounding(found, name) -> None:
    assert found[name] < 2e-6


def test_a_resumed_run_ends_with_the_same_bits(found) -> None:
    assert found["resumed"]


def test_bf16_rounds_large_products_alone_and_keeps_float32_parameters(found) -> None:
    assert 1e-6 < found["half"] < 0.05
    assert found["small"] == 0.0
    assert found["dtypes"] == ["float32"]


def test_not_finite_stops_with_the_step(found) -> None:
    assert "at step 2" in found["diverged"]


def test_jax_is_not_imported(found) -> None:
    assert not found["jax"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "torch", "device": "gpu"}, "the torch engine runs on the cpu only"),
        ({"precision": "bf16"}, "the jax engine computes in float32 only"),
        ({"engine": "torch", "precision": "bf61"}, "did you mean 'bf16'"),
    ],
)
def test_what_an_engine_cannot_do_is_said(options, words) -> None:
    model = Model(Sequential(Linear(2, 2)), **options)
    with pytest.raises(UsageError, match=words):
        model.engine()
