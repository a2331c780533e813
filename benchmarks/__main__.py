"""Run one benchmark by its name, or all of them."""

from __future__ import annotations

import sys
from functools import partial

from backprove.cli.versions import versions
from benchmarks import (
    accuracy,
    cold_start,
    conventions,
    cost_memory,
    cost_memory_torch,
    cost_time,
    growth,
    memory,
    precision,
    time_to_accuracy,
)
from benchmarks.check import score, times
from benchmarks.cost import compare as cost_compare
from benchmarks.cost import printed as cost_printed
from benchmarks.doctor import cases, overhead, table
from benchmarks.speed import compare
from benchmarks.speed.work import WORKS


def _piece(work: str) -> None:
    compare.piece(work, sys.argv[2:])


ALL = {
    "accuracy": accuracy.main,
    "memory": memory.main,
    "speed": partial(compare.main, []),
    "check": score.main,
}
BY_NAME_ONLY = {
    "check-times": times.main,
    "cold-start": cold_start.main,
    "conventions": conventions.main,
    "cost": cost_compare.main,
    "cost-memory": cost_memory.main,
    "cost-memory-torch": cost_memory_torch.main,
    "cost-printed": cost_printed.main,
    "cost-time": cost_time.main,
    "doctor": table.main,
    "doctor-cases": cases.main,
    "growth": growth.main,
    "precision": precision.main,
    "time-to-accuracy": time_to_accuracy.main,
    "watching": overhead.main,
    **{f"speed-{work}": partial(_piece, work) for work in WORKS},
}
WITH_ARGUMENTS = (
    "cost",
    "cost-printed",
    "cost-time",
    "doctor",
    "doctor-cases",
    "precision",
    "time-to-accuracy",
    *(f"speed-{work}" for work in WORKS),
)
"""What reads the rest of the command line itself."""


def main() -> None:
    """Print the versions, then each benchmark's table."""
    known = {**ALL, **BY_NAME_ONLY}
    names = sys.argv[1:] or list(ALL)
    if names[0] in WITH_ARGUMENTS:
        names = names[:1]
    for name in names:
        if name not in known:
            sys.exit(f"unknown benchmark {name!r}: known are {', '.join(known)}")
    print(versions().replace("\n", ", "))
    for name in names:
        print(f"\n{name}")
        known[name]()


main()
