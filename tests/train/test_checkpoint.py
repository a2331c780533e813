"""Checkpoints: whole or not there, also when the process is killed; damage is noticed."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from backprove.errors import CheckpointError, UsageError
from backprove.files import replacing
from backprove.train import checkpoint

TREE = {"params": {"0.weight": np.arange(6.0).reshape(2, 3)}, "step": np.asarray(3)}

WRITER = """
import sys, numpy as np
from pathlib import Path
from backprove.train import checkpoint
path = Path(sys.argv[1])
start = int(sys.argv[2])
for number in range(start, start + 100000):
    tree = {"params": {"weight": np.full((300, 1000), number, dtype=np.float32)}}
    checkpoint.write(path, tree, {"number": number})
    print(number, flush=True)
"""


def test_round_trip(tmp_path) -> None:
    path = tmp_path / "a.safetensors"
    checkpoint.write(path, TREE, {"seed": 4})
    tree, header = checkpoint.read(path)
    np.testing.assert_array_equal(tree["params"]["0.weight"], TREE["params"]["0.weight"])
    assert tree["step"] == 3 and header["seed"] == 4
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


@pytest.mark.timeout(240)
def test_killed_fifty_times_the_last_checkpoint_is_never_lost(tmp_path) -> None:
    """kill -9 at random moments of writing: what is on the disk is always whole and recent."""
    path = tmp_path / "checkpoint.safetensors"
    rng = random.Random(0)
    done = 0
    for _ in range(50):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(done + 1)],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            written = int(writer.stdout.readline())
            time.sleep(rng.uniform(0.0, 0.05))
            writer.kill()
            written = max([written, *(int(n) for n in writer.stdout.read().split("\n")[:-1])])
        tree, header = checkpoint.read(path)
        assert written <= header["number"] <= written + 1
        assert np.all(tree["params"]["weight"] == header["number"])
        done = header["number"]
    assert done >= 50


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(share, tmp_path) -> None:
    path = tmp_path / "a.safetensors"
    checkpoint.write(path, TREE, {})
    body = path.read_bytes()
    path.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(CheckpointError, match="is damaged"):
        checkpoint.read(path)


def test_every_flipped_byte_is_noticed(tmp_path) -> None:
    path = tmp_path / "a.safetensors"
    checkpoint.write(path, TREE, {"seed": 4})
    body = path.read_bytes()
    for place in range(8, len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        path.write_bytes(changed)
        try:
            tree, header = checkpoint.read(path)
        except CheckpointError:
            continue
        assert header["seed"] == 4
        np.testing.assert_array_equal(tree["params"]["0.weight"], TREE["params"]["0.weight"])


def test_foreign_and_missing_files_are_refused(tmp_path) -> None:
    save_file({"w": np.zeros(2)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="was not written by backprove"):
        checkpoint.read(tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        checkpoint.read(tmp_path / "nothing.safetensors")
    (tmp_path / "text.safetensors").write_text("hello")
    with pytest.raises(CheckpointError, match="is damaged or not a checkpoint"):
        checkpoint.read(tmp_path / "text.safetensors")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.safetensors"
    checkpoint.write(path, TREE, {"seed": 4})

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="the disk is full; what was there before is unchanged"):
        checkpoint.write(path, TREE, {"seed": 5})
    monkeypatch.undo()
    assert checkpoint.read(path)[1]["seed"] == 4
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_real_full_device_is_told_clearly(tmp_path) -> None:
    with (
        pytest.raises(UsageError, match="the disk is full"),
        replacing(tmp_path / "b"),
        Path("/dev/full").open("wb", buffering=0) as stream,
    ):
        stream.write(b"x" * 100)
    assert not list(tmp_path.iterdir())


def test_file_of_knows_folders_and_names(tmp_path) -> None:
    assert checkpoint.file_of(tmp_path) == tmp_path / "checkpoint.safetensors"
    assert checkpoint.file_of(tmp_path / "a") == tmp_path / "a.safetensors"
    assert checkpoint.file_of(tmp_path / "a.safetensors") == tmp_path / "a.safetensors"
