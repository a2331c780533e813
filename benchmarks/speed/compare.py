"""Rounds over all peers on one work: medians, spread, ratios, the share of the products' limit.

`python -m benchmarks speed` prints a table for each work and writes
benchmarks/results/speed-WORK.json and .svg. `python -m benchmarks speed-WORK NAME ...` runs only
the peers of these names, once, and adds their run to those in the file: a long comparison can be
made in pieces.
"""

from __future__ import annotations

import datetime
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backprove.tables import text_table
from benchmarks.speed import chart, gemm
from benchmarks.speed.places import PLACES, THREADS, Place
from benchmarks.speed.work import WORKS, Work, write_arrays

ROUNDS = 2
IMAGES = 60_000
HERE = Path(__file__).parent
RESULTS = HERE.parent / "results"


def main(names: list[str]) -> None:
    """Every named work, or all."""
    for name in names or list(WORKS):
        _write(compare(WORKS[name], PLACES, ROUNDS))


def piece(work: str, names: list[str]) -> None:
    """One more round of the named peers, or of all, beside what the file holds already."""
    known = {place.name: place for place in PLACES}
    for name in names:
        if name not in known:
            sys.exit(f"unknown peer {name!r}: known are {', '.join(known)}")
    file = RESULTS / f"speed-{work}.json"
    before = json.loads(file.read_text()) if file.exists() else None
    chosen = tuple(known[name] for name in names) or PLACES
    _write(compare(WORKS[work], chosen, 1, before))


def _write(found: dict[str, Any]) -> None:
    name = found["work"]["name"]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"speed-{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / f"speed-{name}.svg").write_text(chart.bars(found))
    print(table(found))


def compare(
    work: Work, places: tuple[Place, ...], rounds: int, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The peers in turn, `rounds` times, and the limit measured between the rounds."""
    runs: dict[str, list[dict[str, Any]]] = {place.name: [] for place in PLACES}
    limits: list[dict[str, float]] = []
    if before is not None:
        limits.append(before["limit"])
        runs |= {row["name"]: row["runs"] for row in before["rows"]}
    with tempfile.TemporaryDirectory() as folder:
        write_arrays(work, Path(folder))
        (Path(folder) / "work.json").write_text(json.dumps(asdict(work)))
        for _ in range(rounds):
            limits.append(products(work))
            for place in places:
                runs[place.name].append(run(place, folder))
    return summary(work, runs, limits)


def summary(
    work: Work, runs: dict[str, list[dict[str, Any]]], limits: list[dict[str, float]]
) -> dict[str, Any]:
    """What the file of results holds; peers that were never run are left out."""
    return {
        "work": asdict(work),
        "date": datetime.date.today().isoformat(),
        "machine": {"processor": _processor(), "cores": THREADS, "system": platform.platform()},
        "limit": {name: min(limit[name] for limit in limits) for name in limits[0]},
        "products": work.products,
        "rows": [_row(place, runs[place.name]) for place in PLACES if runs[place.name]],
    }


def run(place: Place, folder: str) -> dict[str, Any]:
    """One peer in a process of its own; {"error": ...} where it does not run."""
    words = [place.python, str(HERE / "one.py"), place.peer, folder, json.dumps(place.options)]
    if not Path(place.python).exists():
        return {"error": "its environment is not there: make bench sets it up"}
    found = subprocess.run(
        words, capture_output=True, text=True, env=place.environment(), timeout=900, check=False
    )
    if found.returncode:
        return {"error": (found.stderr.strip().splitlines() or ["no words"])[-1]}
    return dict(json.loads(found.stdout.strip().splitlines()[-1]))


def products(work: Work) -> dict[str, float]:
    """Seconds that the matrix products of an epoch need, by library and at the best rate of each
    shape by any float32 library ("best")."""
    shapes = work.shapes()
    steps = IMAGES / work.batch_size
    times = {}
    for library in gemm.LIBRARIES:
        words = [sys.executable, str(HERE / "gemm.py"), library, json.dumps(shapes)]
        found = subprocess.run(
            words, capture_output=True, text=True, env=PLACES[0].environment(), check=False
        )
        if not found.returncode:
            times[library] = json.loads(found.stdout.strip().splitlines()[-1])
    float32 = [t for name, t in times.items() if "bfloat16" not in name]
    best = [min(column) for column in zip(*float32, strict=True)]
    return {name: sum(t) * steps for name, t in times.items()} | {"best": sum(best) * steps}


def _row(place: Place, runs: list[dict[str, Any]]) -> dict[str, Any]:
    good = [found for found in runs if "error" not in found]
    row: dict[str, Any] = {
        "name": place.name,
        "precision": place.precision,
        "note": "ReLU in place of LeakyReLU" if place.relu_only else "",
        "runs": runs,
    }
    if not good:
        return row | {"error": runs[-1]["error"]}
    epochs = [seconds for found in good for seconds in found["epochs"]]
    return row | {
        "seconds": statistics.median(epochs),
        "fastest": min(epochs),
        "slowest": max(epochs),
        "first": statistics.median(found["first"] for found in good),
        "accuracy": statistics.mean(found["accuracy"] for found in good),
        "inference_1": statistics.median(found["inference_1"] for found in good),
        "inference_10000": statistics.median(found["inference_10000"] for found in good),
        "versions": good[-1]["versions"],
        "pools": good[-1]["pools"],
    }


def table(found: dict[str, Any]) -> str:
    """The results as text."""
    work, best = found["work"], found["limit"]["best"]
    ours = next((r["seconds"] for r in found["rows"] if r["name"] == "backprove"), None)
    rows, errors = [], []
    for row in found["rows"]:
        if "error" in row:
            errors.append(f"{row['name']} did not run: {row['error']}")
            continue
        rows.append(
            [
                row["name"],
                row["precision"],
                f"{IMAGES / row['seconds']:,.0f}",
                f"{row['seconds']:.2f} ({row['fastest']:.2f} to {row['slowest']:.2f})",
                f"{row['seconds'] / ours:.2f}" if ours else "",
                f"{row['first']:.1f}",
                f"{row['accuracy']:.2%}",
                f"{row['inference_1'] * 1e3:.2f}",
                f"{row['inference_10000'] * 1e3:.0f}",
            ]
        )
    headings = [
        "who", "precision", "samples/s", "s an epoch (range)", "x ours", "first epoch",
        "accuracy", "ms for 1", "ms for 10,000",
    ]  # fmt: skip
    sizes = "-".join(map(str, work["sizes"]))
    limits = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in found["limit"].items())
    shares = "; ".join(
        f"{best / row['seconds']:.0%} of the time of {row['name']}"
        for row in found["rows"]
        if row["name"].startswith("backprove")
        and row["precision"] == "float32"
        and "error" not in row
    )
    versions = sorted({f"{k} {v}" for r in found["rows"] for k, v in r.get("versions", {}).items()})
    return "\n".join(
        [
            f"{work['name']}: {sizes}, batch {work['batch_size']}, {found['machine']['processor']},"
            f" {found['machine']['cores']} threads",
            text_table(headings, rows, right=tuple(range(2, 9))),
            f"the matrix products alone need: {limits}{shares and f'; that is {shares}'}",
            *errors,
            ", ".join(versions),
            "",
        ]
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
