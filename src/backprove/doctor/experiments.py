"""Re-runs with one thing changed: the same seeds and the same order of data for every arm.

An arm is a program that is to be trained: as it was given, or with an edit. All arms are first run
from one seed; then those that are still of interest from the other seeds, the best ones first
(successive halving over seeds), and those that stay undecided from more. Nothing is begun once the
budget is spent; what was measured until then stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from backprove.doctor.budget import Budget
from backprove.doctor.cache import Cache, key
from backprove.doctor.decide import Judged, judge, progress
from backprove.doctor.executor import Executor
from backprove.doctor.jobs import Job, Outcome
from backprove.doctor.spec import Spec

SEEDS = 3
"""Every claim rests on at least so many paired seeds."""

MORE_SEEDS = (5, 10)
"""So many if the first ones leave it undecided, and then so many."""

SLOWEST = 20.0
"""A job is stopped when it takes so many times what is expected of it."""

LONGEST = 3600.0
"""Nor may a job take longer than so many seconds, whatever the budget."""

PATIENCE = 120.0
"""Where work is counted, a job of any length is given so many seconds."""

PORTION = 4
"""Where work is counted, so many jobs are begun together, however many processes there are."""


class Arm(NamedTuple):
    """One program to be trained: its name, the program, and how many steps (0: all of its own).

    `subject` has `fingerprint()`, `step_work()` and `to_job()`, as `program.Program` has. `shift`
    is added to every seed: an arm that differs in nothing else is a placebo.
    """

    name: str
    subject: Any
    steps: int = 0
    shift: int = 0


def steps_for(given: Spec, edited: Spec, steps: int) -> int:
    """How many steps of an edited program see as many rows as `steps` of the given one.

    Smaller batches take more steps for the same rows, which is what they are good for. Larger
    ones have fewer steps in all and are run to their end.
    """
    rows, fewer = given.training.batch_size, edited.training.batch_size
    return -(-steps * rows // fewer) if fewer < rows else steps


class Task(NamedTuple):
    """A job of an arm, and the name that its outcome is kept under."""

    arm: Arm
    job: Job
    name: str


Told = Callable[[str, int, int], None]
"""Is told which arm ended, how many jobs are done and how many there are."""


class Laboratory:
    """Runs arms from seeds, remembers every outcome, and never begins more than the budget allows.

    `outcomes[arm name][seed]` is what came out, `failed[arm name][seed]` what an error or a time
    limit ended: that proves nothing, and is not tried again. `spent` counts the steps that were
    really run, `reused` the outcomes that came from the cache; `refused` says whether the budget
    was too small for a job that was asked for.
    """

    def __init__(
        self,
        executor: Executor,
        cache: Cache,
        budget: Budget,
        floor: float,
        *,
        seed: int = 0,
        told: Told | None = None,
    ) -> None:
        self.executor, self.cache, self.budget = executor, cache, budget
        self.floor, self.seed = floor, seed
        self.outcomes: dict[str, dict[int, Outcome]] = {}
        self.failed: dict[str, dict[int, Outcome]] = {}
        self.held_out = False
        self.spent = 0
        self.reused = 0
        self.seconds_per_step = 0.0
        self.refused = False
        self._longest = 0
        self._told = told or (lambda name, done, total: None)

    def seeds(self, count: int) -> list[int]:
        """The first seeds; the program's own comes first."""
        return [self.seed + i for i in range(count)]

    def run(self, arms: Sequence[Arm], seeds: Iterable[int], watch: float = 0.0) -> bool:
        """Run every arm from every seed that is missing. False if the budget ended it.

        watch: what watching may cost, relative to the training; 0 watches nothing.
        """
        wanted = [
            (arm, seed)
            for seed in seeds
            for arm in arms
            if seed not in self.outcomes.get(arm.name, {})
            and seed not in self.failed.get(arm.name, {})
        ]
        left = [_task(arm, seed, watch) for arm, seed in wanted]
        if not self.budget.counted:
            left = [task for task in left if not self._reuse(task)]
        return self._measure(left)

    def _measure(self, left: list[Task]) -> bool:
        """Run jobs in portions, so that the budget is looked at in between.

        Where work is counted, what the cache holds is counted as well, so that it changes nothing.
        """
        total, done = len(left), 0
        while portion := self._portion(left):
            left = left[len(portion) :]
            if self.budget.counted:
                missing = [task for task in portion if not self._reuse(task)]
            else:
                missing = portion
            done += len(portion) - len(missing)
            limit = self._limit(max(task.job.steps for task in portion))
            for place, outcome in self.executor.run([task.job for task in missing], limit):
                task = missing[place]
                self.cache.put(task.name, outcome)
                self.spent += outcome.steps
                self._note(task, outcome)
                done += 1
                self._told(task.arm.name, done, total)
        self.refused |= bool(left)
        return not left

    def _portion(self, left: list[Task]) -> list[Task]:
        """The first tasks, as many as are begun together and fit into the budget."""
        room = self.budget.left
        if not self.budget.counted:
            size = max(1, getattr(self.executor, "width", 1))
            return left[:size] if left and room > self._price(left[0]) else []
        prices = accumulate(self._price(task) for task in left[:PORTION])
        return left[: sum(price < room for price in prices)]

    def _price(self, task: Task) -> float:
        """What a task takes of the budget: seconds, or work."""
        step = task.arm.subject.step_work() if self.budget.counted else self.seconds_per_step
        return float(step * task.job.steps)

    def room(self, subject: Any) -> float:
        """How many steps of a subject the budget is good for, by all processes together."""
        if self.budget.counted:
            return float(self.budget.left / subject.step_work())
        width = getattr(self.executor, "width", 1)
        return float(self.budget.left * width / max(self.seconds_per_step, 1e-6))

    def _reuse(self, task: Task) -> bool:
        """Take the outcome from the cache, if it is there."""
        found = self.cache.get(task.name)
        if found is not None:
            self.reused += 1
            self._note(task, found)
        return found is not None

    def _limit(self, steps: int) -> float:
        """How long a job may take: far longer than expected, and not far beyond the budget."""
        known = self.seconds_per_step and steps
        expected = SLOWEST * self.seconds_per_step * steps if known else self.budget.left
        if self.budget.counted:
            return min(max(PATIENCE, expected), LONGEST)
        return min(max(10.0, expected), max(10.0, 1.5 * self.budget.left), LONGEST)

    def _note(self, task: Task, outcome: Outcome) -> None:
        arm, job, _ = task
        kept = self.failed if outcome.error else self.outcomes
        kept.setdefault(arm.name, {})[job.seed - arm.shift] = outcome
        steps = job.steps if outcome.error else outcome.steps
        self.budget.charge(arm.subject.step_work() * steps)
        if outcome.steps >= max(1, self._longest) and outcome.seconds:
            self._longest = outcome.steps
            self.seconds_per_step = outcome.seconds / outcome.steps

    def progress(self, name: str, seeds: Iterable[int] | None = None) -> list[float]:
        """The progress of an arm from each seed that was run, in the order of the seeds."""
        found = self.outcomes.get(name, {})
        wanted = sorted(found) if seeds is None else [s for s in seeds if s in found]
        return [progress(self.value(found[s]), self.floor) for s in wanted]

    def value(self, outcome: Outcome) -> float:
        """The metric that an outcome is judged by: on held-out rows if `held_out` is set."""
        held_out = outcome.held_out if self.held_out else None
        return outcome.metric if held_out is None else held_out

    def judged(self, name: str, against: str, needed: float) -> Judged:
        """Judge an arm against another one on the seeds that both were run from."""
        both = sorted(set(self.outcomes.get(name, {})) & set(self.outcomes.get(against, {})))
        return judge(self.progress(against, both), self.progress(name, both), needed)


def _task(arm: Arm, seed: int, watch: float) -> Task:
    """The task to run an arm from a seed."""
    name = key(arm.subject.fingerprint(), seed + arm.shift, arm.steps, watch)
    return Task(arm, Job(arm.subject.to_job(), seed + arm.shift, arm.steps, watch), name)


def halved(arms: Sequence[Arm], laboratory: Laboratory, keep: Iterable[str] = ()) -> list[Arm]:
    """The better half of the arms after their first seed, best first, and those to be kept.

    An arm that overflowed early costs little and is kept: it can be refuted in earnest.
    """
    ranked = sorted(arms, key=lambda arm: -max(laboratory.progress(arm.name), default=0.0))
    half, kept = ranked[: (len(ranked) + 1) // 2], set(keep)
    return half + [
        arm for arm in ranked[len(half) :] if arm.name in kept or _short(arm, laboratory)
    ]


def _short(arm: Arm, laboratory: Laboratory) -> bool:
    """Whether an arm's first run ended in the first half of its steps."""
    found = laboratory.outcomes.get(arm.name, {}).get(laboratory.seed)
    return found is not None and found.stopped is not None and 2 * found.steps < found.total_steps
