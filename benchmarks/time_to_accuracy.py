"""Seconds of training until 95, 97, 98 and 98.5 % of the test images, by the presets.

`python -m benchmarks time-to-accuracy [PRESET ...] [--seeds N]` trains every preset in processes
of their own, with ten seeds unless another number is given, the first time with an empty cache of
compiled programs ("cold") and then with what that left ("warm"). It prints a table and writes
benchmarks/results/time-to-accuracy-PRESET.json.

The test images are looked at between stretches of steps, with the clock stopped, and change
nothing: the recipes were chosen on images held out of the training images.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import Any

from backprove.tables import text_table
from benchmarks.speed.compare import RESULTS, _processor
from benchmarks.speed.places import THREADS

LEVELS = ("0.95", "0.97", "0.98", "0.985")
FAST = ("fast-95", "fast-98.5")


def main() -> None:
    """Measure the presets that are named, or the two fast ones."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks time-to-accuracy")
    parser.add_argument("presets", nargs="*", default=list(FAST))
    parser.add_argument("--seeds", type=int, default=10)
    chosen = parser.parse_args(sys.argv[2:])
    for name in chosen.presets:
        found = measure(name, chosen.seeds)
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"time-to-accuracy-{name}.json"
        path.write_text(json.dumps(found, indent=1) + "\n")
        print(table(found))


def measure(name: str, seeds: int) -> dict[str, Any]:
    """A cold run and one for each seed."""
    with tempfile.TemporaryDirectory() as cache:
        cold = run(name, 0, cache)
        warm = [run(name, seed, cache) for seed in range(seeds)]
    return {
        "preset": name,
        "date": datetime.date.today().isoformat(),
        "machine": {"processor": _processor(), "cores": THREADS},
        "cold": cold,
        "warm": warm,
    }


def run(name: str, seed: int, cache: str) -> dict[str, Any]:
    """One training in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.time_to_accuracy_run", name, str(seed)]
    environment = {**os.environ, "BACKPROVE_CACHE": cache}
    found = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
    return dict(json.loads(found.stdout.splitlines()[-1]))


def table(found: dict[str, Any]) -> str:
    """Means over the seeds; a level that a seed missed is not reached."""
    rows = []
    for label, runs in (("cold", [found["cold"]]), ("warm", found["warm"])):
        reached = [_mean([r["reached"].get(level) for r in runs]) for level in LEVELS]
        rows.append(
            [
                label,
                str(len(runs)),
                *reached,
                _mean([r["seconds"] for r in runs]),
                f"{max(r['seconds'] for r in runs):.2f}",
                f"{statistics.mean(r['accuracy'] for r in runs):.3%}",
                f"{min(r['accuracy'] for r in runs):.2%}",
                _mean([r["command"] for r in runs]),
            ]
        )
    headings = [
        "cache", "seeds", *(f"s to {float(level):.1%}" for level in LEVELS), "s in all", "longest",
        "mean accuracy", "lowest", "s with start",
    ]  # fmt: skip
    about = found["machine"]
    title = f"{found['preset']}: {about['processor']}, {about['cores']} threads"
    return f"{title}\n{text_table(headings, rows, right=tuple(range(1, len(headings))))}\n"


def _mean(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.mean(known):.2f}" if len(known) == len(values) else "not by all"
