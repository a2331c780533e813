"""The engine on PyTorch's compiler, in a process of its own; it needs a C++ compiler."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import support

SCRIPT = """
import json, sys, tempfile
import numpy as np
from backprove import BatchNorm1D, Dropout, LeakyReLU, Linear, Model, Sequential
from backprove.data.transforms import RandomAffine
from backprove.errors import DivergenceError, UsageError
from backprove.op import Op
from backprove.optim import SGD, AdamW, ClipByNorm

rng = np.random.default_rng(0)
data = rng.standard_normal((96, 6), dtype=np.float32), rng.integers(0, 3, 96)

def model(engine, seed=1, learning_rate=1e-2, **options):
    made = Model(Sequential(Linear(6, 16, bias=False), BatchNorm1D(16), LeakyReLU(), Linear(16, 3)),
                 engine=engine, seed=seed, **options)
    return made.prepare(AdamW(learning_rate, clip=ClipByNorm(0.5)), "cross_entropy", ["accuracy"])

def trained(*args, epochs=2, **options):
    made = model(*args, **options)
    made.fit(data, batch_size=32, epochs=epochs, verbose=0)
    return made

def far(a, b):
    return float(np.abs(np.array(a.step_losses) - b.step_losses).max())

found = {}
plain, whole = trained("numpy"), trained("torch-compiled")
found["losses"] = far(plain, whole)
both = plain.state_dict(), whole.state_dict()
found["values"] = max(float(np.abs(v - both[1][k]).max()) for k, v in both[0].items())
with tempfile.TemporaryDirectory() as folder:
    trained("torch-compiled", epochs=1).save(folder)
    again = model("torch-compiled", seed=9).load(folder)
    again.fit(data, batch_size=32, epochs=2, verbose=0, resume=True)
same = [np.array_equal(v, again.state_dict()[k]) for k, v in whole.state_dict().items()]
found["resumed"] = all(same) and again.step_losses == whole.step_losses
net = Sequential(Linear(6, 25000), Linear(25000, 3))
wild = Model(net, engine="torch-compiled", precision="bf16").prepare(SGD(1e38))
try:
    wild.fit(data, batch_size=32, epochs=2, verbose=0)
except DivergenceError as error:
    found["diverged"] = str(error)
gentle = Model(net, engine="numpy").prepare(SGD(1e-3))
gentle.fit(data, batch_size=32, epochs=1, verbose=0)
found["half"] = abs(wild.step_losses[0] - gentle.step_losses[0])
found["kept"] = all(np.isfinite(v).all() for v in wild.state_dict().values())

class Branches(Op):
    def forward(self, x):
        return x * 2 if float(x.sum()) > 0 else x
    def backward(self, dy, *, x):
        return dy * 2 if float(x.sum()) > 0 else dy

try:
    Model(Sequential(Linear(6, 3), Branches()), engine="torch-compiled").fit(data, verbose=0)
except Exception as error:
    found["refused"] = f"{type(error).__name__}: {error}"
made = Model(Sequential(Linear(6, 3)), engine="torch-compiled")
try:
    made.prepare(SGD(0.1), accumulate_grad_batches=2).engine()
except UsageError as error:
    found["accumulated"] = str(error)
images = rng.random((64, 36), dtype=np.float32), rng.integers(0, 3, 64)
drawn = []
for engine in ("numpy", "torch-compiled"):
    net = Sequential(Linear(36, 8), Dropout(0.5), Linear(8, 3))
    drawn.append(Model(net, engine=engine, seed=5))
    drawn[-1].prepare(SGD(0.1), transforms=RandomAffine(20, scale=(0.8, 1.2)))
    drawn[-1].fit(images, batch_size=32, epochs=2, verbose=0)
found["drawn"] = far(*drawn)
found["jax"] = "jax" in sys.modules
print(json.dumps(found))
"""

NO_COMPILER = """
import json
import numpy as np
from backprove import Linear, Model, Sequential
from backprove.errors import UsageError

data = np.ones((8, 6), dtype=np.float32), np.arange(8) % 3
model = Model(Sequential(Linear(6, 3)), engine="torch-compiled").prepare("sgd", "cross_entropy")
before = model.state_dict()
try:
    model.fit(data, batch_size=8, epochs=1, verbose=0)
except UsageError as error:
    after = model.state_dict()
    same = all(np.array_equal(before[k], after[k]) for k in before)
    print(json.dumps({"said": str(error), "same": same}))
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def found(cache) -> dict[str, object]:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("needs a C++ compiler")
    return support.torch_script(SCRIPT, timeout=280, BACKPROVE_CACHE=str(cache))


def test_programs_are_kept_in_the_users_cache_folder(found, cache) -> None:
    assert list((cache / "torch").rglob("*.so"))
    assert (cache / "torch").stat().st_mode & 0o777 == 0o700


def test_losses_parameters_and_statistics_are_numpys_to_rounding(found) -> None:
    assert found["losses"] < 2e-6
    assert found["values"] < 2e-5


def test_a_resumed_run_ends_with_the_same_bits(found) -> None:
    assert found["resumed"]


def test_products_in_bfloat16_change_losses_by_their_rounding(found) -> None:
    assert 1e-6 < found["half"] < 0.05


def test_a_step_whose_loss_is_not_finite_changes_nothing(found) -> None:
    assert "the loss became" in found["diverged"]
    assert found["kept"]


def test_an_operator_that_decides_by_its_numbers_is_refused(found) -> None:
    assert found["refused"].startswith("UsageError: PyTorch could not compile a step")


def test_jax_is_not_loaded_beside_it(found) -> None:
    assert not found["jax"]


def test_accumulated_gradients_are_refused(found) -> None:
    assert "updates in every step" in found["accumulated"]


def test_masks_and_movements_are_numpys(found) -> None:
    assert found["drawn"] < 2e-6


def test_without_a_compiler_it_says_so_and_changes_nothing(tmp_path) -> None:
    found = support.torch_script(
        NO_COMPILER, CXX="no-such-compiler", TORCHINDUCTOR_CACHE_DIR=str(tmp_path)
    )
    assert found["said"].startswith("PyTorch could not compile a step of this network")
    assert found["same"]
