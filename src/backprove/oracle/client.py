"""Asking a reference: Paddle, PyTorch or JAX, each in a process of its own.

The process is started at the first question and ends with this one. A question that takes too
long kills it, and the next one starts it afresh; a crash of the framework is an answer, not the
end of the run.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar

from backprove.errors import BackproveError, DependencyError, UsageError, _rebuild, unknown
from backprove.oracle import wire

MODULES = {"paddle": "paddle", "torch": "torch", "jax": "jax"}


class OracleError(BackproveError):
    """A reference refused a question, crashed or took too long."""


class Refused(OracleError, UsageError):
    """A question that cannot be asked: the framework has no such operator."""


class Reference:
    """One framework behind a process; `environment` is added to the variables of this one."""

    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, library: str, timeout: float = 120.0) -> None:
        self.library = library
        self.timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: list[str] = []

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send one request and wait for its answer.

        Raises OracleError with the framework's own words if it refuses, with its exit code if
        it crashes, and after `timeout` seconds.
        """
        process = self._started()
        assert process.stdin is not None and process.stdout is not None
        timer = threading.Timer(self.timeout, process.kill)
        timer.start()
        try:
            wire.send(process.stdin, {"do": do, **request})  # type: ignore[arg-type]
            found = wire.receive(process.stdout)  # type: ignore[arg-type]
        except BrokenPipeError:
            found = None
        finally:
            timed_out = not timer.is_alive()
            timer.cancel()
        if found is None:
            raise self._lost(process, timed_out)
        if "refused" in found:
            raise _rebuild(Refused, found["refused"]["template"], found["refused"]["parameters"])
        if "error" in found:
            raise OracleError(
                "{library} refused: {error}", library=self.library, error=found["error"]
            )
        return dict(found)

    def start(self) -> None:
        """Let the process import its framework while this one does something else."""
        self._started()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Let each question take so many seconds only, once the process is there."""
        if self._process is None:
            self.ask("version")
        before, self.timeout = self.timeout, seconds
        try:
            yield
        finally:
            self.timeout = before

    def evaluate(
        self, expression: str, arrays: dict[str, Any], constants: Any = None, dy: Any = None
    ) -> dict[str, Any]:
        """Value `y` of an expression, and with `dy` the `gradients` of its floating arrays."""
        return self.ask(
            "evaluate", expression=expression, arrays=arrays, constants=constants or {}, dy=dy
        )

    @property
    def pid(self) -> int | None:
        """The number of the process; None while there is none."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def _command(self) -> list[str]:
        """What Python is to run; raises DependencyError if the framework is not installed."""
        require(self.library)
        return ["-m", "backprove.oracle.worker", self.library]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, *self._command()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=os.environ | self.environment,
            )
            self._errors = []
            threading.Thread(target=self._drain, args=(self._process,), daemon=True).start()
        return self._process

    def _drain(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                self._errors = [*self._errors[-19:], line.decode(errors="replace").rstrip()]
        except ValueError:
            return

    def _lost(self, process: subprocess.Popen[bytes], timed_out: bool) -> OracleError:
        code = process.wait()
        last = " / ".join(self._errors[-2:])
        self.close()
        if timed_out:
            return OracleError(
                "{library} gave no answer in {timeout:g} s and was stopped",
                library=self.library,
                timeout=self.timeout,
            )
        return OracleError(
            "the process of {library} ended with exit code {code}: {last}",
            library=self.library,
            code=code,
            last=last,
        )


def installed(library: str) -> bool:
    """Whether a reference can be asked, found out without importing it."""
    if library not in MODULES:
        raise unknown("reference", library, MODULES)
    return importlib.util.find_spec(MODULES[library]) is not None


def require(library: str) -> None:
    """Raise DependencyError if the framework is not installed."""
    if not installed(library):
        raise DependencyError(
            "{library} is not installed: pip install 'backprove[{library}]'", library=library
        )


@cache
def reference(library: str) -> Reference:
    """The one process of a framework that this process talks to."""
    found = Reference(library)
    atexit.register(found.close)
    return found
