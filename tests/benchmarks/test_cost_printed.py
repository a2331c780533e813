"""The benchmark that measures tests/cost/printed.toml once more."""

from __future__ import annotations

import sys
import tomllib

import pytest
from benchmarks.cost import printed


@pytest.fixture
def file(monkeypatch, tmp_path):
    """A copy of the file, which the benchmark may change."""
    copy = tmp_path / "printed.toml"
    copy.write_text(printed.FILE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(printed, "FILE", copy)
    return copy


def answering(monkeypatch, answer) -> None:
    monkeypatch.setattr(printed, "ask", lambda place, file, name, given: answer)


def test_a_number_that_changed_is_said_and_written(file, monkeypatch, capsys) -> None:
    before = tomllib.loads(file.read_text(encoding="utf-8"))
    answering(monkeypatch, {"mac": 1, "flop": 2, "parameters": 3, "versions": {"thop": "9.1-x"}})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "cost-printed", "smooth"])
    printed.main()
    shown = capsys.readouterr().out
    after = tomllib.loads(file.read_text(encoding="utf-8"))
    (changed,) = [one for one in after["network"] if one not in before["network"]]
    assert changed["place"] == "layers_torch.py::smooth"
    assert (changed["thop"], changed["calflops"]) == ([1, 3], [2, 3])
    assert "layers_torch.py::smooth, thop: recorded [144, 42], found [1, 3]" in shown
    assert after["versions"]["thop"] == "9.1"


def test_the_same_numbers_write_the_same_file(file, monkeypatch, capsys) -> None:
    before = file.read_text(encoding="utf-8")
    answering(monkeypatch, {"error": "TypeError: one input"})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "cost-printed", "ByName"])
    printed.main()
    assert "as it was recorded" in capsys.readouterr().out
    assert file.read_text(encoding="utf-8") == before


def test_a_counter_that_is_not_installed_stops_it(file, monkeypatch) -> None:
    answering(monkeypatch, {"absent": "thop (make bench-cost installs it)"})
    monkeypatch.setattr(sys, "argv", ["benchmarks", "cost-printed", "smooth"])
    with pytest.raises(SystemExit, match="make bench-cost"):
        printed.main()
    monkeypatch.setattr(sys, "argv", ["benchmarks", "cost-printed", "nothing"])
    with pytest.raises(SystemExit, match="unknown network 'nothing'"):
        printed.main()
