"""The process of a worker as its client sees it: messages, a limit on waiting, its last words."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from backprove.oracle import wire

KEPT = 4096
"""So many bytes of the start and of the end of what was printed are kept."""


class Lost(Exception):
    """The process gave no answer: it ended by itself, or it was stopped after `limit` seconds."""

    def __init__(self, code: int | None, limit: float = 0.0) -> None:
        super().__init__(code, limit)
        self.code, self.limit = code, limit

    @property
    def signal(self) -> str:
        """The name of the signal that ended it; "" if none did."""
        if self.code is None or self.code >= 0:
            return ""
        with suppress(ValueError):
            return signal.Signals(-self.code).name
        return str(-self.code)


class Channel:
    """One worker process, started at once. It and its children end with `close`."""

    def __init__(self, library: str, memory: int = 0) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="backprove-")
        self._trace = Path(self._folder.name) / "stack.txt"
        self._process = subprocess.Popen(
            [
                sys.executable, "-P", "-m", "backprove.targets.worker",
                library, str(self._trace), str(memory),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
        )  # fmt: skip
        self._messages: queue.Queue[Any] = queue.Queue()
        self.printed = Printed()
        assert self._process.stdout is not None and self._process.stderr is not None
        self._start(self._read, self._process.stdout)
        self._start(self.printed.drain, self._process.stderr)

    def _start(self, work: Any, stream: Any) -> None:
        threading.Thread(target=work, args=(stream,), daemon=True).start()

    def _read(self, stream: BinaryIO) -> None:
        """Put every message into the queue; None at the end, also where a message breaks off."""
        with suppress(Exception):
            while (message := wire.receive(stream)) is not None:
                self._messages.put(message)
        self._messages.put(None)

    def send(self, message: dict[str, Any]) -> None:
        """Send a request. Raises Lost if the process has ended."""
        try:
            wire.send(self._process.stdin, message)  # type: ignore[arg-type]
        except OSError as error:
            raise Lost(self._ended()) from error

    def receive(self, limit: float) -> dict[str, Any]:
        """The next message. Raises Lost if none comes within the limit or the process ends."""
        deadline = time.monotonic() + limit
        while True:
            left = deadline - time.monotonic()
            try:
                message = self._messages.get(timeout=max(0.0, min(left, 0.25)))
            except queue.Empty:
                if self._process.poll() is not None and self._messages.empty():
                    raise Lost(self._ended()) from None
                if left <= 0:
                    self._show_stack()
                    raise Lost(None, limit) from None
                continue
            if message is None:
                raise Lost(self._ended())
            return dict(message)

    def _ended(self) -> int | None:
        """The exit code; None if the process closed its streams and goes on."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=2.0)
        return None

    def _show_stack(self) -> None:
        """Let a process that hangs write down where it is."""
        if hasattr(signal, "SIGUSR1"):
            with suppress(OSError):
                self._process.send_signal(signal.SIGUSR1)
                time.sleep(0.3)

    def place(self, path: str) -> tuple[str, int | None]:
        """The innermost line of the learner's file in the stack that the process wrote down."""
        try:
            text = self._trace.read_text(encoding="ascii", errors="replace")
        except OSError:
            return "", None
        wanted = path.encode("ascii", "backslashreplace").decode()
        for name, line in re.findall(r'File "([^"]*)", line (\d+) in', text):
            if path and (name == wanted or name.startswith(f"{wanted}[")):
                return path + name.removeprefix(wanted), int(line)
        return "", None

    def close(self) -> None:
        """End the process and what it started."""
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(OSError, ValueError):
                    stream.close()
        self._folder.cleanup()


class Printed:
    """The first and last bytes of a stream, however long it is."""

    def __init__(self) -> None:
        self._head, self._tail, self.total = b"", b"", 0

    def drain(self, stream: Any) -> None:
        """Read until the end."""
        with suppress(OSError, ValueError):
            while piece := stream.read1(65536):
                self.total += len(piece)
                if len(self._head) < KEPT:
                    self._head += piece[: KEPT - len(self._head)]
                self._tail = (self._tail + piece)[-KEPT:]

    @property
    def text(self) -> str:
        """What was printed; the middle of a long text is left out."""
        if self.total <= KEPT:
            return self._head.decode("utf-8", "replace")
        if self.total <= 2 * KEPT:
            whole = self._head + self._tail[-(self.total - KEPT) :]
            return whole.decode("utf-8", "replace")
        head, tail = (part.decode("utf-8", "replace") for part in (self._head, self._tail))
        return f"{head}\n[{self.total - 2 * KEPT} bytes]\n{tail}"
