"""What watching a training costs: the time that goes into watching, relative to the steps.

Both are timed in one watched training, step for step, so that other programs on the machine slow
them alike; processor time, the median of several trainings. Default sampling is what a callback
uses that only watches; `THOROUGH` looks far more often.
"""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Any

from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.observe import THOROUGH, Observer
from backprove.doctor.sampling import SHARE
from backprove.doctor.spec import read
from backprove.tables import text_table

CASES = ("H2", "H8", "H16", "H20", "C8", "PQ10")
"""Programs that run to their end, from 240 to 2400 steps and from 1 to 784 inputs."""

REPEATS = 5
FOLDER = Path(__file__).parent / "cases"


def main() -> None:
    """One line a program."""
    rows = []
    for name in CASES:
        subject = ConfigSubject(read(FOLDER / f"{name}.toml"))
        _seconds(subject, THOROUGH)
        light, full = (
            [_seconds(subject, share) for _ in range(REPEATS)] for share in (SHARE, THOROUGH)
        )
        plain = median(steps for steps, _ in light)
        cells = [f"{100 * median(w / s for s, w in found):.1f}" for found in (light, full)]
        rows.append([name, str(subject.start(0).total_steps), f"{plain:.2f}", *cells])
    headings = ["program", "steps", "CPU seconds", "watched (+%)", "thoroughly (+%)"]
    print(text_table(headings, rows, right=range(1, 5)))


def _seconds(subject: Any, share: float) -> tuple[float, float]:
    """The processor seconds of the steps of one training, and those of watching it."""
    run = subject.start(0)
    clock, began = time.process_time, time.process_time()
    observer, steps = Observer(run, share=share), 0.0
    while not run.finished:
        start = clock()
        loss = run.step()
        steps += clock() - start
        observer.after(loss)
    observer.trace(final=False)
    return steps, clock() - began - steps
