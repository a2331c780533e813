"""What a framework does not offer: a dtype, a setting, an input. It is said, and is no mistake."""

from __future__ import annotations

import re
from typing import Any

from backprove.check.cells import HALF, Tally
from backprove.check.framework import Framework
from backprove.check.trial import Trial
from backprove.errors import UsageError
from backprove.findings import Check
from backprove.messages import render
from backprove.targets import Outcome
from backprove.targets.dotted import SYNONYMS


def names_a_setting(outcome: Outcome, trial: Trial, subject: Any) -> bool:
    """Whether a framework refuses a setting by its name: "The lower value must be ..."."""
    if not isinstance(subject, Framework) or outcome.kind != "raised":
        return False
    words = set(re.findall(r"\w+", outcome.error))
    groups = [{k, *(n for g in SYNONYMS if k in g for n in g)} for k in trial.arguments]
    return any(group & words for group in groups)


def refuse_all(tally: Tally, subject: Any) -> None:
    """Raise UsageError if a framework's operator has run on nothing at all."""
    if isinstance(subject, Framework) and tally.errors and not (tally.runs or tally.ended):
        raise UsageError(
            "{name} refuses everything that was tried: {error}",
            name=subject.facts["name"],
            error=tally.errors[0][0].error.partition("\n")[0],
        )


def checks(tally: Tally, subject: Any) -> list[Check]:
    """One check for each half precision, and one for random numbers that are not ours."""
    if not isinstance(subject, Framework):
        return []
    found = []
    for dtype in HALF:
        wrong = any(f.trial.dtype == dtype and f.kind != "special" for f in tally.failures)
        if dtype in tally.unsupported:
            words = tally.unsupported[dtype].partition("\n")[0][:120]
            found.append(_unsupported(dtype, subject.library, words))
        elif any(t.dtype == dtype for t, _ in tally.runs):
            found.append(Check(dtype, "wrong" if wrong else "ok"))
    if tally.random:
        words = render("draws its own random numbers: only what is not random is compared")
        found.append(Check("random numbers", "undecided", words))
    return found


def _unsupported(dtype: str, library: str, words: str) -> Check:
    text = render("not supported by {library}: {reason}", library=library, reason=words)
    return Check(dtype, "undecided", text)
