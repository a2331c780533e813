"""Time that other programs on the machine do not lengthen: the processors' time of a diagnosis.

The doctor's budget is in seconds. On a busy machine fewer re-runs fit into them, so that a table
would tell more of the machine than of the doctor. Here a second is one of processor time: that of
this process, and of the re-runs the one that worked longest of those that ran side by side. On an
idle machine that is the time of the wall.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from backprove.doctor.executor import Processes
from backprove.doctor.jobs import Job, Outcome


class Work(Processes):
    """Processes that re-run, and the clock that goes on as they work."""

    def __init__(self) -> None:
        super().__init__()
        self._worked = 0.0

    def seconds(self) -> float:
        """Seconds of work so far."""
        return time.process_time() + self._worked

    def run(self, jobs: Sequence[Job], limit: float) -> Iterator[tuple[int, Outcome]]:
        """See `Executor.run`; a job may take far longer than its limit on a busy machine."""
        before = self._used()
        for place, outcome in super().run(jobs, 10 * limit):
            yield place, msgspec.structs.replace(outcome, seconds=outcome.cpu_seconds)
        after = self._used()
        self._worked += max(max(b - a, 0.0) for a, b in zip(before, after, strict=True))

    def _used(self) -> list[float]:
        return [processor_seconds(worker.pid) for worker in self.workers]


def processor_seconds(pid: int | None) -> float:
    """The processor time that a process has used; 0 for none. Linux only (proc(5), stat)."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
