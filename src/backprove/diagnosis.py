"""What the doctor adds to a result: the verdict, every re-run with what it proved, the fix.

Sentences are English templates with parameters, as in findings. All numbers are plain, so that
a table, a page or another program can be made from them.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from backprove.seen import Seen

Conclusion = Literal["causes", "healthy", "no signal", "too few steps", "undecided"]
Standing = Literal["confirmed", "refuted", "undecided", "help", "control", "as given"]


class Rerun(msgspec.Struct):
    """One program that was trained: what was changed and what came out over the seeds.

    phrase      an English template for the change, with its parameters
    metric      accuracy or R^2 by seed, NaN where the run overflowed
    standing    what it proved: confirmed (it repairs), refuted (it does not), undecided, help
                (it gains without reaching the level), control (nothing but the seed was changed)
    worked      how many seeds reached the level
    effect      mean gain of progress over the unchanged program, with its interval [low, high]
    family      the cause that it speaks for
    popular     the explanation is a popular one, so that its refutation is news
    measures    what was seen on the way from the first seed: "overshoot" is the largest ratio of
                the step to the largest stable one, "silent" the share of units that give 0 for
                every row at the end
    """

    name: str
    phrase: str
    parameters: dict[str, Any] = {}
    metric: list[float] = []
    loss: list[float] = []
    steps: int = 0
    standing: Standing = "undecided"
    worked: int = 0
    effect: float = 0.0
    low: float = 0.0
    high: float = 0.0
    family: str = ""
    popular: bool = False
    measures: dict[str, float] = {}


class Diagnosis(msgspec.Struct):
    """The verdict on a training, and what it rests on.

    floor       the metric of the best constant prediction
    attainable  the best metric that any re-run reached, the median over its seeds
    level       the metric that a change had to reach to count as a repair
    fix         the smallest change that repairs it, as lines of a difference between two configs;
                changes: the same as {dotted key: value}
    verified    the metric of the repaired program after all its steps, where it was trained so far
    spent       how many steps were run again; in seconds
    seen        what was seen while the training ran as given
    """

    conclusion: Conclusion
    sentence: str
    parameters: dict[str, Any] = {}
    metric_name: str = ""
    floor: float = 0.0
    attainable: float = 0.0
    level: float = 0.0
    reruns: list[Rerun] = []
    fix: list[str] = []
    fix_name: str = ""
    changes: dict[str, Any] = {}
    verified: float | None = None
    steps: int = 0
    spent_steps: int = 0
    spent_trainings: float = 0.0
    cut_short: bool = False
    interrupted: bool = False
    seen: Seen | None = None
