"""What is known of one program: its facts, its trace, every re-run so far, and what they add up to.

It is filled in stages, each in a file of its own:

    opening   a few steps, twice, from the same seed; then the program as given, watched
    trials    ideas, each on its own, from more seeds where they disagree
    series    if none is enough: together, and then parts are taken away again

All of it is kept here, so that an interrupt loses nothing that was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.doctor.budget import Budget
from backprove.doctor.cache import Cache
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.decide import ENOUGH, Judged, level, progress
from backprove.doctor.edits import Edit
from backprove.doctor.executor import Executor
from backprove.doctor.experiments import Arm, Laboratory, Told, steps_for
from backprove.doctor.facts import Facts, facts
from backprove.doctor.floor import metric_floor
from backprove.doctor.ideas import Idea
from backprove.doctor.program import Program
from backprove.doctor.quantities import QUANTITIES
from backprove.doctor.trace import Trace
from backprove.errors import BackproveError

GIVEN = "as given"
WHOLE = "as given, all steps"
PLACEBO = "placebo"

MISTAKES = frozenset(
    "broadcast ascent grad-bug update-bug loss-impl loss-reduction labels data-bug "
    "double-softmax check-bug".split()
)
"""Families of plain mistakes: the program does something else than it says."""

ENOUGH_MISTAKE = 0.98
ENOUGH_LONGER = 0.75


class Examination:
    """A program on the table: its facts, its trace, and every re-run so far."""

    def __init__(
        self,
        program: Program,
        executor: Executor,
        cache: Cache,
        budget: Budget,
        told: Told | None = None,
    ) -> None:
        self.program, self.budget = program, budget
        self.subject = ConfigSubject(program.spec)
        run = self.subject.start(program.spec.training.seed)
        self.total_steps, self.metric_name = run.total_steps, self.subject.metric_name
        x, y = run.probe_data
        self.floor = metric_floor(self.metric_name, y)
        self.facts: Facts = facts(x, y)
        seed = program.spec.training.seed
        self.laboratory = Laboratory(executor, cache, budget, self.floor, seed=seed, told=told)
        self.laboratory.held_out = self.subject.has_held_out and not self.facts.has_signal
        self.steps = self.total_steps
        self.deterministic = True
        self.trace: Trace | None = None
        self.ideas: dict[str, Idea] = {}
        self.refused: dict[str, str] = {}
        self._traces: dict[int, Trace] = {}
        self.aliases: set[str] = set()
        self.programs: dict[tuple[str, int], str] = {}
        self.cut_short = self.interrupted = False

    @property
    def spec(self) -> Any:
        """The configuration as given."""
        return self.program.spec

    @property
    def ended(self) -> bool:
        """Whether the budget is spent; one of work seldom is to the last step."""
        return self.budget.left <= 0 or (self.budget.counted and self.laboratory.refused)

    def arm(self, idea: Idea) -> Arm | None:
        """The arm of an idea; None if the edit cannot be applied to this program."""
        try:
            program = self.program.edited(idea.edit)
        except BackproveError as error:
            self.refused[idea.edit.id] = str(error)
            return None
        if program.spec == self.program.spec:
            return None
        return Arm(idea.edit.id, program, self.steps_of(idea, program, self.steps))

    def steps_of(self, idea: Idea, program: Program, steps: int) -> int:
        """How many steps an idea is run for, beside `steps` of the program as given."""
        return steps_for(self.spec, program.spec, steps) * idea.longer

    @property
    def before(self) -> list[float]:
        """The progress of the program as given, by seed."""
        return self.laboratory.progress(GIVEN)

    @property
    def attainable(self) -> float:
        """The best progress that any arm reached, the median over its seeds."""
        names = [name for name in self.laboratory.outcomes if name != WHOLE]
        return max((median(self.laboratory.progress(name)) for name in names), default=0.0)

    @property
    def level(self) -> float:
        """The progress that a repair of the same length has to reach."""
        return level(self.before, self.attainable)

    def judged(self, name: str) -> Judged:
        """What the re-runs of an arm prove.

        Longer runs must gain more, as nearly every training still gains a little; where a
        mistake is taken away, a gain needs not be large.
        """
        idea = self.ideas.get(name)
        enough = ENOUGH
        if idea is not None:
            enough = ENOUGH_LONGER if idea.longer > 1 else enough
            enough = ENOUGH_MISTAKE if idea.family in MISTAKES else enough
        needed = level(self.before, self.attainable, enough)
        return self.laboratory.judged(name, GIVEN, needed)

    def quantity(self, name: str, arm: str) -> float | None:
        """A quantity of the trace of an arm's first seed; None if it was not watched."""
        found = self.laboratory.outcomes.get(arm, {}).get(self.laboratory.seed)
        if found is None or found.trace is None or name not in QUANTITIES:
            return None
        if id(found) not in self._traces:
            self._traces[id(found)] = Trace.from_json(found.trace)
        return QUANTITIES[name](self._traces[id(found)])

    def whole_progress(self) -> float | None:
        """The progress of the program after all its steps, where it was run that long."""
        found = self.laboratory.outcomes.get(WHOLE, {}).get(self.laboratory.seed)
        return None if found is None else progress(self.laboratory.value(found), self.floor)

    def edit(self, name: str) -> Edit:
        """The edit of an arm."""
        return self.ideas[name].edit


def median(values: Sequence[float]) -> float:
    """The lower median, so that a single lucky seed of two sets no level."""
    return sorted(values)[(len(values) - 1) // 2] if values else 0.0
