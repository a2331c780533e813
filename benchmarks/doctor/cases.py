"""Train every program of the folder `cases` and hold it against what others measured.

    python -m benchmarks doctor-cases [ID ...] [--seeds N] [--fixes] [--fresh]

Prints the metric of a rebuild by others, ours, and whether they agree in kind: as many trainings
are good, or bad, by the program's own success level. With --fixes also every listed repair.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from backprove.doctor.config_subject import ConfigSubject
from backprove.tables import text_table
from benchmarks.doctor.truth import FOLDER, FRESH, Fix, Truth, all_truth, program

SEEDS = 3
ENOUGH = 0.8
"""The share of good trainings from which on a repair works."""


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and the programs that do not behave as they should."""
    chosen = _parser().parse_args(sys.argv[2:] if arguments is None else arguments)
    folder = FRESH if chosen.fresh else FOLDER
    truth = all_truth(folder)
    rows, wrong = [], []
    for name in chosen.ids or truth:
        began = time.perf_counter()
        lines = list(examine(name, truth[name], chosen.seeds, chosen.fixes, folder))
        seconds = (time.perf_counter() - began) / (chosen.seeds * len(lines))
        for case, published, ours, word in lines:
            rows.append([case, published, ours, word, f"{seconds:.1f}"])
            wrong += [case] if word != "yes" else []
        print(f"{name} {lines[0][3]}", file=sys.stderr)
    print(text_table(["program", "measured by others", "here", "agrees", "s"], rows, right=(4,)))
    print(f"{len(rows) - len(wrong)} of {len(rows)} agree", *wrong, sep="\n")


def examine(name: str, truth: Truth, seeds: int, fixes: bool, folder: Path) -> Any:
    """(name, what others measured, what we did, "yes" or what differs) of a program and repairs."""
    subject = ConfigSubject(program(name, folder))
    found = metrics(subject, truth, seeds)
    yield name, shown(truth.measured), shown(found), agreement(truth, found)
    for fix in truth.fixes if fixes else []:
        found = metrics(subject.edited(fix.changes), truth, seeds)
        yield f"  {fix.name}", fix.status, shown(found), kept(fix, truth, found)


def metrics(subject: ConfigSubject, truth: Truth, seeds: int) -> list[float]:
    """The metric of a training from each seed; NaN where it diverged."""
    found = []
    for seed in range(seeds):
        run = subject.start(seed)
        while not run.finished:
            run.step()
        found.append(run.metric(truth.held_out))
    return found


def good(truth: Truth, values: list[float]) -> float:
    """The share of good trainings; NaN is bad."""
    return float(np.mean([value >= truth.success for value in values]))


def agreement(truth: Truth, found: list[float]) -> str:
    """Whether as large a share of the trainings is good, to within the noise of few seeds."""
    theirs, ours = good(truth, truth.measured), good(truth, found)
    mixed = 0.0 < theirs < 1.0
    if theirs == ours or (mixed and abs(theirs - ours) <= 0.67):
        return "yes"
    return f"{ours:.0%} good, not {theirs:.0%}"


def kept(fix: Fix, truth: Truth, found: list[float]) -> str:
    """Whether a repair does what is said of it."""
    works = good(truth, found) >= ENOUGH
    return "yes" if works == (fix.status == "accepted") else f"{good(truth, found):.0%} good"


def shown(values: list[float]) -> str:
    """Numbers, the first five of them."""
    more = " ..." if len(values) > 5 else ""
    return " ".join(f"{value:.3g}" for value in values[:5]) + more


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks doctor-cases")
    parser.add_argument("ids", nargs="*", metavar="ID", help="programs; all without any")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--fixes", action="store_true", help="train the listed repairs as well")
    parser.add_argument("--fresh", action="store_true", help="the second set")
    return parser
