"""Every idea on its own: what the trace suggests, what people suggest, the long runs last."""

from __future__ import annotations

from backprove.doctor.analysis import Analysis
from backprove.doctor.claims import claims
from backprove.doctor.edits import combined
from backprove.doctor.examination import Examination
from backprove.doctor.experiments import SEEDS
from backprove.doctor.ideas import LONGER, Idea, popular
from backprove.doctor.reference import reference
from backprove.doctor.series import MOST_HYPOTHESES, SERIES, longer
from backprove.doctor.trials import attempt, extend

MOST_EDITS = 4
"""So many edits of each hypothesis are tried."""


def singles(exam: Examination, analysis: Analysis) -> None:
    """Try what the trace suggests and what people suggest, each alone, the long runs last."""
    likely = analysis.hypotheses[:MOST_HYPOTHESES]
    ideas = [Idea(e, h.family, "repair", longer(e)) for h in likely for e in h.edits[:MOST_EDITS]]
    whole = combined(*reference(exam.spec, exam.facts, exam.total_steps))
    ideas.append(Idea(whole, SERIES, "reference", longer(whole)))
    attempt(
        exam,
        [idea for idea in ideas if idea.longer == 1 or idea.edit is whole],
        keep=[e.id for h in likely[:3] for e in h.edits[:1]],
    )
    if not settled(exam, analysis):
        extend(exam)
    others = [Idea(e, h.family, "refute", longer(e)) for h in likely[:2] for e in h.refuters]
    others += popular(exam.spec)
    attempt(
        exam,
        [idea for idea in others if idea.longer == 1],
        keep=[idea.edit.id for idea in others if idea.purpose == "refute"],
    )
    if not settled(exam, analysis):
        extend(exam)
    long = [idea for idea in [*ideas, *others] if idea.longer > 1 and idea.edit is not whole]
    attempt(exam, sorted(filter(lambda i: useful(exam, analysis, i), long), key=lambda i: i.longer))


def useful(exam: Examination, analysis: Analysis, idea: Idea) -> bool:
    """Whether more steps can change anything: not behind NaN, nor where a whole layer is dead.

    Re-runs that were cut short say nothing about it. Very long runs are left out where a cause is
    proved already, or where they would take most of the budget, unless too few steps are the first
    thing that the trace speaks for.
    """
    trace = exam.trace
    if trace is None or trace.broken is not None or trace.last.dead_layer:
        return False
    if exam.steps < exam.total_steps:
        return False
    if idea.longer <= LONGER:
        return True
    first = bool(analysis.hypotheses) and analysis.hypotheses[0].family == "epochs"
    return first or (cheap(exam, idea) and not settled(exam, analysis))


def cheap(exam: Examination, idea: Idea) -> bool:
    """Whether a long run leaves half of the budget for faults that act in series."""
    steps = SEEDS * idea.longer * exam.steps
    return steps <= 0.5 * exam.laboratory.room(exam.program)


def settled(exam: Examination, analysis: Analysis) -> bool:
    """Whether a cause is proved by an edit that does not cure many others as well."""
    proved = claims(exam, analysis.hypotheses)
    return bool(proved) and not proved[0].partial and not exam.edit(proved[0].arm).masking
