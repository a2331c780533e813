"""`assert_correct(op)`: a check as one line of a test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.check.references import references_of
from backprove.check.run import check
from backprove.finding_view import entry, verdict_sentence
from backprove.findings import Result


def assert_correct(
    target: Any,
    against: str | Sequence[str] = ("exact",),
    *,
    convention: str = "",
    seed: int = 0,
    **arguments: Any,
) -> Result:
    """Check an operator; raise AssertionError with the findings in words where it is wrong.

    The arguments are those of `check`; `against` may be one text with commas as well. What is
    told for information (another convention, a reference that is wrong) does not raise: it is in
    the result, which is returned. Raises UsageError if there is nothing to hold the operator
    against, and DependencyError if a reference is not installed.
    """
    __tracebackhide__ = True
    names = references_of(against)
    result = check(target, names, convention=convention, seed=seed, **arguments)
    if result.exit_code:
        raise AssertionError(failure_text(result))
    return result


def failure_text(result: Result) -> str:
    """What is wrong (place, counterexample, source and script), then the verdict."""
    wrong = [finding for finding in result.findings if finding.level != "info"]
    return "\n\n".join([*map(entry, wrong), verdict_sentence(result)])
