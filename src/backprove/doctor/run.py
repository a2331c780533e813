"""`examine(spec)`: why a training does not train, proved by training it again."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from backprove._version import __version__
from backprove.doctor.analysis import Analysis, analyse
from backprove.doctor.budget import Budget
from backprove.doctor.cache import Cache, default_cache
from backprove.doctor.claims import Claim, claims
from backprove.doctor.edits import Edit, combined
from backprove.doctor.examination import Examination, median
from backprove.doctor.executor import Executor, Processes
from backprove.doctor.experiments import Told
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.ideas import LONGER, Idea, popular
from backprove.doctor.outlook import trains
from backprove.doctor.program import Program
from backprove.doctor.reference import reference
from backprove.doctor.series import SERIES, lengthened, reduced, works
from backprove.doctor.spec import Spec
from backprove.doctor.verdict import Judgement
from backprove.findings import Result

BUDGET = "50s"

SUFFICIENT = 0.6
"""A single change that reaches this share of what is attainable is enough."""

MOST_EDITS = 4
"""So many edits of each hypothesis are tried."""

MOST_HYPOTHESES = 6
"""So many of the likeliest hypotheses are put to the test."""


def examine(
    spec: Spec,
    *,
    name: str = "",
    budget: str | Budget = BUDGET,
    workers: int | None = None,
    executor: Executor | None = None,
    cache: Cache | None = None,
    told: Told | None = None,
    verify: bool = False,
) -> Result:
    """Examine the training that a configuration describes.

    budget    "60s", "2m", or "20x" for multiples of the training's own work, which finds the
              same on any machine; or a `Budget`
    workers   processes that train at the same time; as many as cores by default
    verify    train a repair to the end as well, whatever that takes
    cache     where earlier re-runs are kept; `Cache(None)` keeps none

    An interrupt ends the re-runs, not the examination: what was found until then is judged.
    Raises UsageError and DataError for a program that cannot be started.
    """
    began = time.perf_counter()
    limit = Budget(budget) if isinstance(budget, str) else budget
    own = executor is None
    executor = executor or Processes(workers)
    try:
        exam = Examination(Program(spec), executor, cache or default_cache(), limit, told)
        judgement, analysis = _examined(exam)
        diagnosis = judgement.diagnosis()
        diagnosis.interrupted = exam.interrupted
        now = verify and not exam.interrupted
        diagnosis.verified = exam.verified(judgement.fix, now) if judgement.fix else None
    finally:
        if own:
            executor.close()
    return Result(
        name or spec.data.name,
        judgement.findings(analysis.symptoms),
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
        exam.time()
        exam.look()
        exam.cut_short = False
        if exam.trace is not None:
            analysis = analyse(exam)
        if not trains(exam) or analysis.mistakes:
            exam.cut_short = True
            singles(exam, analysis)
            together = in_series(exam, analysis)
            exam.control()
            exam.cut_short = exam.ended
    except KeyboardInterrupt:
        exam.cut_short = exam.interrupted = True
    proved = claims(exam, analysis.hypotheses)
    if together is not None:
        proved = parts_of(together[1], analysis)
    return Judgement(exam, analysis.hypotheses, proved, together), analysis


def singles(exam: Examination, analysis: Analysis) -> None:
    """Try what the trace suggests and what people suggest, each alone, the long runs last."""
    likely = analysis.hypotheses[:MOST_HYPOTHESES]
    ideas = [Idea(e, h.family, "repair", longer(e)) for h in likely for e in h.edits[:MOST_EDITS]]
    whole = combined(*reference(exam.spec, exam.facts, exam.total_steps))
    ideas.append(Idea(whole, SERIES, "reference", longer(whole)))
    exam.attempt(
        [idea for idea in ideas if idea.longer == 1 or idea.edit is whole],
        keep=[e.id for h in likely[:3] for e in h.edits[:1]],
    )
    if not settled(exam, analysis):
        exam.extend()
    others = [Idea(e, h.family, "refute", longer(e)) for h in likely[:2] for e in h.refuters]
    others += popular(exam.spec)
    exam.attempt(
        [idea for idea in others if idea.longer == 1],
        keep=[idea.edit.id for idea in others if idea.purpose == "refute"],
    )
    if not settled(exam, analysis):
        exam.extend()
    long = [idea for idea in [*ideas, *others] if idea.longer > 1 and idea.edit is not whole]
    exam.attempt(sorted(filter(lambda i: useful(exam, analysis, i), long), key=lambda i: i.longer))


def useful(exam: Examination, analysis: Analysis, idea: Idea) -> bool:
    """Whether more steps can change anything: not behind NaN, nor where a whole layer is dead.

    Re-runs that were cut short say nothing about it. Very long runs are left out where a cause is
    proved already, unless too few steps are the first thing that the trace speaks for.
    """
    trace = exam.trace
    if trace is None or trace.broken is not None or trace.last.dead_layer:
        return False
    if exam.steps < exam.total_steps:
        return False
    first = bool(analysis.hypotheses) and analysis.hypotheses[0].family == "epochs"
    return idea.longer <= LONGER or first or not settled(exam, analysis)


def settled(exam: Examination, analysis: Analysis) -> bool:
    """Whether a cause is proved by an edit that does not cure many others as well."""
    proved = claims(exam, analysis.hypotheses)
    return bool(proved) and not proved[0].partial and not exam.edit(proved[0].arm).masking


def longer(edit: Edit) -> int:
    """How many times as many steps an edit asks for."""
    return lengthened(edit.parts or (edit,))


def in_series(exam: Examination, analysis: Analysis) -> tuple[str, list[Edit]] | None:
    """The smallest set of changes, where no single one is enough; None if one is, or none works.

    Runs that were cut short do not tell what is enough: then a change that helps is left alone.
    """
    proved = claims(exam, analysis.hypotheses)
    if (
        proved
        and not proved[0].partial
        and median(exam.laboratory.progress(proved[0].arm)) >= SUFFICIENT * exam.attainable
    ):
        return None
    if proved and exam.steps < exam.total_steps:
        return None
    sets = [_likely(exam, analysis, proved), reference(exam.spec, exam.facts, exam.total_steps)]
    for parts in sets:
        if len(parts) < 2 or exam.budget.left <= 0:
            continue
        if works(exam, parts, longer(combined(*parts))):
            kept = reduced(exam, parts)
            return (combined(*kept).id, kept) if len(kept) > 1 else None
    return None


def _likely(exam: Examination, analysis: Analysis, proved: Sequence[Claim]) -> list[Edit]:
    """One edit for each likely hypothesis, the likeliest first, no key touched twice."""
    chosen: list[Edit] = [exam.edit(claim.arm) for claim in proved[:1]]
    keys = {key for edit in chosen for key in edit.changes}
    for hypothesis in analysis.hypotheses[:MOST_HYPOTHESES]:
        for edit in hypothesis.edits[:1]:
            if not keys & set(edit.changes) and edit.id not in exam.refused:
                chosen.append(edit)
                keys |= set(edit.changes)
    return chosen


def parts_of(parts: Sequence[Edit], analysis: Analysis) -> list[Claim]:
    """The hypotheses behind the parts of a repair in series, the likeliest first."""
    found: dict[str, Claim] = {}
    for part in parts:
        hypothesis = _named(part, analysis.hypotheses)
        if hypothesis is not None and hypothesis.family not in found:
            claim = Claim(hypothesis, part.id, None, None, hypothesis.prior)
            found[hypothesis.family] = claim
    return sorted(found.values(), key=lambda claim: -claim.weight)


def _named(part: Edit, hypotheses: Sequence[Hypothesis]) -> Hypothesis | None:
    """The hypothesis that names an edit, or an edit of the same keys."""
    named = [h for h in hypotheses if part.id in {e.id for e in h.edits}]
    touching = [h for h in hypotheses if any(set(e.changes) & set(part.changes) for e in h.edits)]
    return next(iter([*named, *touching]), None)
