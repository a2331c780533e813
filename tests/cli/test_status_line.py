"""The line that says what is being done: in a terminal only, and taken away at the end."""

from __future__ import annotations

import pytest

from backprove.cli.status_line import CLEAR, status_line


def test_nothing_is_written_into_a_file(capsys) -> None:
    with status_line() as told:
        told("timing", 0, 3)
    assert capsys.readouterr().err == ""


def test_it_fits_the_terminal_and_goes_away_when_interrupted(capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")
    with pytest.raises(KeyboardInterrupt), status_line() as told:
        told("timing " + "x" * 80, 0, 3)
        told("timing y", 1, 3)
        raise KeyboardInterrupt
    first, second, last = capsys.readouterr().err.split(CLEAR)[1:]
    assert len(first) <= 29 and second == "timing y (2/3)" and last == ""
