"""The comparison of speed can be made in pieces: a later run is added to those before."""

from __future__ import annotations

from typing import Any

import pytest
from benchmarks.speed import compare
from benchmarks.speed.work import WORKS

WORK = WORKS["small"]
FIRST, SECOND = compare.PLACES[0], compare.PLACES[2]


def found(seconds: float) -> dict[str, Any]:
    return {
        "first": 9.0, "epochs": [seconds, seconds + 2.0], "accuracy": 0.9, "inference_1": 1.0,
        "inference_10000": 1.0, "versions": {"numpy": "2"}, "pools": [],
    }  # fmt: skip


@pytest.fixture
def quick(monkeypatch) -> None:
    """Peers that answer at once, and limits that get better with each measurement."""
    limits = iter([{"best": 2.0}, {"best": 1.0}])
    monkeypatch.setattr(compare, "run", lambda place, folder: found(1.0 + 10 * (place == SECOND)))
    monkeypatch.setattr(compare, "products", lambda work: next(limits))
    monkeypatch.setattr(compare, "write_arrays", lambda work, folder: None)


def test_a_piece_is_added_to_the_runs_before(quick) -> None:
    one = compare.compare(WORK, (FIRST,), 1)
    assert [row["name"] for row in one["rows"]] == [FIRST.name]
    both = compare.compare(WORK, (FIRST, SECOND), 1, one)
    rows = {row["name"]: row for row in both["rows"]}
    assert {name: len(row["runs"]) for name, row in rows.items()} == {FIRST.name: 2, SECOND.name: 1}
    assert rows[SECOND.name]["seconds"] == 12.0
    assert both["limit"] == {"best": 1.0}


def test_the_table_compares_with_our_own_time(quick) -> None:
    shown = compare.table(compare.compare(WORK, (FIRST, SECOND), 1))
    line = next(line for line in shown.splitlines() if SECOND.name in line)
    assert "12.00 (11.00 to 13.00)" in line and "6.00" in line


def test_a_peer_that_does_not_run_is_named(quick, monkeypatch) -> None:
    monkeypatch.setattr(compare, "run", lambda place, folder: {"error": "no library"})
    shown = compare.table(compare.compare(WORK, (SECOND,), 1))
    assert f"{SECOND.name} did not run: no library" in shown
    assert "best 2.00 s\n" in shown


def test_the_share_of_the_limit_is_said_of_each_of_our_engines(quick) -> None:
    shown = compare.table(compare.compare(WORK, (FIRST, SECOND), 1))
    assert f"that is 100% of the time of {FIRST.name}; 17% of the time of {SECOND.name}" in shown


def test_an_unknown_peer_is_refused() -> None:
    with pytest.raises(SystemExit, match="unknown peer 'numpi'"):
        compare.piece("small", ["numpi"])
