"""ProgressBar."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import ClassVar, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from backprove.messages import render
from backprove.train.callbacks.base import Callback, Logs
from backprove.train.history_table import heading, number
from backprove.train.plain import is_number

_HIDDEN = ("epoch", "step", "learning_rate", "steps_done", "steps_total", "seconds")
_BAR = 6


class ProgressBar(Callback):
    """Shows on stderr how far training is: a bar in a terminal, else only a line an epoch.

    The bar has the epoch, the steps of the epoch, the loss of the last steps, the metrics over
    the epoch so far, steps a second and the time that is left for all epochs; in a narrow
    terminal the less important ones are left out. NO_COLOR is obeyed.

    epochs   the number of epochs in all, if it is not told at the beginning
    file     another stream than stderr
    """

    order: ClassVar[int] = 20

    def __init__(self, epochs: int | None = None, file: TextIO | None = None) -> None:
        self.epochs, self.file = epochs, file
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._total = (logs or {}).get("epochs", self.epochs)
        self._times: deque[tuple[float, int]] = deque(maxlen=60)
        self._head = ""
        stream = self.file or sys.stderr
        terminal = stream.isatty()
        self._console = Console(file=stream, highlight=False, force_terminal=terminal)
        if terminal and not self._console.is_dumb_terminal:
            self._progress = _bar(self._console)
            self._progress.start()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._head = self._epoch_name(epoch + 1)
        if self._progress is None:
            return
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        self._task = self._progress.add_task("", total=None, head=self._head, tail="")

    def on_train_batch_end(self, step: int, logs: Logs | None = None) -> None:
        if self._progress is None:
            return
        values = logs or {}
        self._times.append((time.monotonic(), step))
        done, total = values["steps_done"], values["steps_total"]
        self._progress.update(
            self._task, completed=done, total=total, tail=self._tail(step, done, total, values)
        )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        record = logs or {}
        seconds = record.get("seconds")
        parts = [self._epoch_name(epoch + 1), *_values(record)]
        if is_number(seconds):
            parts.append(render("{seconds} s", seconds=f"{seconds:.1f}"))
        line = "  ".join(parts)
        if self._progress is not None:
            self._progress.console.print(line, markup=False)
        else:
            print(line, file=self._console.file, flush=True)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _epoch_name(self, number: int) -> str:
        shown = f"{number}/{self._total}" if self._total else str(number)
        return render("epoch {number}", number=shown)

    def _tail(self, step: int, done: int, total: int, values: Logs) -> str:
        """As many parts as fit beside the bar, the most important ones first."""
        speed = self._speed()
        loss, *metrics = _values(values)
        rate = render("{speed} steps/s", speed=f"{speed:,.0f}") if speed else ""
        shown = [f"{done:,}/{total:,}", loss, *metrics, rate, self._left(step, done, total, speed)]
        ranks = [2, 0, *range(3, 3 + len(metrics)), 99, 1]
        space = self._console.width - cell_len(self._head) - _BAR - 2
        chosen: list[int] = []
        for index in sorted(range(len(shown)), key=lambda i: ranks[i]):
            text = "  ".join(shown[i] for i in sorted([*chosen, index]) if shown[i])
            if cell_len(text) <= space and shown[index]:
                chosen.append(index)
        return "  ".join(shown[i] for i in sorted(chosen))

    def _speed(self) -> float:
        """Steps a second over the last runs of steps; 0 while there was only one."""
        (began, first), (now, last) = self._times[0], self._times[-1]
        return (last - first) / (now - began) if now > began else 0.0

    def _left(self, step: int, done: int, total: int, speed: float) -> str:
        epochs = self._total or 0
        left = max(epochs * total - step, total - done)
        if not speed:
            return ""
        seconds = int(left / speed + 0.5)
        hours, minutes = seconds // 3600, seconds // 60 % 60
        clock = f"{hours}:{minutes:02d}" if hours else str(minutes)
        return render("{time} left", time=f"{clock}:{seconds % 60:02d}")


def _values(logs: Logs) -> list[str]:
    shown = [n for n, v in logs.items() if n not in _HIDDEN and is_number(v)]
    shown.sort(key=lambda name: (name.startswith("val_"), name not in ("loss", "val_loss")))
    return [f"{heading(name)} {number(name, logs[name])}" for name in shown]


def _bar(console: Console) -> Progress:
    def text(field: str) -> TextColumn:
        column = Column(no_wrap=True, overflow="ellipsis")
        return TextColumn(f"{{task.fields[{field}]}}", markup=False, table_column=column)

    return Progress(
        text("head"),
        BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=_BAR)),
        text("tail"),
        console=console,
        transient=True,
        expand=True,
        refresh_per_second=5,
    )
