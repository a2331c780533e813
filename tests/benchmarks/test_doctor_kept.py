"""The doctor's benchmark goes on where it was stopped, and counts work, no time."""

from __future__ import annotations

import time

from benchmarks.doctor.kept import Kept
from benchmarks.doctor.totals import Answer
from benchmarks.doctor.work import STARTING, Work, counted_seconds

from backprove.doctor.budget import Budget
from backprove.doctor.jobs import Job
from backprove.doctor.program import Program
from doctor.programs import clusters


def test_answers_are_kept_line_by_line(tmp_path) -> None:
    path = tmp_path / "kept.jsonl"
    found = {"doctor": Answer(True, ("lr-high",), True, True, "causes", 1.5)}
    Kept(path, "50s", Answer).add("A2", found)
    again = Kept(path, "50s", Answer)
    assert again.get("A2") == found and again.get("A4") is None
    assert len(path.read_text().splitlines()) == 2


def test_answers_of_another_budget_go(tmp_path) -> None:
    path = tmp_path / "kept.jsonl"
    Kept(path, "50s", Answer).add("A2", {"doctor": Answer(False, ())})
    assert Kept(path, "20s", Answer).get("A2") is None
    assert len(path.read_text().splitlines()) == 1


def test_waiting_is_no_work_and_training_is() -> None:
    work = Work()
    try:
        budget, before = Budget("50s", work.counted), work.seconds()
        time.sleep(0.3)
        assert work.seconds() - before < 0.2 and budget.spent == 0.0
        job = Job(Program(clusters()).to_job(), 0, 5)
        ((place, outcome),) = work.run([job], 60.0)
        assert place == 0 and not outcome.error and outcome.steps == 5
        assert outcome.seconds == counted_seconds(job, 5) > counted_seconds(job, 1) > 0
        assert 0 < work.seconds() - before
        assert budget.spent == outcome.seconds + STARTING
    finally:
        work.close()
