"""Seconds until `backprove --help` is written and until `backprove train` has done its first steps.

`python -m benchmarks cold-start`. "cold" is with an empty cache of compiled programs, "warm" with
what the first training left there. The unpacked images are in the cache in both cases.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backprove.tables import text_table
from benchmarks.speed.compare import RESULTS

TIMES = 5
TRAIN = """
import sys, time
began = time.perf_counter()
from backprove.cli import run
from backprove.train.fit import Fit
stretch = Fit._stretch
def first(self, order):
    stretch(self, order)
    print("first", time.perf_counter() - began, file=sys.stderr)
    sys.exit(0)
Fit._stretch = first
run(["train", "-q", "--out", sys.argv[1]])
"""


def main() -> None:
    """Median, fastest and slowest of five runs each; benchmarks/results/cold-start.json."""
    help_words = [sys.executable, "-m", "backprove", "--help"]
    with tempfile.TemporaryDirectory() as cache:
        first_steps(cache)
        shutil.rmtree(Path(cache) / "jax", ignore_errors=True)
        found = {
            "help": [_seconds(help_words) for _ in range(TIMES)],
            "first steps, cold": [_cold(cache) for _ in range(TIMES)],
            "first steps, warm": [first_steps(cache) for _ in range(TIMES)],
        }
    rows = [
        [name, *(f"{f(times):.2f}" for f in (statistics.median, min, max))]
        for name, times in found.items()
    ]
    print(text_table(["until", "median s", "fastest", "slowest"], rows, right=(1, 2, 3)))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cold-start.json").write_text(json.dumps(found, indent=1) + "\n")


def first_steps(cache: str) -> float:
    """Seconds from the start of a `backprove train` to the end of its first steps."""
    with tempfile.TemporaryDirectory() as folder:
        return _seconds([sys.executable, "-c", TRAIN, folder + "/run"], BACKPROVE_CACHE=cache)


def _cold(cache: str) -> float:
    shutil.rmtree(Path(cache) / "jax", ignore_errors=True)
    return first_steps(cache)


def _seconds(words: list[str], **environment: str) -> float:
    """Seconds of a process, or those that it says itself."""
    began = time.perf_counter()
    found = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, **environment}, check=True
    )
    seconds = time.perf_counter() - began
    said = [line.split()[1] for line in found.stderr.splitlines() if line.startswith("first ")]
    return float(said[-1]) if said else seconds
