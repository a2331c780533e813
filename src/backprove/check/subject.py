"""The thing that is checked: an operator here, a class of a file, or a framework's operator.

All have one method: `run(requests)` gives an outcome for each trial.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np

from backprove.errors import UsageError
from backprove.oracle import learners
from backprove.oracle.client import OracleError, Reference
from backprove.oracle.trials import laid_out, run_trials

LIMIT = 30.0
"""Seconds that a file may take for one request."""


class Local:
    """An operator object or class in this process."""

    library = "numpy"

    def __init__(
        self, target: Any, given: dict[str, Any] | None = None, example: dict[str, Any] | None = None
    ) -> None:
        self.target, self.given = target, given or {}
        self.cls = target if isinstance(target, type) else type(target)
        self.constructor = learners.constructor(self.cls)
        self.varies = isinstance(target, type)
        if not self.varies:
            own = {k: v for k, v in vars(target).items() if isinstance(v, int | float | str)}
            self.constructor = {"needed": [], "defaults": own}
        self.facts = learners.facts(self.cls, self.build(**(example or {})))
        self.place = ""

    def build(self, **arguments: Any) -> Any:
        """The operator with these constructor arguments; an object that was given is itself."""
        if isinstance(self.target, type):
            return self.cls(**{**self.given, **arguments})
        return self.target

    def run(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outcomes."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run_trials(self.build, requests, laid_out, np.asarray)


class Filed:
    """A class in a file, run in a process of its own with a limit on its time."""

    def __init__(self, place: str, library: str, given: dict[str, Any]) -> None:
        self.place, self.library, self.given = place, library, given
        self.worker = Reference(library, LIMIT)
        try:
            found = self.worker.ask("describe_file", place=place, arguments=given)
        except OracleError as error:
            self.close()
            raise UsageError(
                "{place} cannot be run: {reason}", place=place, reason=_reason(error)
            ) from error
        self.constructor = {k: found.pop(k) for k in ("needed", "defaults")}
        self.varies, self.facts = True, found

    def run(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outcomes; a crash or a hang is the outcome of the trial that caused it."""
        try:
            trials = [{**r, "arguments": {**self.given, **r["arguments"]}} for r in requests]
            found = self.worker.ask("run_file_trials", place=self.place, trials=trials)
            outcomes: list[dict[str, Any]] = found["outcomes"]
            return outcomes
        except OracleError as error:
            return [{"crash": str(error)} for _ in requests]

    def close(self) -> None:
        """End the process."""
        self.worker.close()


class Framework:
    """An expression over a framework's functions, in the worker of that framework.

    The names in the expression are the inputs, parameters and settings of one of our operators.
    """

    def __init__(self, library: str, name: str, expression: str, cls: Any, worker: Any) -> None:
        self.library, self.expression, self.cls, self.worker = library, expression, cls, worker
        self.names, self.parameters = cls.signature.inputs, cls.signature.parameters
        self.constructor = learners.constructor(cls)
        self.varies = re.fullmatch(r"[\w.]+\([^()]*\)", expression) is not None
        self.given: dict[str, Any] = {}
        self.place = ""
        self.facts: dict[str, Any] = {
            "name": f"{library}:{name}", "bases": [cls.__name__], "inputs": list(self.names),
            "parameters": {}, "protocol": "upstream", "teaching": False,
            "file": None, "line": None, "source": "",
        }  # fmt: skip

    def run(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outcomes of the framework on trials."""
        asked = [self._question(r) for r in requests]
        try:
            answers = self.worker.ask("evaluate_all", requests=asked)["answers"]
        except OracleError as error:
            return [{"crash": str(error)} for _ in requests]
        return [self._outcome(a, r) for a, r in zip(answers, requests, strict=True)]

    def _question(self, request: dict[str, Any]) -> dict[str, Any]:
        values = request["values"]
        arrays = {k: v for k, v in values.items() if isinstance(v, np.ndarray)}
        plain = {k: v for k, v in values.items() if k not in arrays}
        arrays = dict.fromkeys(self.parameters) | arrays
        return {
            "expression": self.expression,
            "arrays": {**arrays, **dict(zip(self.names, request["inputs"], strict=True))},
            "constants": {**self._settings(request["arguments"]), **plain},
            "dy": request["dy"],
        }

    def _settings(self, arguments: dict[str, Any]) -> dict[str, Any]:
        op = self.cls(**arguments)
        return {k: v for k, v in vars(op).items() if not k.startswith("_")}

    def _outcome(self, answer: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        if "error" in answer:
            return {"error": answer["error"], "lines": []}
        gradients = answer["gradients"]
        arrays = {"y": answer["y"].reshape(np.shape(request["dy"]))}
        inputs = dict(zip(self.names, request["inputs"], strict=True))
        gradients = {
            k: g.reshape(np.shape(inputs[k])) if k in inputs else g for k, g in gradients.items()
        }
        arrays |= {f"d{i}": gradients[n] for i, n in enumerate(self.names) if n in gradients}
        arrays |= {f"d:{n}": gradients[n] for n in self.parameters if n in gradients}
        return {"arrays": arrays, "dtypes": {}, "notes": []}


def _reason(error: OracleError) -> str:
    return str(error.parameters.get("error") or error)
