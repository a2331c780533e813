"""Predicted against measured time of a training step, of networks that take above 1 ms.

For each engine a process of its own, bound to one core: it is timed by the time that it has the
core, so that other work on the machine matters little. `--measure` of the command line uses all
cores. Nothing is taken from the cache of rates.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from backprove.tables import text_table

CODE = """
import json, os, warnings
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
from backprove import LeakyReLU, Linear, ReLU, Residual, Sequential, ops
from backprove.cost import cost

def deep(width, depth, name):
    parts = [p for _ in range(depth) for p in (Linear(width, width), ops.operator(name))]
    return Sequential(*parts, Linear(width, 10))

def block():
    return Residual(Sequential(Linear(256, 256), ReLU(), Linear(256, 256)))

course = Sequential(
    Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10))
networks = {
    "course, batch 64": (course, 784, 64, "adam"),
    "course, batch 512": (course, 784, 512, "adam"),
    "784-256-10, batch 256": (Sequential(Linear(784, 256), ReLU(), Linear(256, 10)), 784, 256,
        "adam"),
    "10 x 128 ReLU, batch 512": (deep(128, 10, "ReLU"), 128, 512, "sgd"),
    "4 x 256 GELU, batch 1024": (deep(256, 4, "GELU"), 256, 1024, "momentum"),
    "4 x 256 sigmoid, batch 1024": (deep(256, 4, "Sigmoid"), 256, 1024, "adam"),
    "two residual blocks, batch 512": (
        Sequential(Linear(64, 256), block(), block(), Linear(256, 10)), 64, 512, "adam"),
}
for name, (net, width, batch, optimizer) in networks.items():
    found = cost(net, width, batch_size=batch, optimizer=optimizer, loss="cross_entropy",
                 measure=ENGINE).step
    print(json.dumps([name, found.predicted, found.measured, found.spread, found.cores]),
          flush=True)
"""


def main() -> None:
    """Both engines, one after the other."""
    headings = ["engine", "network", "predicted (ms)", "measured (ms)", "ratio", "spread", "cores"]
    for engine in ("numpy", "jax"):
        with tempfile.TemporaryDirectory() as folder:
            found = subprocess.run(
                [sys.executable, "-c", CODE.replace("ENGINE", repr(engine))],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "BACKPROVE_CACHE": folder},
            )
        rows = [_row(engine, *json.loads(line)) for line in found.stdout.splitlines()]
        print(text_table(headings, rows, right=(2, 3, 4, 5, 6)), flush=True)


def _row(
    engine: str, name: str, predicted: float, measured: float, spread: float, cores: int
) -> list[str]:
    times = [f"{predicted * 1e3:.2f}", f"{measured * 1e3:.2f}", f"{predicted / measured:.2f}"]
    return [engine, name, *times, f"{100 * spread:.0f} %", str(cores)]
