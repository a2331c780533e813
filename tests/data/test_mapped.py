"""Large unpacked arrays of an archive stay in their file, and training reads them step by step."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprove import Linear, Model, ReLU, Sequential
from backprove.data import load, mapped
from backprove.data.mapped import is_mapped
from backprove.train import feed as feeding
from backprove.train.feed import Resident, Streamed, feed

ROWS, COLUMNS = 4000, 100


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Path:
    """400 kB of bytes, of which 100 kB count as large and 40 kB are read at once."""
    monkeypatch.setattr(mapped, "MAPPED_BYTES", 100_000)
    monkeypatch.setattr(feeding, "STREAMED_BYTES", 40_000)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (ROWS, COLUMNS), dtype=np.uint8)
    path = tmp_path / "large.npz"
    np.savez(
        path, x_train=x, y_train=rng.integers(0, 3, ROWS), x_test=x[:9], y_test=np.arange(9) % 3
    )
    return path


def model(engine: str) -> Model:
    net = Sequential(Linear(COLUMNS, 8), ReLU(), Linear(8, 3))
    return Model(net, engine=engine).prepare("adam", "cross_entropy", ["accuracy"])


def in_memory(data: Any) -> Any:
    return np.array(data.x), data.y


def test_a_large_unpacked_array_is_mapped(archive) -> None:
    data = load(archive)
    assert is_mapped(data.x) and is_mapped(data.flat().x)
    assert not is_mapped(load(archive, "test").x)
    with np.load(archive) as whole:
        np.testing.assert_array_equal(data.x, whole["x_train"])
        np.testing.assert_array_equal(data.y, whole["y_train"])
    assert not data.x.flags.writeable


@pytest.mark.parametrize("kind", ["compressed", "fortran"])
def test_what_cannot_be_mapped_is_read(kind: str, archive, tmp_path) -> None:
    x = np.array(load(archive).x)
    path = tmp_path / "other.npz"
    if kind == "compressed":
        np.savez_compressed(path, x=x)
    else:
        np.savez(path, x=np.asfortranarray(x))
    found = load(path).x
    assert not is_mapped(found)
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize("engine", ["jax", "numpy"])
@pytest.mark.parametrize("batch_size", [64, 150])
def test_training_from_the_file_is_training_from_memory(
    engine: str, batch_size: int, archive
) -> None:
    """Bit for bit, with stretches and a last batch that are shorter than the rest."""
    data = load(archive)
    streamed, resident = model(engine), model(engine)
    streamed.fit(data, batch_size=batch_size, epochs=2, verbose=0)
    resident.fit(in_memory(data), batch_size=batch_size, epochs=2, verbose=0)
    assert streamed.step_losses == resident.step_losses
    for name, w in resident.state_dict().items():
        np.testing.assert_array_equal(streamed.state_dict()[name], w)


def test_the_way_follows_from_the_data(archive) -> None:
    data, engine = load(archive), model("numpy").engine()
    assert isinstance(feed(engine, (data.x, data.y), 64), Streamed)
    assert isinstance(feed(engine, in_memory(data), 64), Resident)
    assert Streamed(engine, (data.x, data.y), 64).steps == 40_000 // (64 * 104)
    assert Streamed(engine, (data.x, data.y), 4000).steps == 1


def test_no_copy_of_the_data_is_made(archive) -> None:
    """Loading and training allocate less than the array is large."""
    tracemalloc.start()
    data = load(archive)
    net = model("numpy")
    net.fit(data, batch_size=64, epochs=1, verbose=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < data.x.nbytes
