"""One re-run: start a subject from a seed, take its steps, measure what it reached."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.doctor.jobs import Job, Outcome, words
from backprove.doctor.observe import Observer

LAST = 20
"""The loss of a run is the mean of so many last steps."""

LOOK = 16
"""After so many steps the parameters are looked at."""

KEPT = 60
"""So many points of the loss curve are kept."""


def do(job: Job, subject_of: Callable[[Any], Any]) -> Outcome:
    """Make the subject of a job and train it. What cannot be made ends up in the outcome."""
    try:
        subject = subject_of(job.subject)
    except Exception as error:
        return Outcome(job.seed, error=words(error))
    return train(subject, job)


def train(subject: Any, job: Job) -> Outcome:
    """Run one training and measure it. An exception of the subject ends up in the outcome."""
    outcome = Outcome(job.seed)
    try:
        with np.errstate(all="ignore"):
            _train(subject, job, outcome)
    except Exception as error:
        outcome.error = words(error)
    return outcome


def _train(subject: Any, job: Job, outcome: Outcome) -> None:
    run = subject.start(job.seed)
    outcome.total_steps = run.total_steps
    steps = min(job.steps, run.total_steps) if job.steps else run.total_steps
    observer = Observer(run, share=job.watch) if job.watch else None
    losses: list[float] = []
    began = time.perf_counter()
    while len(losses) < steps and not run.finished:
        if len(losses) == 1:
            began = time.perf_counter()
        losses.append(float(run.step()))
        if observer is not None:
            observer.after(losses[-1])
        if len(losses) % LOOK == 0 and not _finite(run):
            break
    timed = max(1, len(losses) - 1)
    outcome.seconds = (time.perf_counter() - began) * len(losses) / timed
    outcome.steps = len(losses)
    outcome.first_loss = losses[0] if losses else math.nan
    outcome.loss = float(np.mean(losses[-LAST:])) if losses else math.nan
    outcome.curve = _thinned(losses)
    outcome.stopped = run.diverged_at or (None if _finite(run) else len(losses))
    if outcome.stopped is None:
        outcome.metric = float(run.metric())
        if getattr(run, "has_held_out", False):
            outcome.held_out = float(run.metric(held_out=True))
    if observer is not None:
        outcome.trace = observer.trace().to_json()


def _finite(run: Any) -> bool:
    """Whether all parameters are finite; the loss mostly tells first."""
    return all(bool(np.isfinite(value).all()) for value in run.parameters.values())


def _thinned(losses: list[float]) -> list[tuple[int, float]]:
    """Some points of the curve, evenly spread in the logarithm of the step, first and last too."""
    if not losses:
        return []
    places = np.unique(np.geomspace(1, len(losses), KEPT).round().astype(int))
    return [(int(step), losses[step - 1]) for step in places]
