"""The first stages: a few steps that are timed, then the program as it was given, watched."""

from __future__ import annotations

from backprove.doctor.examination import GIVEN, PLACEBO, WHOLE, Examination, median
from backprove.doctor.experiments import PATIENCE, SEEDS, Arm
from backprove.doctor.jobs import Job, Outcome
from backprove.doctor.observe import THOROUGH
from backprove.doctor.trace import Trace
from backprove.errors import DataError

TIMED_STEPS = 5

OTHER_SEEDS = 1000
"""The placebo takes seeds so far away from the others."""

LUCKY = 0.5
"""Other seeds that reach less than this share of what the first ones reached are looked into."""

LEAST_STEPS = 100
"""A re-run has at least so many steps, if the program has."""

ARMS = 14
"""So many arms are planned for when the budget is divided."""


def time_steps(exam: Examination) -> None:
    """Take a few steps, twice: sets `steps`, the length of the re-runs, and `deterministic`.

    Raises DataError with the program's own words if not even these steps are possible.
    """
    laboratory, budget = exam.laboratory, exam.budget
    steps = min(TIMED_STEPS, exam.total_steps)
    job = Job(exam.program.to_job(), laboratory.seed, steps)
    limit = PATIENCE if budget.counted else max(10.0, budget.left)
    found = [outcome for _, outcome in laboratory.executor.run([job, job], limit)]
    for outcome in found:
        if outcome.late:
            raise DataError(
                "the first {steps} steps of the training did not end within {limit:.3g} s: look at "
                "what a step does, or give a larger --budget",
                steps=steps,
                limit=limit,
            )
        if outcome.error:
            raise DataError("the training stops with an error: {error}", error=outcome.error)
    exam.deterministic = same(found[0], found[1])
    seconds = min(outcome.seconds / max(outcome.steps, 1) for outcome in found)
    laboratory.seconds_per_step = seconds
    budget.training(exam.program.step_work() * exam.total_steps)
    exam.steps = affordable(exam)


def affordable(exam: Examination) -> int:
    """How many steps each re-run may have, so that all planned ones fit into the budget."""
    whole = 0.7 * exam.laboratory.room(exam.program)
    return int(min(exam.total_steps, max(LEAST_STEPS, whole / (ARMS * SEEDS))))


def look(exam: Examination) -> None:
    """Train the program as given, the first seed watched."""
    laboratory, given = exam.laboratory, Arm(GIVEN, exam.program, exam.steps)
    watch(exam, given)
    laboratory.run([given], laboratory.seeds(SEEDS))
    if not exam.budget.counted:
        exam.steps = min(exam.steps, affordable(exam))
    control(exam)
    if lucky(exam):
        move(exam, given)
    width = getattr(laboratory.executor, "width", 1)
    room = laboratory.room(exam.program) / (1 if exam.budget.counted else width)
    if exam.steps < exam.total_steps < 0.3 * room:
        whole = Arm(WHOLE, exam.program, exam.total_steps)
        laboratory.run([whole], laboratory.seeds(1))


def watch(exam: Examination, given: Arm) -> None:
    """Train the program as given from the first seed and keep its trace."""
    laboratory = exam.laboratory
    laboratory.run([given], laboratory.seeds(1), watch=THOROUGH)
    first = laboratory.outcomes.get(GIVEN, {}).get(laboratory.seed)
    if first is not None and first.trace is not None:
        exam.trace = Trace.from_json(first.trace)


def lucky(exam: Examination) -> bool:
    """Whether the program fails from the placebo's seeds, and does far better from its own."""
    others = exam.laboratory.progress(PLACEBO)
    return len(others) == SEEDS and median(others) < LUCKY * median(exam.before)


def move(exam: Examination, given: Arm) -> None:
    """Go on from the seeds of the placebo: those of the program hide that it fails.

    What was measured from its own seeds stays, and the next placebo takes new ones.
    """
    laboratory = exam.laboratory
    found = laboratory.outcomes.pop(PLACEBO)
    laboratory.seed += OTHER_SEEDS
    laboratory.outcomes[GIVEN] |= {seed + OTHER_SEEDS: o for seed, o in found.items()}
    unwatched = laboratory.outcomes[GIVEN].pop(laboratory.seed)
    watch(exam, given)
    laboratory.outcomes[GIVEN].setdefault(laboratory.seed, unwatched)


def control(exam: Examination) -> None:
    """Run the placebo: nothing but other seeds."""
    arm = Arm(PLACEBO, exam.program, exam.steps, OTHER_SEEDS)
    exam.laboratory.run([arm], exam.laboratory.seeds(SEEDS))


def same(first: Outcome, second: Outcome) -> bool:
    """Whether two runs from one seed gave the same losses, bit for bit; NaN equals NaN."""
    return repr(first.curve) == repr(second.curve)
