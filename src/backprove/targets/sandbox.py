"""A learner's operator in a process of its own: no code of theirs runs in this one."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from backprove.errors import UsageError, _rebuild
from backprove.messages import current_language
from backprove.targets.channel import Channel, Lost
from backprove.targets.given import pack_literal
from backprove.targets.place import Target
from backprove.targets.sentences import SENTENCES, told
from backprove.targets.trial import Outcome, Trial, outcome_of, packed_trial

START = 180.0
"""Seconds for the process to import its array library."""

MOST_LOSSES = 3
"""After so many trials of one call that end the process, the others are not run."""


class TargetError(UsageError):
    """A target that cannot be made at all; `outcome` says what happened instead."""

    outcome: Outcome = Outcome()


class Sandbox:
    """Runs a target on trials, each within `seconds`; running its file may take `loading`.

    `memory` limits the address space of the process to so many bytes. The process is started
    when it is first needed, again after each trial that ended it, and ends with `close`.

        names         what the file holds that can be checked
        accepts       the arguments that each of these takes, None for any
        takes         the constructor's arguments, before anything is made
        facts         of the target (see `describe.facts`)
        version       of the array library
        printed       what the learner's code printed in the present process
    """

    def __init__(
        self, target: Target, seconds: float = 10.0, loading: float = 30.0, memory: int = 0
    ) -> None:
        self.target, self.seconds, self.loading, self.memory = target, seconds, loading, memory
        self._channel: Channel | None = None
        self._facts: dict[str, Any] = {}
        self._loaded: dict[str, Any] = {}
        self.version = ""

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        channel, self._channel = self._channel, None
        if channel is not None:
            self._at_end.detach()
            channel.close()

    def give(self, arguments: dict[str, Any]) -> None:
        """Make the target from these arguments from now on. Raises as `facts` does."""
        self.target = replace(self.target, arguments=dict(arguments))
        self._facts = {}
        if self._channel is not None:
            self._answer({"do": "give", "arguments": pack_literal(arguments)}, self.loading)

    @property
    def names(self) -> list[str]:
        """The classes, functions and pairs of the file. Raises as `facts` does."""
        self._ready()
        return list(self._loaded["names"])

    @property
    def accepts(self) -> dict[str, list[str] | None]:
        """The arguments that each of `names` takes, None for any. Raises as `facts` does."""
        self._ready()
        return dict(self._loaded["accepts"])

    @property
    def takes(self) -> dict[str, Any]:
        """The constructor's needed arguments and plain defaults. Raises as `facts` does."""
        self._ready()
        return dict(self._loaded["takes"])

    @property
    def facts(self) -> dict[str, Any]:
        """What the target is.

        Raises UsageError if the class or function is not there or cannot be made with these
        arguments, and TargetError if its code raises, exits, crashes or does not end.
        """
        if not self._facts:
            self._ready()
            self._facts = dict(self._answer({"do": "describe"}, self.loading)["facts"])
        return self._facts

    @property
    def printed(self) -> str:
        """What was printed, the middle left out where it is long."""
        return self._channel.printed.text if self._channel is not None else ""

    def run(self, trials: Iterable[Trial]) -> list[Outcome]:
        """An outcome for each trial; those of the process are outcomes of the trial that ran.

        Raises TargetError if the file cannot be run.
        """
        todo = list(trials)
        found: list[Outcome] = []
        losses = 0
        while len(found) < len(todo):
            if losses == MOST_LOSSES:
                found += [Outcome("not run")] * (len(todo) - len(found))
                break
            self._ready()
            before = len(found)
            last = self._collect(todo[before:], found)
            if last is not None:
                found.append(last)
                losses += 1
        return found

    def _collect(self, trials: Sequence[Trial], found: list[Outcome]) -> Outcome | None:
        """Add outcomes until all are there, or give the one that ended the process."""
        method = "__init__"
        packed = [
            {**packed_trial(t), "arguments": pack_literal(t.arguments)} for t in trials
        ]  # fmt: skip
        try:
            self._send({"do": "run", "trials": packed})
            while not (message := self._receive(self.seconds)).get("done"):
                method = message.get("at", method)
                if "outcome" in message:
                    found.append(outcome_of(message["outcome"]))
        except Lost as loss:
            return self._lost(loss, method)
        return outcome_of(message["stopped"]) if "stopped" in message else None

    def _ready(self) -> None:
        """Start the process and run the file, unless that is done."""
        if self._channel is not None:
            return
        self._channel = Channel(self.target.library, self.memory)
        self._at_end = weakref.finalize(self, self._channel.close)
        try:
            self.version = self._receive(START)["version"]
        except Lost as loss:
            printed = self._lost(loss, "import").printed.strip()
            raise TargetError(
                "the process for {library} did not start: {reason}",
                library=self.target.library,
                reason=printed.rpartition("\n")[2] or f"{START:g} s",
            ) from loss
        target = self.target
        request = {
            "do": "load",
            "kind": target.kind,
            "path": target.path,
            "names": list(target.names),
            "arguments": pack_literal(target.arguments),
        }
        self._loaded = self._answer(request, self.loading)

    def _answer(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        """The last message of an answer. Raises UsageError or TargetError in its place."""
        method = "import"
        try:
            self._send(request)
            while not (message := self._receive(limit)).get("done"):
                method = message.get("at", method)
        except Lost as loss:
            raise self._error(self._lost(loss, method)) from loss
        if "refused" in message:
            self.close()
            refused = message["refused"]
            raise _rebuild(UsageError, refused["template"], refused["parameters"])
        if "stopped" in message:
            printed = self.printed
            self.close()
            raise self._error(outcome_of({**message["stopped"], "printed": printed}))
        return message

    def _send(self, message: dict[str, Any]) -> None:
        assert self._channel is not None
        self._channel.send({**message, "language": current_language()})

    def _receive(self, limit: float) -> dict[str, Any]:
        assert self._channel is not None
        return self._channel.receive(limit)

    def _lost(self, loss: Lost, method: str) -> Outcome:
        """The outcome of a process that is gone, which is closed."""
        channel = self._channel
        assert channel is not None
        file, line = channel.place(self.target.path)
        kind = "timed out" if loss.limit else "exited" if not loss.signal else "crashed"
        printed = channel.printed.text
        self.close()
        return Outcome(
            kind, method=method, code=loss.code, signal=loss.signal, limit=loss.limit,
            file=file, line=line, printed=printed,
        )  # fmt: skip

    def _error(self, outcome: Outcome) -> TargetError:
        error = TargetError(SENTENCES[outcome.kind], **told(outcome))
        error.outcome = outcome
        return error
