"""The table of the doctor's benchmark: totals, and the two tools that compare with thresholds."""

from __future__ import annotations

import json

import pytest
from benchmarks.doctor.thresholds import autotrainer, deepdiagnosis
from benchmarks.doctor.totals import Answer, right, totals, write
from benchmarks.doctor.truth import all_truth

from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.facts import facts
from backprove.doctor.observe import observe
from doctor.programs import clusters


def test_totals_count_confirmed_faults_and_healthy_programs_apart() -> None:
    truth = all_truth()
    faulty = [n for n, t in truth.items() if t.confirmed and t.families][:2]
    healthy = [n for n, t in truth.items() if not t.families][:2]
    first, second = faulty
    answers = {
        first: Answer(True, (truth[first].families[0],), True),
        second: Answer(True, ("metric", truth[second].families[0])),
        healthy[0]: Answer(False, ()),
        healthy[1]: Answer(True, ("lr-high",), alarm=True),
    }
    assert right(truth[first], answers[first]) and not right(truth[second], answers[second])
    line = totals({"tool": answers}, truth).splitlines()[-1]
    assert "2 of 2 (100.0 %)" in line and line.count("1 of 2 (50.0 %)") == 3
    assert "0.67" in line


def test_the_whole_table_is_written(tmp_path) -> None:
    truth = all_truth()
    answers = {"doctor": {n: Answer(False, (), verdict="healthy") for n in truth}}
    write(answers, truth, {"versions": ["one 1.0"], "budget": "50s"}, tmp_path / "a.jsonl")
    shown = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in shown for name in truth) and "budget 50s" in shown
    kept = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert kept["answers"]["doctor"].keys() == truth.keys()


@pytest.mark.parametrize(
    ("rate", "first", "second"),
    [(0.1, [], []), (1e4, ["explode"], ["explode", "out-act", "lr-high"])],
)
def test_the_tools_follow_their_thresholds(rate, first, second) -> None:
    subject = ConfigSubject(clusters(training__learning_rate=rate))
    trace, (x, y) = observe(subject, 0), subject.start(0).probe_data
    known = facts(x, y)
    assert autotrainer(trace, known, True)[:1] == first[:1]
    assert autotrainer(trace, known, False) == []
    found = deepdiagnosis(trace, known, float(x.min()), float(x.max()))
    assert set(second) - {"out-act"} <= set(found)
    assert ("scale-x" in found) == (abs(x).max() > 1)
