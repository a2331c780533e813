"""One examination: what is measured, in which order, and what is remembered of it.

    timing      a few steps, twice, from the same seed: how long a step takes, and whether the
                same seed gives the same numbers
    as given    the program from three seeds, the first one watched
    ideas       what the trace suggests and what people would suggest, each on its own
    in series   if none is enough: together, and then parts are taken away again

Everything is kept in `Examination`, so that an interrupt loses nothing that was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.doctor.budget import Budget
from backprove.doctor.cache import Cache
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.decide import ENOUGH, LEAST, Judged, level, progress
from backprove.doctor.edits import Edit
from backprove.doctor.executor import Executor
from backprove.doctor.experiments import (
    MORE_SEEDS,
    PATIENCE,
    SEEDS,
    Arm,
    Laboratory,
    Told,
    halved,
)
from backprove.doctor.facts import Facts, facts
from backprove.doctor.floor import metric_floor
from backprove.doctor.ideas import Idea
from backprove.doctor.jobs import Job, Outcome
from backprove.doctor.program import Program
from backprove.doctor.quantities import QUANTITIES
from backprove.doctor.trace import Trace
from backprove.errors import BackproveError, DataError

GIVEN = "as given"
WHOLE = "as given, all steps"
TIMED_STEPS = 5
OTHER_SEEDS = 1000
"""The placebo takes seeds so far away from the others."""

MOST_PROMISING = 5
"""So many of the arms that repair the program are run from all seeds before anything else."""

MOST_EXTENDED = 4
"""So many of the best arms are trained for longer."""

LEAST_STEPS = 100
"""A re-run has at least so many steps, if the program has."""

MISTAKES = frozenset(
    "broadcast ascent grad-bug update-bug loss-impl loss-reduction labels data-bug "
    "double-softmax check-bug".split()
)
"""Families of plain mistakes: the program does something else than it says."""

ENOUGH_MISTAKE = 0.98
ENOUGH_LONGER = 0.75

PLACEBO = "placebo"
ARMS = 14
"""So many arms are planned for when the budget is divided."""


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
        self._programs: dict[tuple[str, int], str] = {}
        self.cut_short = self.interrupted = False

    @property
    def spec(self) -> Any:
        """The configuration as given."""
        return self.program.spec

    @property
    def ended(self) -> bool:
        """Whether the budget is spent; one of work seldom is to the last step."""
        return self.budget.left <= 0 or (self.budget.counted and self.laboratory.refused)

    def time(self) -> None:
        """Take a few steps, twice: sets `steps`, the length of the re-runs, and `deterministic`.

        Raises DataError with the program's own words if not even these steps are possible.
        """
        steps = min(TIMED_STEPS, self.total_steps)
        job = Job(self.program.to_job(), self.laboratory.seed, steps)
        limit = PATIENCE if self.budget.counted else max(10.0, self.budget.left)
        found = [outcome for _, outcome in self.laboratory.executor.run([job, job], limit)]
        for outcome in found:
            if outcome.error:
                raise DataError("the training stops with an error: {error}", error=outcome.error)
        self.deterministic = same(found[0], found[1])
        seconds = min(outcome.seconds / max(outcome.steps, 1) for outcome in found)
        self.laboratory.seconds_per_step = seconds
        self.budget.training(self.program.step_work() * self.total_steps)
        self.steps = self._affordable()

    def _affordable(self) -> int:
        """How many steps each re-run may have, so that all planned ones fit into the budget."""
        whole = 0.7 * self.laboratory.room(self.program)
        return int(min(self.total_steps, max(LEAST_STEPS, whole / (ARMS * SEEDS))))

    def look(self) -> None:
        """Train the program as given, the first seed watched."""
        laboratory, given = self.laboratory, Arm(GIVEN, self.program, self.steps)
        laboratory.run([given], laboratory.seeds(1), watch=True)
        first = laboratory.outcomes.get(GIVEN, {}).get(laboratory.seed)
        if first is not None and first.trace is not None:
            self.trace = Trace.from_json(first.trace)
        laboratory.run([given], laboratory.seeds(SEEDS))
        if not self.budget.counted:
            self.steps = min(self.steps, self._affordable())
        laboratory.run(
            [Arm(PLACEBO, self.program, self.steps, OTHER_SEEDS)], laboratory.seeds(SEEDS)
        )
        width = getattr(laboratory.executor, "width", 1)
        room = laboratory.room(self.program) / (1 if self.budget.counted else width)
        if self.steps < self.total_steps < 0.3 * room:
            whole = Arm(WHOLE, self.program, self.total_steps)
            laboratory.run([whole], laboratory.seeds(1))

    def arm(self, idea: Idea) -> Arm | None:
        """The arm of an idea; None if the edit cannot be applied to this program."""
        try:
            program = self.program.edited(idea.edit)
        except BackproveError as error:
            self.refused[idea.edit.id] = str(error)
            return None
        if program.spec == self.program.spec:
            return None
        return Arm(idea.edit.id, program, self.steps * idea.longer)

    def attempt(self, ideas: Sequence[Idea], *, keep: Sequence[str] = ()) -> None:
        """Run ideas from the first seed; then what repairs, and `keep`, from all; more if open.

        Edits that make the same program of it are run once.
        """
        arms = self._new_arms(ideas)
        laboratory = self.laboratory
        if not laboratory.run(arms, laboratory.seeds(1), watch=True):
            self.cut_short = True
        going_on = halved(arms, laboratory, keep)
        best = [arm for arm in going_on if self._promising(arm.name)][:MOST_PROMISING]
        rest = [arm for arm in going_on if arm not in best]
        for group in (best, rest):
            if not laboratory.run(group, laboratory.seeds(SEEDS)):
                self.cut_short = True
        self.settle(best)

    def _new_arms(self, ideas: Sequence[Idea]) -> list[Arm]:
        arms = []
        for idea in ideas:
            name, arm = idea.edit.id, self.arm(idea)
            if arm is None or name in self.ideas:
                continue
            self.ideas[name] = idea
            first = self._programs.setdefault((arm.subject.fingerprint(), arm.steps), name)
            if first == name:
                arms.append(arm)
            else:
                self.aliases.add(name)
                outcomes = self.laboratory.outcomes
                outcomes[name] = outcomes.setdefault(first, {})
        return arms

    def _promising(self, name: str) -> bool:
        """Whether the first seed reached half of what is known to be attainable."""
        reached = max(self.laboratory.progress(name), default=0.0)
        return reached >= max(level(self.before, self.attainable), LEAST)

    def settle(self, arms: Sequence[Arm]) -> None:
        """Run undecided arms, and the program itself, from more seeds."""
        for count in MORE_SEEDS:
            open_arms = [arm for arm in arms if self.judged(arm.name).decision == "undecided"]
            if not open_arms:
                return
            given = Arm(GIVEN, self.program, self.steps)
            seeds = self.laboratory.seeds(count)
            if not self.laboratory.run([given, *open_arms], seeds):
                self.cut_short = True

    def control(self) -> None:
        """Run the placebo: nothing but other seeds."""
        arm = Arm(PLACEBO, self.program, self.steps, OTHER_SEEDS)
        self.laboratory.run([arm], self.laboratory.seeds(SEEDS))

    def verified(self, name: str, now: bool) -> float | None:
        """The metric of an arm after all its steps; with `now` it is trained so far if needed.

        None if it was not trained to its end.
        """
        laboratory = self.laboratory
        idea, found = self.ideas[name], laboratory.outcomes.get(name, {})
        outcomes = list(found.values())
        if self.steps < self.total_steps:
            if not now:
                return None
            steps = self.total_steps * idea.longer
            whole = Arm(f"{name}, all steps", self.program.edited(idea.edit), steps)
            self.budget.extend()
            laboratory.run([whole], laboratory.seeds(SEEDS))
            outcomes = list(laboratory.outcomes.get(whole.name, {}).values())
        return median([laboratory.value(o) for o in outcomes]) if outcomes else None

    def extend(self) -> bool:
        """Train what did not overflow again with more steps, the best first; True if it was.

        An arm that was stopped after too few steps is not refuted: this is the second rung of
        successive halving, in steps. Edits that cure many causes are left as they are.
        """
        lab = self.laboratory
        names = [
            name
            for name, idea in self.ideas.items()
            if not idea.edit.masking
            and name not in self.aliases
            and any(o.finite for o in lab.outcomes.get(name, {}).values())
        ]
        names.sort(key=lambda name: -median(lab.progress(name)))
        count = max(1, min(len(names), MOST_EXTENDED)) + any(self.before)
        steps = int(min(self.total_steps, 0.7 * lab.room(self.program) / (count * SEEDS)))
        if steps < 1.5 * self.steps or not names:
            return False
        self.steps = steps
        arms = [Arm(GIVEN, self.program, steps)]
        arms += [a for n in names[:MOST_EXTENDED] if (a := self.arm(self.ideas[n])) is not None]
        earlier = {arm.name: lab.outcomes.pop(arm.name) for arm in arms}
        if not lab.run(arms, lab.seeds(1), watch=True) or not lab.run(arms, lab.seeds(SEEDS)):
            self.cut_short = True
        self.settle(arms[1:])
        for name, found in earlier.items():
            if len(lab.outcomes.get(name, {})) < 2:
                lab.outcomes[name] = found
        return True

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


def same(first: Outcome, second: Outcome) -> bool:
    """Whether two runs from one seed gave the same losses, bit for bit; NaN equals NaN."""
    return repr(first.curve) == repr(second.curve)
