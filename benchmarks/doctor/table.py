"""The doctor on every known program: `python -m benchmarks doctor [ID ...] [--budget 50s]`.

A line for each program: verdict, causes found, causes that are right, whether a repair was proved,
seconds. Then the totals, and the same for two tools that only compare with thresholds. Programs
whose fault was not confirmed here are run and shown, but not counted. Seconds are those of the
processors, as `work.Work` counts them. Each program's answers are added to
benchmarks/results/doctor.jsonl at once; a run that was stopped goes on there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from backprove.doctor.budget import Budget
from backprove.doctor.cache import Cache
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.facts import facts
from backprove.doctor.observe import observe
from backprove.doctor.run import BUDGET, examine
from backprove.doctor.spec import Spec
from backprove.errors import BackproveError
from backprove.findings import Result
from backprove.tables import text_table
from benchmarks.check.score import share
from benchmarks.doctor.kept import Kept
from benchmarks.doctor.thresholds import autotrainer, deepdiagnosis
from benchmarks.doctor.truth import Truth, all_truth, program
from benchmarks.doctor.work import Work

RESULTS = Path(__file__).parents[1] / "results" / "doctor.jsonl"


TOOLS = ("doctor", "AutoTrainer", "DeepDiagnosis")


class Answer(NamedTuple):
    """What one tool says of one program: does something fail, which families, is it repaired."""

    fails: bool
    families: tuple[str, ...]
    repaired: bool = False
    alarm: bool = False
    verdict: str = ""
    seconds: float = 0.0


def main(arguments: list[str] | None = None) -> None:
    """Print the table and the totals."""
    chosen = _parser().parse_args(sys.argv[2:] if arguments is None else arguments)
    truth, kept = all_truth(), Kept(chosen.out, chosen.budget, Answer)
    rows, answers = [], {}
    for name in chosen.ids or truth:
        if (found := kept.get(name)) is None:
            found = ask_all(name, chosen.budget)
            kept.add(name, found)
        answers[name] = found
        rows.append(_row(name, truth[name], found["doctor"]))
        print(*rows[-1], sep="  ", file=sys.stderr)
    head = ["program", "verdict", "found", "right", "top", "repaired", "s"]
    print(text_table(head, rows, right=(6,)))
    print()
    print(totals({t: {n: found[t] for n, found in answers.items()} for t in TOOLS}, truth))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks doctor")
    parser.add_argument("ids", nargs="*", help="programs; all by default")
    parser.add_argument("--budget", default=BUDGET)
    parser.add_argument("--out", type=Path, default=RESULTS, help="where answers are kept")
    return parser


def ask_all(name: str, budget: str) -> dict[str, Answer]:
    """What each tool says of a program."""
    spec = program(name)
    return dict(zip(TOOLS, (ask_doctor(name, spec, budget), *ask_thresholds(spec)), strict=True))


def ask_doctor(name: str, spec: Spec, budget: str) -> Answer:
    """The doctor's answer; an error is one that finds nothing."""
    work = Work()
    began = work.seconds()
    try:
        limit = Budget(budget, work.counted)
        result = examine(spec, name=name, budget=limit, executor=work, cache=Cache(None))
    except BackproveError as error:
        return Answer(True, (), verdict=str(error), seconds=work.seconds() - began)
    finally:
        work.close()
    return of_result(result, work.seconds() - began)


def of_result(result: Result, seconds: float) -> Answer:
    """A result as an answer."""
    found = result.diagnosis
    assert found is not None
    families = tuple(f.subject for f in result.findings if f.role == "cause")
    if found.conclusion == "no signal":
        families = ("no-signal", *families)
    alarm = any(f.level == "error" for f in result.findings)
    repaired = bool(found.fix) or found.conclusion == "no signal"
    fails = found.conclusion != "healthy"
    return Answer(fails, families, repaired, alarm, found.conclusion, seconds)


def ask_thresholds(spec: Spec) -> tuple[Answer, Answer]:
    """What the two tools say, from one watched training of the program's own seed."""
    subject = ConfigSubject(spec)
    trace = observe(subject, spec.training.seed)
    x, y = subject.start(spec.training.seed).probe_data
    known = facts(x, y)
    first = autotrainer(trace, known, "accuracy" in subject.metric_name)
    second = deepdiagnosis(trace, known, float(np.min(x)), float(np.max(x)))
    return tuple(Answer(bool(f), tuple(f), alarm=bool(f)) for f in (first, second))  # type: ignore[return-value]


def _row(name: str, truth: Truth, answer: Answer) -> list[str]:
    top = "-" if not truth.families else "yes" if right(truth, answer) else "no"
    if not truth.confirmed:
        top = f"({top})"
    return [
        name,
        answer.verdict,
        " ".join(answer.families),
        " ".join(truth.families) or "nothing wrong",
        top,
        "yes" if answer.repaired else "no",
        f"{answer.seconds:.0f}",
    ]


def right(truth: Truth, answer: Answer) -> bool:
    """Whether the first family that is named is one of the right ones."""
    return bool(answer.families) and answer.families[0] in truth.families


def totals(answers: dict[str, dict[str, Answer]], truth: dict[str, Truth]) -> str:
    """Detection, first cause, repair, precision and recall of families, false alarms, seconds."""
    rows = [[tool, *_numbers(found, truth)] for tool, found in answers.items()]
    head = ["tool", "detected", "first cause right", "repaired", "precision", "recall"]
    return text_table([*head, "false alarms", "s"], rows, right=range(1, 8))


def _numbers(found: dict[str, Answer], truth: dict[str, Truth]) -> list[str]:
    faulty = [n for n in found if truth[n].confirmed and truth[n].families]
    healthy = [n for n in found if not truth[n].families]
    pairs = [(set(found[n].families), set(truth[n].families)) for n in faulty]
    hits = sum(len(a & b) for a, b in pairs)
    return [
        share([found[n].fails for n in faulty]),
        share([right(truth[n], found[n]) for n in faulty]),
        share([found[n].repaired for n in faulty]),
        f"{hits / max(1, sum(len(a) for a, _ in pairs)):.2f}",
        f"{hits / max(1, sum(len(b) for _, b in pairs)):.2f}",
        share([found[n].alarm for n in healthy]),
        f"{np.mean([a.seconds for a in found.values()]):.1f}",
    ]
