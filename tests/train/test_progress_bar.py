"""ProgressBar in terminals of several widths, and where there is no terminal."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from rich.cells import cell_len

from backprove.messages import choose_language
from backprove.train.callbacks import ProgressBar
from backprove.train.callbacks.base import Callback
from tiny import Tiny

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*[34]\d[0-9;]*m")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    choose_language(request.param)
    yield request.param
    choose_language("auto")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


class Slow(Callback):
    """Lets time pass, so that the bar is drawn and the speed is known."""

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        logs["accuracy"] = 0.1 * step
        time.sleep(0.06)


def shown(width: int, monkeypatch: pytest.MonkeyPatch, epochs: int = 2) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Terminal()
    Tiny([ProgressBar(file=stream), Slow()], [0.5, 0.25]).fit(epochs, steps=12)
    return stream.getvalue()


def frames(text: str) -> list[str]:
    plain = CONTROL.sub("", text.replace("\r", "\n"))
    return [line.rstrip() for line in plain.split("\n") if line.strip()]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_every_frame_fits_in_one_line(
    width: int, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [f for f in frames(shown(width, monkeypatch)) if "━" in f]
    assert found and all(cell_len(frame) <= width for frame in found)
    epoch, loss = ("epoch", "loss") if language == "en" else ("回合", "损失")
    drawn = [frame for frame in found if loss in frame]
    assert drawn and all(re.match(rf"{epoch} [12]/2 ", frame) for frame in found)
    assert any(re.search(r"\d:\d\d", frame) for frame in drawn)
    full = [f for f in drawn if "/12 " in f and ("steps/s" in f or "步/秒" in f)]
    assert width == 60 or bool(full) == (width == 100)


def test_the_numbers_are_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    text = frames(shown(120, monkeypatch))
    last = [frame for frame in text if "━" in frame and "epoch 2/2" in frame][-1]
    steps, total, loss, accuracy, speed, minutes, seconds = re.search(
        r"(\d+)/(\d+)  loss ([\d.e-]+)  accuracy ([\d.]+)  (\d+) steps/s  (\d+):(\d+) left", last
    ).groups()
    assert int(total) == 12 and 2 <= int(steps) <= 12
    assert float(loss) == pytest.approx(9 * 0.81 ** (12 + int(steps) - 1), rel=1e-2)
    assert float(accuracy) == pytest.approx(0.1 * (12 + int(steps)))
    assert 5 <= int(speed) <= 17 and (int(minutes), int(seconds) <= 2) == (0, True)
    mean = sum(9 * 0.81**i for i in range(12)) / 12
    assert f"epoch 1/2  loss {mean:.4f}  val loss 0.5000  0.5 s" in text


def test_the_terminal_is_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()

    class Broken(Callback):
        def on_train_batch_end(self, step: int, logs: Any = None) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Tiny([ProgressBar(file=stream), Broken()]).fit(1)
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert COLOUR.search(shown(80, monkeypatch, 1))
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(80, monkeypatch, 1)
    assert "━" in text and not COLOUR.search(text)


@pytest.mark.parametrize("variable", [None, "FORCE_COLOR", "TERM"])
def test_without_a_terminal_there_is_a_line_an_epoch(
    variable: str | None, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "dumb" if variable == "TERM" else "1")
    stream = Terminal() if variable == "TERM" else io.StringIO()
    monkeypatch.setenv("COLUMNS", "20")
    Tiny([ProgressBar(file=stream)], [0.5, 0.25, 0.125]).fit(3, steps=100)
    lines = stream.getvalue().splitlines()
    expected = "epoch 3/3" if language == "en" else "回合 3/3"
    value = "val loss 0.1250  0.5 s" if language == "en" else "验证损失 0.1250  0.5 秒"
    assert len(lines) == 3 and "\x1b" not in stream.getvalue()
    assert lines[2].startswith(expected) and lines[2].endswith(value)


def test_it_writes_to_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Tiny([ProgressBar()]).fit(1)
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("epoch 1/1  loss ")


def test_the_number_of_epochs_may_be_given_or_left_open() -> None:
    for bar, expected in ((ProgressBar(9), "epoch 1/9"), (ProgressBar(), "epoch 1 ")):
        bar.file = io.StringIO()
        Tiny([bar]).fit(1, logs={"validation": False})
        assert bar.file.getvalue().startswith(expected)


def test_names_with_brackets_are_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    bar = ProgressBar(file=stream)
    bar.on_train_begin({"epochs": 1})
    bar.on_epoch_begin(0)
    logs = {"loss": 1.0, "[red]x": 2.0, "steps_done": 1, "steps_total": 2}
    bar.on_train_batch_end(1, logs)
    bar.on_epoch_end(0, {"epoch": 1, "step": 2, "loss": 1.0, "[/]": 3.0})
    bar.on_train_end()
    assert "[/] 3.0000" in stream.getvalue() and "[red]x 2.0000" in stream.getvalue()
