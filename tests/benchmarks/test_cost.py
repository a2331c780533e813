"""The benchmark of counters: its judge, one counter in a process of its own, its report."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from benchmarks.cost import compare, judge, places, process
from tests.cost.vectors import VECTORS
from tests.support import ask

from backprove.tables import text_table

MLP, NORM, LOOKUP = (VECTORS[v] for v in ("mlp-leaky-b1", "layernorm-train-b64", "embedding-10"))


@pytest.mark.parametrize(
    ("answer", "truth", "mark"),
    [
        ({"mac": 1931000}, MLP, judge.RIGHT),
        ({"flop": 3862000}, MLP, judge.RIGHT),
        ({"flop": 3862001}, MLP, judge.WRONG),
        ({"mac": 1931000 + 2010}, MLP, judge.MIXED),
        ({"mac": 1931000 + 4010}, MLP, judge.MIXED),
        ({"mac": 1931001}, MLP, judge.WRONG),
        ({"mac": 0}, MLP, judge.SILENT),
        ({"mac": 0, "named": True}, MLP, judge.NAMED),
        ({"mac": 1931001, "named": True}, MLP, judge.WRONG),
        ({"mac": 0, "flop": 224064}, NORM, judge.RIGHT),
        ({"mac": 160000}, NORM, judge.WRONG),
        ({"mac": 0}, NORM, judge.SILENT),
        ({"mac": 0}, LOOKUP, judge.RIGHT),
        ({"error": "TypeError"}, MLP, judge.CRASHED),
        ({"unfit": "it takes one input"}, MLP, judge.UNFIT),
        ({"absent": "thop"}, MLP, judge.ABSENT),
    ],
)
def test_work_is_judged_in_the_unit_of_the_counter(answer, truth, mark) -> None:
    assert judge.work(answer, truth)[1] == mark
    assert mark in judge.MEANINGS


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        ({"mac": 0, "parameters": 1933010}, judge.RIGHT),
        ({"mac": 0, "parameters": 1933000}, judge.WRONG),
        ({"mac": 0, "parameters": 0}, judge.SILENT),
        ({"mac": 0}, ""),
        ({"error": "TypeError"}, judge.CRASHED),
    ],
)
def test_parameters_are_judged(answer, mark) -> None:
    assert judge.parameters(answer, MLP)[1] == mark


@pytest.mark.parametrize(
    ("counter", "library", "mark"),
    [
        ("flop_counter_mode", "torch", judge.RIGHT),
        ("paddle_repaired", "paddle", judge.MIXED),
    ],
)
def test_a_counter_answers_in_a_process_of_its_own(counter, library, mark) -> None:
    ask(library)
    answer = compare.ask(places.Place("it", counter, library, own_python=True), "mlp-leaky-b1")
    assert judge.work(answer, MLP)[1] == mark, answer
    assert answer["versions"]["numpy"]


def test_a_counter_that_raises_is_reported_with_its_words() -> None:
    ask("torch")
    given = json.dumps([{"shape": [2, 3], "dtype": "float32"}])
    place = places.Place("it", "flop_counter_mode", own_python=True)
    file = compare.networks("torch")
    words = [place.python, str(process.HERE / "one.py"), place.counter, str(file), "mlp", given]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert "cannot be multiplied" in answer["error"]


def test_a_counter_without_its_environment_is_absent(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(places, "PEERS_PYTHON", tmp_path / "python")
    answer = compare.ask(places.Place("thop", "thop"), "mlp-leaky-b1")
    assert "bench-cost" in answer["absent"]


def test_ours_is_right() -> None:
    ask("torch")
    answer = compare.ours(places.OURS[0], "mlp-leaky-b1")
    assert judge.work(answer, MLP)[1] == judge.parameters(answer, MLP)[1] == judge.RIGHT


def test_every_counter_is_asked_for_every_vector(monkeypatch, capsys) -> None:
    monkeypatch.setattr(compare, "ours", lambda place, name: {"error": f"{place.name} {name}"})
    monkeypatch.setattr(compare, "ask", lambda place, name: {"error": f"{place.name} {name}"})
    found = compare.compare(["lstm-100", "scan-10"])
    names = [place.name for place in (*places.OURS, *places.PEERS)]
    assert found == {
        name: {place: {"error": f"{place} {name}"} for place in names}
        for name in ("lstm-100", "scan-10")
    }
    assert "2 of 2: scan-10" in capsys.readouterr().err


def test_the_report_marks_and_counts() -> None:
    right = {"mac": 1931000, "parameters": 1933010, "versions": {"it": "1"}}
    answers = dict.fromkeys((p.name for p in (*places.OURS, *places.PEERS)), right)
    answers["thop"] = {"mac": 0, "parameters": 0, "versions": {"thop": "2"}}
    answers["paddle.flops"] = {"error": "TypeError: no"}
    answers["calflops"] = {"absent": "calflops"}
    text = compare.report({"mlp-leaky-b1": answers}, text_table)
    lines = text.splitlines()
    assert sum("0 silent zero" in line for line in lines) == 2
    assert "* paddle.flops: TypeError: no (mlp-leaky-b1)" in lines
    assert "* calflops: calflops is not installed" in lines
    assert lines[-1] == "it 1, thop 2"
    (counted,) = [line.split() for line in lines if line.startswith("thop ")]
    assert counted == ["thop", "0", "0", "0", "0", "1", "0", "0", "0", "0", "of", "1"]


def test_an_unknown_vector_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "cost", "nothing"])
    with pytest.raises(SystemExit, match="unknown vector 'nothing'"):
        compare.main()
