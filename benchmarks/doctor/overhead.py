"""What watching a training costs: time of a watched run relative to an unwatched one.

Both run from the same seed, alternately, and the shortest of several processor times is taken.
Default sampling is what a callback uses that only watches; the doctor looks more thoroughly at the
one run that it has to explain.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.observe import THOROUGH, Observer
from backprove.doctor.sampling import SHARE
from backprove.doctor.spec import changed, read
from backprove.tables import text_table

CASES = ("H2", "H8", "H16", "H20", "C8", "PQ10")
"""Programs that run to their end, from 240 to 2400 steps and from 1 to 784 inputs."""

REPEATS = 3
FOLDER = Path(__file__).parent / "cases"


def main() -> None:
    """One line a program."""
    rows = []
    for name in CASES:
        subject = ConfigSubject(changed(read(FOLDER / f"{name}.toml"), {}))
        subject.start(0).step()
        times: dict[float, list[float]] = {0.0: [], SHARE: [], THOROUGH: []}
        for _ in range(REPEATS):
            for share, found in times.items():
                found.append(_seconds(subject, share))
        plain, light, full = (min(found) for found in times.values())
        steps = subject.start(0).total_steps
        cells = [f"{100 * (t / plain - 1):.1f}" for t in (light, full)]
        rows.append([name, str(steps), f"{plain:.2f}", *cells])
    headings = ["program", "steps", "CPU seconds", "watched (+%)", "thoroughly (+%)"]
    print(text_table(headings, rows, right=range(1, 5)))


def _seconds(subject: Any, share: float) -> float:
    """One training, watched unless the share is 0."""
    run = subject.start(0)
    start = time.process_time()
    if share:
        observer = Observer(run, share=share)
        while not run.finished:
            observer.after(run.step())
        observer.trace(final=False)
    else:
        while not run.finished:
            run.step()
    return time.process_time() - start
