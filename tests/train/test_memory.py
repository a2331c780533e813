"""Training the course's network at batch 64 needs less than 1 GiB."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
from backprove import LeakyReLU, Linear, Model, Sequential
from backprove.data import load
net = Sequential(Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10))
model = Model(net, engine=sys.argv[1]).prepare("adam", "cross_entropy", ["accuracy"])
model.fit(load("mnist"), num_iters=60, verbose=0)
model.evaluate(load("mnist", split="test"))
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")
@pytest.mark.parametrize("engine", ["jax", "numpy"])
def test_peak_memory_is_below_one_gib(engine) -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, engine], capture_output=True, text=True, check=True
    )
    assert 50 * 1024 < int(found.stdout) < 1024 * 1024
