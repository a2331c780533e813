"""An operator object or class of this process, with the interface of a sandbox."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import numpy as np

from backprove.targets import describe, failures, making
from backprove.targets.adapters import adapter
from backprove.targets.library_of import LIBRARIES
from backprove.targets.runner import Runner
from backprove.targets.running import run_trial
from backprove.targets.things import top_module
from backprove.targets.trial import Outcome, Trial


class Local:
    """Runs an object, class, function or pair (a tuple) of this process on trials.

    Nothing guards this process: what exits or never ends, does. `library` says whose arrays it
    works on; a framework's own classes tell by themselves.
    """

    def __init__(
        self, thing: Any, arguments: dict[str, Any] | None = None, library: str = ""
    ) -> None:
        self.thing, self.arguments = thing, dict(arguments or {})
        self.library = library or _library(thing)
        self._arrays = adapter(self.library)
        self.version = str(self._arrays.version)
        self.varies = isinstance(thing, type)
        self._made: dict[str, Runner] = {}
        self.names: list[str] = [self._name()]
        self.facts = describe.facts(thing, self._runner({}), self._name())

    def __enter__(self) -> Local:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing to end."""

    def run(self, trials: Iterable[Trial]) -> list[Outcome]:
        """An outcome for each trial."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [self._run(trial) for trial in trials]

    def _run(self, trial: Trial) -> Outcome:
        file = str(self.facts["file"])
        try:
            runner = self._runner(trial.arguments)
        except Exception as error:
            return failures.outcome_of(error, "__init__", file, self.thing)
        return run_trial(runner, trial, self._arrays, file, lambda method: None)

    def _runner(self, arguments: dict[str, Any]) -> Runner:
        given = {**self.arguments, **arguments}
        key = repr(sorted(given.items(), key=repr))
        if key not in self._made:
            self._made[key] = making.runner(self.thing, given, self._arrays)
        return self._made[key]

    def _name(self) -> str:
        if isinstance(self.thing, tuple):
            return ",".join(f.__name__ for f in self.thing)
        return str(getattr(self.thing, "__name__", type(self.thing).__name__))


def _library(thing: Any) -> str:
    """The framework that a class inherits from or a function belongs to; NumPy for all others."""
    cls = thing if isinstance(thing, type) else type(thing)
    tops = [top_module(base) for base in cls.__mro__]
    found = next((name for name in LIBRARIES[:3] if name in tops), "")
    return found or ("jax" if "jaxlib" in tops else "numpy")
