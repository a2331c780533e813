"""A process that re-runs trainings: `python -m backprove.doctor.worker`.

It reads jobs from its standard input and answers with outcomes on its standard output. One thread
each for the linear algebra, so that several processes share a machine and a run gives the same
bits wherever it is done.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import msgspec
import numpy as np

from backprove.doctor.jobs import Job
from backprove.doctor.program import from_job
from backprove.doctor.training import do
from backprove.messages import choose_language
from backprove.oracle import wire


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the job of a request."""
    choose_language(request["language"])
    job = msgspec.convert(request["job"], Job)
    return {"outcome": msgspec.to_builtins(do(job, from_job))}


def main() -> None:
    """Answer until the input ends. Ctrl-C is left to the process that asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    np.seterr(all="ignore")
    while (request := wire.receive(sys.stdin.buffer)) is not None:
        wire.send(sink, answer(request))


if __name__ == "__main__":
    main()
