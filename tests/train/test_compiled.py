"""Compiled programs are found again by the next process, and half-written ones never."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from backprove.train.engine import compiled

PROGRAM = """
import os, sys
import jax
events = []
jax.monitoring.register_event_listener(lambda event, **about: events.append(event))
import numpy as np
from backprove import Linear, Model, ReLU, Sequential
from backprove.train.engine import compiled
compiled.SHORTEST = 0.0
model = Model(Sequential(Linear(4, 8), ReLU(), Linear(8, 3))).prepare("adam", "cross_entropy")
rng = np.random.default_rng(0)
x, y = rng.random((32, 4), np.float32), rng.integers(0, 3, 32)
history = model.fit((x, y), batch_size=8, epochs=2, verbose=0)
count = lambda word: sum(event.endswith(word) for event in events)
print(count("cache_misses"), count("cache_hits"), history.records[-1]["loss"].hex(), flush=True)
if "killed" in sys.argv:
    os._exit(9)
"""


def train(cache: Path, *words: str, **environment: str) -> list[str]:
    """[programs compiled, programs found, loss] of a training in a process of its own."""
    env = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        env={**env, "BACKPROVE_CACHE": str(cache), **environment},
        check="killed" not in words,
    )
    assert found.stderr == ""
    return found.stdout.split()


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("jax/*/*-cache"))


def test_the_second_process_compiles_nothing_and_computes_the_same(tmp_path) -> None:
    compiled_first, found_first, loss = train(tmp_path)
    files = kept(tmp_path)
    assert int(compiled_first) == len(files) > 0 and found_first == "0"
    assert train(tmp_path) == ["0", compiled_first, loss]
    assert kept(tmp_path) == files
    assert not list(tmp_path.glob("jax/*/own-*"))


def test_a_killed_process_leaves_nothing_that_others_read(tmp_path) -> None:
    assert int(train(tmp_path, "killed")[0]) > 0
    assert kept(tmp_path) == []
    assert len(list(tmp_path.glob("jax/*/own-*"))) == 1
    train(tmp_path)
    assert kept(tmp_path) != []
    assert len(list(tmp_path.glob("jax/*/own-*"))) == (0 if os.name == "posix" else 1)


def test_without_a_folder_it_trains_all_the_same(tmp_path) -> None:
    """What is there is a file, so no folder can be made in it."""
    place = tmp_path / "file"
    place.write_bytes(b"")
    assert train(place)[:2] == ["0", "0"]


def test_a_folder_that_the_user_chose_is_left_alone(tmp_path) -> None:
    own = tmp_path / "own"
    train(tmp_path / "ours", JAX_COMPILATION_CACHE_DIR=str(own))
    assert kept(tmp_path / "ours") == []


def test_the_oldest_are_removed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(compiled, "MOST", 2)
    own, shared = tmp_path / "own-1", tmp_path
    own.mkdir()
    for i, name in enumerate("abc"):
        (shared / f"{name}-cache").write_bytes(name.encode())
        os.utime(shared / f"{name}-cache", (i, i))
    (own / "c-cache").write_bytes(b"c")
    (own / "new-cache").write_bytes(b"new")
    compiled.publish(own, shared)
    assert {path.name for path in shared.iterdir()} == {"c-cache", "new-cache"}
