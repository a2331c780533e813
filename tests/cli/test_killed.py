"""A real training run, killed with kill -9 again and again and resumed each time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from backprove.train import checkpoint

EPOCHS = 120
WORDS = ["--data", "iris", "--layers", "4,32,3", "--lr", "0.01", "--engine", "numpy", "-q"]


def start(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    """Begin `backprove train` in the background."""
    words = ["train", *WORDS, "--epochs", str(EPOCHS), "--out", str(folder), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "backprove", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "BACKPROVE_LANG": "en"},
    )


def test_ten_kills_change_nothing(tmp_path) -> None:
    with start(tmp_path / "whole") as whole:
        assert whole.wait(timeout=120) == 0, whole.stderr.read()
    folder, rng, kills = tmp_path / "killed", random.Random(5), 0
    for _ in range(60):
        exists = (folder / "checkpoint.safetensors").exists()
        with start(folder, *(["--resume"] if exists else [])) as process:
            deadline = time.monotonic() + 60
            before = (folder / "history.jsonl").stat().st_size if exists else 0
            while process.poll() is None and time.monotonic() < deadline:
                log = folder / "history.jsonl"
                if kills < 10 and log.exists() and log.stat().st_size > before:
                    time.sleep(rng.uniform(0, 0.05))
                    process.kill()
                    kills += 1
                    break
                time.sleep(0.002)
            code = process.wait(timeout=60)
            assert code in (0, -9), process.stderr.read()
        if code == 0:
            break
    assert kills >= 5
    first, second = (
        checkpoint.read(tmp_path / name / "checkpoint.safetensors")[0]
        for name in ("whole", "killed")
    )
    assert checkpoint.flatten(first).keys() == checkpoint.flatten(second).keys()
    for name, value in checkpoint.flatten(first).items():
        np.testing.assert_array_equal(checkpoint.flatten(second)[name], value)
    epochs = [
        json.loads(line)["epoch"] for line in (folder / "history.jsonl").read_text().splitlines()
    ]
    assert epochs == list(range(1, EPOCHS + 1))
