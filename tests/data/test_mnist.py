"""MNIST comes out of the package as published, and the cache can only make it faster."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprove.data import _cache, load, mnist
from backprove.errors import DataError

LABELS = mnist.FILES["test"][1]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_counts_shapes_and_first_labels() -> None:
    train, test = load("mnist"), load("mnist", "test")
    assert (train.x.shape, train.x.dtype) == ((60_000, 28, 28), np.uint8)
    assert test.x.shape == (10_000, 28, 28)
    assert train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(test.y).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip
    assert train.class_names == tuple("0123456789")
    assert train.x.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert train.x.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_flattened() -> None:
    assert load("mnist", "test", flatten=True).x.shape == (10_000, 784)


@pytest.mark.parametrize("packed", [p for pair in mnist.FILES.values() for p in pair])
def test_unpacked_files_have_the_published_hash(packed: mnist.Packed) -> None:
    content = packed.header + mnist.unpack(packed).tobytes()
    assert hashlib.sha256(content).hexdigest() == packed.sha256


def test_the_package_holds_files_hashes_and_attribution() -> None:
    folder = files("backprove.data") / "mnist_files"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "CC BY-SA 3.0" in readme
    for packed in (p for pair in mnist.FILES.values() for p in pair):
        assert (folder / f"{packed.file}.xz").is_file()
        assert f"{packed.sha256}  {packed.file}" in readme
    iris = files("backprove.data") / "iris_files"
    assert "Fisher" in (iris / "README.md").read_text(encoding="utf-8")


def test_the_second_load_unpacks_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load("mnist", "test")
    assert len(list(cache.glob("*.npy"))) == 2
    assert not list(cache.glob("*.tmp"))
    monkeypatch.setattr(mnist, "unpack", lambda packed: pytest.fail("unpacked again"))
    second = load("mnist", "test")
    np.testing.assert_array_equal(first.x, second.x)
    np.testing.assert_array_equal(first.y, second.y)


def test_cached_files_are_ordinary_npy(cache: Path) -> None:
    test = load("mnist", "test")
    (path,) = cache.glob("t10k-images*.npy")
    np.testing.assert_array_equal(np.load(path, allow_pickle=False), test.x)


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-1],
        lambda b: b + b"\0",
        lambda b: b[:5000] + bytes([b[5000] ^ 1]) + b[5001:],
        lambda b: b"",
        lambda b: b"\0" * len(b),
        lambda b: b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'shape': (9" + b[40:],
    ],
)
def test_a_damaged_cache_is_rebuilt(cache: Path, damage: Any) -> None:
    expected = load("mnist", "test").y
    (path,) = cache.glob("t10k-labels*.npy")
    sound = path.read_bytes()
    path.write_bytes(damage(sound))
    np.testing.assert_array_equal(load("mnist", "test").y, expected)
    assert path.read_bytes() == sound


def test_without_a_folder_memory_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path / "file"))
    assert len(load("mnist", "test")) == 10_000
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path / "file" / "below"))
    assert len(load("mnist", "test")) == 10_000
    monkeypatch.setattr(_cache, "folder", lambda: None)
    assert len(load("mnist", "test")) == 10_000


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_folder_that_takes_no_file_is_no_hindrance(
    cache: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    assert len(load("mnist", "test")) == 10_000
    assert not list(cache.iterdir())


def test_an_interrupted_writing_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load("mnist", "test")
    assert not list(cache.iterdir())


def test_what_a_killed_process_left_is_cleared_away(cache: Path) -> None:
    cache.mkdir()
    name = f"{LABELS.file}-{LABELS.sha256[:8]}.npy"
    old, new = cache / f"{name}.1-aa.tmp", cache / f"{name}.2-bb.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 3600,) * 2)
    load("mnist", "test")
    assert not old.exists()
    assert new.exists()


def test_without_the_variable_the_platform_folder_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROVE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    place = _cache.folder()
    assert place is not None
    assert place.is_absolute()
    assert "backprove" in str(place)


def test_processes_that_start_together_do_not_disturb_each_other(cache: Path) -> None:
    program = (
        "from backprove.data import load\n"
        "for _ in range(5):\n"
        "    data = load('mnist', 'test')\n"
        "    print(len(data), int(data.y.sum()), int(data.x.sum(dtype='int64')))\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(said) == 1
    assert said.pop().split("\n")[0].split()[0] == "10000"
    assert len(list(cache.glob("*.npy"))) == 2
    assert not list(cache.glob("*.tmp"))


def test_a_damaged_installation_is_told(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = mnist.Packed(LABELS.file, LABELS.shape, "0" * 64)
    with pytest.raises(DataError, match="install backprove again"):
        mnist.unpack(wrong)
    missing = mnist.Packed("no-such-file", LABELS.shape, LABELS.sha256)
    with pytest.raises(DataError, match="no-such-file inside the installed package"):
        mnist.unpack(missing)
