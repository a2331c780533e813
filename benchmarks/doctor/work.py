"""A clock that no other program on the machine moves: it counts the work of the re-runs.

The doctor's budget is in seconds. On a busy or slower machine fewer re-runs fit into them, so that
a table would tell more of the machine than of the doctor. Here a second is `PER_SECOND` of counted
work (`backprove.doctor.work`) on each of two processes, whatever the time: the same table comes
out everywhere. What is shown as seconds is the processor time that was really used.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from backprove.doctor import spec as specs
from backprove.doctor.executor import Processes
from backprove.doctor.jobs import Job, Outcome
from backprove.doctor.work import step_work

PER_SECOND = 5e10
WORKERS = 2
STARTING = 0.05
"""Seconds that a job takes beside its steps: data, a new network, the metric."""


class Work(Processes):
    """Processes that re-run, and a clock that goes on as they work."""

    def __init__(self) -> None:
        super().__init__(WORKERS)
        self._counted = self._worked = 0.0

    def counted(self) -> float:
        """Seconds by the count: the clock of a budget."""
        return self._counted

    def seconds(self) -> float:
        """Seconds of processor time, of the re-runs the one that worked longest of a portion."""
        return time.process_time() + self._worked

    def run(self, jobs: Sequence[Job], limit: float) -> Iterator[tuple[int, Outcome]]:
        """See `Executor.run`; a job may take far longer than its limit on a busy machine."""
        before, longest = self._used(), 0.0
        for place, outcome in super().run(jobs, 10 * limit):
            steps = counted_seconds(jobs[place], outcome.steps)
            longest = max(longest, steps + STARTING)
            yield place, msgspec.structs.replace(outcome, seconds=steps)
        self._counted += longest
        after = self._used()
        self._worked += max(max(b - a, 0.0) for a, b in zip(before, after, strict=True))

    def _used(self) -> list[float]:
        return [processor_seconds(worker.pid) for worker in self.workers]


def counted_seconds(job: Job, steps: int) -> float:
    """What steps of a job take by the count."""
    work = step_work(specs.convert(job.subject["config"])) * steps
    return work * (1.0 + job.watch) / PER_SECOND


def processor_seconds(pid: int | None) -> float:
    """The processor time that a process has used; 0 for none. Linux only (proc(5), stat)."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
