"""What the worker does for its client: run the file, describe the target, run trials."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.ops import operator, operators
from backprove.oracle.names import resolve
from backprove.targets import describe, failures, making, things
from backprove.targets.adapters import adapter
from backprove.targets.given import unpack_literal
from backprove.targets.operators import Operator
from backprove.targets.plain import Plain
from backprove.targets.runner import Runner
from backprove.targets.running import run_trial
from backprove.targets.trial import Outcome, trial_of

Send = Callable[[dict[str, Any]], None]


class Session:
    """One target in one array library."""

    def __init__(self, library: str) -> None:
        self.library, self.arrays = library, adapter(library)
        self.version = self.arrays.version
        self.kind, self.path, self.thing, self.name = "", "", None, ""
        self.arguments: dict[str, Any] = {}
        self.method = "import"
        self._made: dict[str, Runner] = {}
        np.seterr(all="ignore")
        warnings.simplefilter("ignore")

    def load(
        self, send: Send, kind: str, path: str, names: list[str], arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """Run the file and find the class in it; or find the operator."""
        self.kind, self.path, self.arguments = kind, path, unpack_literal(arguments)
        self.method = "import"
        send({"at": self.method})
        known: dict[str, Any] = {}
        if kind in ("file", "definition"):
            module = things.run_file(path)
            known = things.things(module)
            self.thing = things.choose(path, module, tuple(names))
            self.name = _name(self.thing)
        else:
            self.name = names[0]
        accepts = {name: making.accepted(thing) for name, thing in known.items()}
        return {
            "names": list(known), "name": self.name, "takes": self._takes(), "accepts": accepts,
        }  # fmt: skip

    def give(self, send: Send, arguments: dict[str, Any]) -> dict[str, Any]:
        """Make what was loaded from other arguments."""
        self.arguments = unpack_literal(arguments)
        self._made.clear()
        return {}

    def _takes(self) -> dict[str, Any]:
        """What the constructor takes, so that a client can give it before anything is made."""
        if self.kind == "framework":
            return describe.takes(resolve(self.library, self.name))
        return describe.takes(operators()[self.name] if self.kind == "operator" else self.thing)

    def describe(self, send: Send) -> dict[str, Any]:
        """The facts that a checker needs."""
        self.method = "__init__"
        send({"at": self.method})
        runner = self._runner({})
        if self.kind == "framework":
            found = describe.facts(resolve(self.library, self.name), runner, self.name)
            return {"facts": {**found, "name": f"{self.library}:{self.name}"}}
        thing = type(runner.subject) if self.kind == "operator" else self.thing
        return {"facts": describe.facts(thing, runner, self.name)}

    def run(self, send: Send, trials: list[dict[str, Any]]) -> dict[str, Any]:
        """One message with the outcome of each trial, and one before each method that runs."""

        def mark(method: str) -> None:
            self.method = method
            send({"at": method})

        for packed in trials:
            packed["arguments"] = unpack_literal(packed["arguments"])
            trial = trial_of(packed)
            mark("__init__")
            try:
                runner = self._runner(trial.arguments)
            except BaseException as error:
                outcome = self.stopped(error)
            else:
                outcome = run_trial(runner, trial, self.arrays, self.path, mark)
            send({"outcome": outcome.packed()})
        return {}

    def stopped(self, error: BaseException) -> Outcome:
        """The outcome of an exception outside of a trial."""
        thing = self.thing if isinstance(self.thing, type) else None
        return failures.outcome_of(error, self.method, self.path, thing)

    def _runner(self, arguments: dict[str, Any]) -> Runner:
        given = {**self.arguments, **arguments}
        key = repr(sorted(given.items(), key=repr))
        if key not in self._made:
            self._made[key] = self._make(given)
        found: Runner = self._made[key]
        return found

    def _make(self, given: dict[str, Any]) -> Runner:
        if self.kind == "framework":
            return making.framework_runner(self.library, self.name, given, self.arrays)
        if self.kind == "operator":
            return Operator(operator(self.name, **given), self.arrays)
        thing: Any = self.thing
        if self.kind == "definition" and making.is_plain(thing):
            return Plain(thing, given)
        return making.runner(self.thing, given, self.arrays)


def _name(thing: Any) -> str:
    if isinstance(thing, tuple):
        return ",".join(f.__name__ for f in thing)
    return str(getattr(thing, "__name__", type(thing).__name__))
