"""Predicted against measured time of a training step, of networks that take above 1 ms.

    python -m benchmarks cost-time [numpy | jax] [one | all]

For each engine a process of its own. On one core it is timed by the time that it has the core, so
that other work on the machine matters little; on all cores, as `--measure` of the command line
does, by the clock. Nothing is taken from the cache of rates that the user has.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from backprove.tables import text_table

CODE = """
import json, os
if CORES == "one":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
from backprove import LeakyReLU, Linear, ReLU, Residual, Sequential, ops
from backprove.cost import cost

def deep(width, depth, name):
    parts = [p for _ in range(depth) for p in (Linear(width, width), ops.operator(name))]
    return Sequential(*parts, Linear(width, 10))

def norm(name, **options):
    return Sequential(Linear(256, 512), ops.operator(name, **options), ReLU(), Linear(512, 10))

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
networks |= {
    "layer norm, batch 1024": (norm("LayerNorm", normalized_shape=512), 256, 1024, "adam"),
    "batch norm, batch 1024": (norm("BatchNorm1D", num_features=512), 256, 1024, "adam"),
    "dropout, batch 1024": (norm("Dropout", p=0.5), 256, 1024, "adam"),
    "4 x 256 tanh, batch 1024": (deep(256, 4, "Tanh"), 256, 1024, "sgd"),
    "1000 classes, batch 256": (Sequential(Linear(512, 512), ReLU(), Linear(512, 1000)), 512, 256,
        "momentum"),
}
for name, (net, width, batch, optimizer) in networks.items():
    found = cost(net, width, batch_size=batch, optimizer=optimizer, loss="cross_entropy",
                 measure=ENGINE).step
    print(json.dumps([name, found.predicted, found.measured, found.spread, found.cores]),
          flush=True)
"""


HEADINGS = ["engine", "network", "predicted (ms)", "measured (ms)", "ratio", "spread", "cores"]


def main() -> None:
    """The engines that are asked for, one after the other."""
    words = sys.argv[2:]
    for engine in [w for w in words if w in ("numpy", "jax")] or ["numpy", "jax"]:
        for cores in [w for w in words if w in ("one", "all")] or ["one", "all"]:
            print(text_table(HEADINGS, _measured(engine, cores), right=(2, 3, 4, 5, 6)), flush=True)


def _measured(engine: str, cores: str) -> list[list[str]]:
    code = CODE.replace("ENGINE", repr(engine)).replace("CORES", repr(cores))
    with tempfile.TemporaryDirectory() as folder:
        found = subprocess.run(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "BACKPROVE_CACHE": folder},
        )
    return [_row(engine, *json.loads(line)) for line in found.stdout.splitlines()]


def _row(
    engine: str, name: str, predicted: float, measured: float, spread: float, cores: int
) -> list[str]:
    times = [f"{predicted * 1e3:.2f}", f"{measured * 1e3:.2f}", f"{predicted / measured:.2f}"]
    return [engine, name, *times, f"{100 * spread:.0f} %", str(cores)]
