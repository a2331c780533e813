"""Ideas are put to the test: each from one seed, what repairs from all, what is open from more."""

from __future__ import annotations

from collections.abc import Sequence

from backprove.doctor.decide import LEAST, level
from backprove.doctor.examination import GIVEN, Examination, median
from backprove.doctor.experiments import MORE_SEEDS, SEEDS, Arm, halved
from backprove.doctor.ideas import Idea
from backprove.doctor.sampling import SHARE

MOST_PROMISING = 5
"""So many of the arms that repair the program are run from all seeds before anything else."""

MOST_EXTENDED = 4
"""So many of the best arms are trained for longer."""


def attempt(exam: Examination, ideas: Sequence[Idea], *, keep: Sequence[str] = ()) -> None:
    """Run ideas from the first seed; then what repairs, and `keep`, from all; more if open.

    Edits that make the same program of it are run once.
    """
    arms = _new_arms(exam, ideas)
    laboratory = exam.laboratory
    if not laboratory.run(arms, laboratory.seeds(1), watch=SHARE):
        exam.cut_short = True
    going_on = halved(arms, laboratory, keep)
    best = [arm for arm in going_on if _promising(exam, arm.name)][:MOST_PROMISING]
    rest = [arm for arm in going_on if arm not in best]
    for group in (best, rest):
        if not laboratory.run(group, laboratory.seeds(SEEDS)):
            exam.cut_short = True
    settle(exam, best)


def _new_arms(exam: Examination, ideas: Sequence[Idea]) -> list[Arm]:
    arms = []
    for idea in ideas:
        name, arm = idea.edit.id, exam.arm(idea)
        if arm is None or name in exam.ideas:
            continue
        exam.ideas[name] = idea
        first = exam.programs.setdefault((arm.subject.fingerprint(), arm.steps), name)
        if first == name:
            arms.append(arm)
        else:
            exam.aliases.add(name)
            outcomes = exam.laboratory.outcomes
            outcomes[name] = outcomes.setdefault(first, {})
    return arms


def _promising(exam: Examination, name: str) -> bool:
    """Whether the first seed reached half of what is known to be attainable."""
    reached = max(exam.laboratory.progress(name), default=0.0)
    return reached >= max(level(exam.before, exam.attainable), LEAST)


def settle(exam: Examination, arms: Sequence[Arm]) -> None:
    """Run undecided arms, and the program itself, from more seeds."""
    for count in MORE_SEEDS:
        open_arms = [arm for arm in arms if exam.judged(arm.name).decision == "undecided"]
        if not open_arms:
            return
        given = Arm(GIVEN, exam.program, exam.steps)
        seeds = exam.laboratory.seeds(count)
        if not exam.laboratory.run([given, *open_arms], seeds):
            exam.cut_short = True


def extend(exam: Examination) -> bool:
    """Train what did not overflow again with more steps, the best first; True if it was.

    An arm that was stopped after too few steps is not refuted: this is the second rung of
    successive halving, in steps. Edits that cure many causes are left as they are.
    """
    lab = exam.laboratory
    names = _extensible(exam)
    count = max(1, min(len(names), MOST_EXTENDED)) + any(exam.before)
    steps = int(min(exam.total_steps, 0.7 * lab.room(exam.program) / (count * SEEDS)))
    if steps < 1.5 * exam.steps or not names:
        return False
    exam.steps = steps
    arms = [Arm(GIVEN, exam.program, steps)]
    arms += [a for n in names[:MOST_EXTENDED] if (a := exam.arm(exam.ideas[n])) is not None]
    earlier = {arm.name: lab.outcomes.pop(arm.name, {}) for arm in arms}
    try:
        if not lab.run(arms, lab.seeds(1), watch=SHARE) or not lab.run(arms, lab.seeds(SEEDS)):
            exam.cut_short = True
        settle(exam, arms[1:])
    finally:
        for name, found in earlier.items():
            if len(lab.outcomes.get(name, {})) < 2:
                lab.outcomes[name] = found
    return True


def _extensible(exam: Examination) -> list[str]:
    """The arms that are worth more steps, the best first."""
    lab = exam.laboratory
    names = [
        name
        for name, idea in exam.ideas.items()
        if not idea.edit.masking
        and name not in exam.aliases
        and any(o.finite for o in lab.outcomes.get(name, {}).values())
    ]
    return sorted(names, key=lambda name: -median(lab.progress(name)))


def verified(exam: Examination, name: str, now: bool) -> float | None:
    """The metric of an arm after all its steps; with `now` it is trained so far if needed.

    None if it was not trained to its end.
    """
    laboratory = exam.laboratory
    idea, found = exam.ideas[name], laboratory.outcomes.get(name, {})
    outcomes = list(found.values())
    if exam.steps < exam.total_steps:
        if not now:
            return None
        program = exam.program.edited(idea.edit)
        steps = exam.steps_of(idea, program, exam.total_steps)
        whole = Arm(f"{name}, all steps", program, steps)
        exam.budget.extend()
        laboratory.run([whole], laboratory.seeds(SEEDS))
        outcomes = list(laboratory.outcomes.get(whole.name, {}).values())
    return median([laboratory.value(o) for o in outcomes]) if outcomes else None
