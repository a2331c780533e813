"""`examine(spec)`: why a training does not train, proved by training it again."""

from __future__ import annotations

import time

import numpy as np

from backprove._version import __version__
from backprove.doctor.analysis import Analysis, analyse
from backprove.doctor.budget import Budget
from backprove.doctor.cache import Cache, default_cache
from backprove.doctor.claims import claims
from backprove.doctor.examination import Examination
from backprove.doctor.executor import Executor, Processes
from backprove.doctor.experiments import Told
from backprove.doctor.failures import failures
from backprove.doctor.opening import control, look, time_steps
from backprove.doctor.outlook import trains
from backprove.doctor.program import Program
from backprove.doctor.seen import seen
from backprove.doctor.series import in_series, parts_of
from backprove.doctor.singles import singles
from backprove.doctor.spec import Spec
from backprove.doctor.trials import verified
from backprove.doctor.verdict import Judgement
from backprove.findings import Result

BUDGET = "50s"


def examine(
    spec: Spec,
    *,
    name: str = "",
    budget: str | float | Budget = BUDGET,
    workers: int | None = None,
    executor: Executor | None = None,
    cache: Cache | None = None,
    told: Told | None = None,
    verify: bool = False,
) -> Result:
    """Examine the training that a configuration describes.

    budget    seconds, "60s", "2m", or "20x" for multiples of the training's own work, which finds
              the same on any machine; or a `Budget`
    workers   processes that train at the same time; as many as cores by default
    verify    train a repair to the end as well, whatever that takes
    cache     where earlier re-runs are kept; `Cache(None)` keeps none

    An interrupt ends the re-runs, not the examination: what was found until then is judged.
    Raises UsageError and DataError for a program that cannot be started.
    """
    began = time.perf_counter()
    limit = budget if isinstance(budget, Budget) else Budget(str(budget))
    own = executor is None
    executor = executor or Processes(workers)
    try:
        exam = Examination(Program(spec), executor, cache or default_cache(), limit, told)
        judgement, analysis = _examined(exam)
        diagnosis = judgement.diagnosis()
        if judgement.fix:
            diagnosis.verified = _verified(exam, judgement.fix, verify)
        diagnosis.interrupted, diagnosis.seen = exam.interrupted, seen(exam)
    finally:
        if own:
            executor.close()
    return Result(
        name or spec.data.name,
        judgement.findings([*analysis.symptoms, *failures(exam)]),
        versions={"backprove": __version__, "numpy": np.__version__},
        seed=spec.training.seed,
        seconds=time.perf_counter() - began,
        diagnosis=diagnosis,
    )


def _examined(exam: Examination) -> tuple[Judgement, Analysis]:
    """All stages; an interrupt leaves what was measured until then."""
    analysis, together = Analysis(), None
    try:
        exam.cut_short = True
        time_steps(exam)
        look(exam)
        exam.cut_short = False
        if exam.trace is not None:
            analysis = analyse(exam)
        if not trains(exam) or analysis.mistakes:
            exam.cut_short = True
            singles(exam, analysis)
            together = in_series(exam, analysis)
            control(exam)
            exam.cut_short = exam.ended
    except KeyboardInterrupt:
        exam.cut_short = exam.interrupted = True
    proved = claims(exam, analysis.hypotheses)
    if together is not None:
        proved = parts_of(together[1], analysis)
    return Judgement(exam, analysis.hypotheses, proved, together), analysis


def _verified(exam: Examination, fix: str, wanted: bool) -> float | None:
    """The metric of the repaired program at its end; an interrupt leaves it open."""
    try:
        return verified(exam, fix, wanted and not exam.interrupted)
    except KeyboardInterrupt:
        exam.interrupted = True
        return None
