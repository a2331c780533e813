"""The smallest case at which one kind of failure of one result is still seen."""

from __future__ import annotations

from typing import Any

from backprove.check.cells import Tally
from backprove.check.shrink.arrays import reduced
from backprove.check.shrink.points import simplest
from backprove.check.trial import Failure


def smallest(found: list[Failure], subject: Any, tally: Tally) -> Failure:
    """The simplest of the failures, its arrays made smaller where they can be made anew."""
    least = simplest(found, subject, tally)
    make = tally.makers.get(id(least.trial))
    return least if make is None else reduced(least, subject, make, _sizes(least, subject))


def _sizes(least: Failure, subject: Any) -> dict[str, int]:
    """Constructor arguments that are lengths of axes and that nobody asked for."""
    chosen = {**getattr(subject, "guesses", {}), **least.trial.arguments}
    return {k: v for k, v in chosen.items() if isinstance(v, int) and not isinstance(v, bool)}
