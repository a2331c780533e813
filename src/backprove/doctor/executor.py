"""Where re-runs are done: in processes on this machine, or in this process.

An executor is anything with `run(jobs)`, which gives (place in the list, outcome) in the order in
which the jobs end, and `close()`; jobs and outcomes are plain data, so a cluster's scheduler (Ray)
can stand behind the same two methods.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, ClassVar, Protocol

import msgspec

from backprove.doctor.jobs import Job, Outcome
from backprove.doctor.training import do
from backprove.errors import UsageError
from backprove.messages import current_language, render
from backprove.oracle.client import OracleError, Reference


class Executor(Protocol):
    """Runs jobs somewhere. A job that fails gives a outcome with its error."""

    def run(self, jobs: Sequence[Job], limit: float) -> Iterator[tuple[int, Outcome]]:
        """(place in the list, outcome) as the jobs end; `limit` is in seconds for each job."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class InProcess:
    """One job after the other in this process: for subjects that cannot travel.

    `subject_of` turns the `subject` of a job into something that can be started. A step that
    never ends cannot be stopped here.
    """

    def __init__(self, subject_of: Any) -> None:
        self._subject_of = subject_of

    def run(self, jobs: Sequence[Job], limit: float) -> Iterator[tuple[int, Outcome]]:
        for place, job in enumerate(jobs):
            yield place, do(job, self._subject_of)

    def close(self) -> None:
        """Nothing is held."""


class Worker(Reference):
    """One process that trains, see `doctor.worker`."""

    environment: ClassVar[dict[str, str]] = {
        name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    }

    def __init__(self) -> None:
        super().__init__(render("the re-run"))

    def _command(self) -> list[str]:
        return ["-P", "-m", "backprove.doctor.worker"]

    def train(self, job: Job, limit: float) -> Outcome:
        """Do one job; a time-out or a crash becomes the outcome's error."""
        self.timeout, began = limit, time.monotonic()
        try:
            asked = {"job": msgspec.to_builtins(job), "language": current_language()}
            found = self.ask("train", **asked)
        except OracleError as error:
            late = time.monotonic() - began >= limit
            return Outcome(job.seed, error=str(error), late=late)
        return msgspec.convert(found["outcome"], Outcome)


class Processes:
    """Several processes on this machine, as many as cores by default. Started when needed.

    Raises UsageError for fewer than one.
    """

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise UsageError("expected at least one worker, found {found}", found=workers)
        self.workers = [Worker() for _ in range(workers or _cores())]
        self.width = len(self.workers)

    def run(self, jobs: Sequence[Job], limit: float) -> Iterator[tuple[int, Outcome]]:
        waiting: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[int, Outcome]] = queue.SimpleQueue()
        for place, job in enumerate(jobs):
            waiting.put((place, job))
        stop = threading.Event()

        def work(worker: Worker) -> None:
            with suppress(queue.Empty):
                while not stop.is_set():
                    place, job = waiting.get_nowait()
                    done.put((place, worker.train(job, limit)))

        threads = [
            threading.Thread(target=work, args=(worker,), daemon=True)
            for worker in self.workers[: len(jobs)]
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in jobs:
                yield done.get()
        except BaseException:
            stop.set()
            self.close()
            raise
        for thread in threads:
            thread.join()

    def close(self) -> None:
        for worker in self.workers:
            worker.close()


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
