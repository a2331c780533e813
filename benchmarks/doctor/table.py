"""The doctor on every known program: `python -m benchmarks doctor [ID ...] [--budget 50s]`.

A line for each program: verdict, causes found, causes that are right, whether a repair was proved,
seconds. Then the totals, and the same for two tools that only compare with thresholds. Programs
whose fault was not confirmed here are run and shown, but not counted. The budget is counted in
work, so that the table is the same on a busy machine; seconds shown are those of the processors
(see `work.Work`). Each program's answers are added to benchmarks/results/doctor.jsonl at once; a
run that was stopped goes on there. The whole table is written beside it, doctor.json and doctor.md.
With --fresh it is the second set of programs, see `truth`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

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
from benchmarks.doctor.kept import Kept
from benchmarks.doctor.thresholds import autotrainer, deepdiagnosis
from benchmarks.doctor.totals import Answer, row, tables, write
from benchmarks.doctor.truth import FOLDER, FRESH, all_truth, program
from benchmarks.doctor.work import Work

RESULTS = Path(__file__).parents[1] / "results" / "doctor.jsonl"
FRESH_RESULTS = RESULTS.with_stem("doctor_fresh")


TOOLS = ("doctor", "AutoTrainer", "DeepDiagnosis")


def main(arguments: list[str] | None = None) -> None:
    """Print the table and the totals, and write them beside the kept answers."""
    chosen = _parser().parse_args(sys.argv[2:] if arguments is None else arguments)
    folder = FRESH if chosen.fresh else FOLDER
    out = chosen.out or (FRESH_RESULTS if chosen.fresh else RESULTS)
    truth, kept = all_truth(folder), Kept(out, chosen.budget, Answer)
    names, answers = chosen.ids or list(truth), {}
    for count, name in enumerate(names, 1):
        if (found := kept.get(name)) is None:
            found = ask_all(name, program(name, folder), chosen.budget)
            kept.add(name, found)
        answers[name] = found
        line = row(name, truth[name], found["doctor"])
        print(f"{count}/{len(names)}", *line, sep="  ", file=sys.stderr)
    tools = {tool: {name: found[tool] for name, found in answers.items()} for tool in TOOLS}
    print(tables(tools, truth))
    if len(answers) == len(truth):
        write(tools, truth, kept.origin, out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks doctor")
    parser.add_argument("ids", nargs="*", help="programs; all by default")
    parser.add_argument("--budget", default=BUDGET)
    parser.add_argument("--fresh", action="store_true", help="the second set of programs")
    parser.add_argument("--out", type=Path, help="where answers are kept")
    return parser


def ask_all(name: str, spec: Spec, budget: str) -> dict[str, Answer]:
    """What each tool says of a program."""
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
