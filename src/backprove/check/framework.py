"""A framework's operator as the thing that is checked, or as a reference.

It runs in the framework's process. A trial that ends the process is found by asking again, in a
fresh process, for some of the trials, and for each one several times: what corrupts memory may
end the process only later.
"""

from __future__ import annotations

import re
import signal
from typing import Any

import numpy as np

from backprove.check.calls import Call
from backprove.oracle.client import OracleError
from backprove.targets import Outcome
from backprove.targets.constructor import described

SECONDS = 20.0
"""What one batch of trials may take."""

COMPILING = 90.0
"""The same where every new shape is compiled first."""

AGAIN = 40
"""So often a trial is repeated to see whether it ends the process."""


class Framework:
    """An expression over a framework's functions, in the worker of that framework.

    The names in the expression are the inputs, parameters and settings of one of our operators.
    `says` are the settings that the expression can take, None for all of them.
    """

    def __init__(
        self,
        library: str,
        name: str,
        call: Call | str,
        cls: Any,
        worker: Any,
        given: dict[str, Any] | None = None,
    ) -> None:
        call = call if isinstance(call, Call) else Call(call, None)
        self.library, self.expression, self.cls, self.worker = library, call.expression, cls, worker
        self.says, self.apart, self.given = call.says, call.apart, dict(given or {})
        self.names, self.parameters = cls.signature.inputs, cls.signature.parameters
        self.constructor = self._constructor()
        plain = re.fullmatch(r"[\w.]+\([^()]*\)", self.expression) is not None
        self.varies = plain or self.says is not None
        self.compiled = library == "jax"
        self.seconds = COMPILING if self.compiled else SECONDS
        self.place = ""
        self.facts: dict[str, Any] = {
            "name": f"{library}:{name}", "bases": [cls.__name__], "inputs": list(self.names),
            "parameters": {}, "protocol": "upstream", "teaching": False,
            "file": None, "line": None, "source": "",
        }  # fmt: skip

    def _constructor(self) -> dict[str, Any]:
        takes = described(self.cls)
        return {
            "needed": [n for n in takes["needed"] if self._says(n)],
            "defaults": {n: v for n, v in takes["defaults"].items() if self._says(n)},
        }

    def _says(self, name: str) -> bool:
        return self.says is None or name in self.says

    def sayable(self, arguments: dict[str, Any]) -> bool:
        """Whether the operator can be asked at these settings of ours."""
        together = bool(self.apart) and all(name in arguments for name in self.apart)
        if not self._says("reduction") and "reduction" in described(self.cls)["defaults"]:
            arguments = dict(arguments)
            if arguments.pop("reduction", "mean") != "none":
                return False
        return not together and all(self._says(name) for name in arguments)

    def run(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outcomes of the framework on trials."""
        asked = [self.question(r) for r in requests]
        answers = self._ask(asked)
        return [self._outcome(a, r) for a, r in zip(answers, requests, strict=True)]

    def _ask(self, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers; {"ended": Outcome} for the first trial that ends the process."""
        try:
            with self.worker.limited(self.seconds):
                return list(self.worker.ask("evaluate_all", requests=asked)["answers"])
        except OracleError as error:
            ended = {"ended": _ended(error)}
        return self._ending(asked, ended)

    def _ending(self, asked: list[dict[str, Any]], ended: dict[str, Any]) -> list[dict[str, Any]]:
        """The answers with `ended` at the trial that ends the process: first, last, or halved."""
        rest: list[dict[str, Any]] = [{"skipped": True}] * (len(asked) - 1)
        if len(asked) == 1 or self._ends(asked[:1]):
            return [ended, *rest]
        if self._ends(asked[-1:]):
            return [*rest, ended]
        half = len(asked) // 2
        if self._ends(asked[:half]):
            return [*self._ending(asked[:half], ended), *rest[half - 1 :]]
        return [*rest[:half], *self._ending(asked[half:], ended)]

    def _ends(self, asked: list[dict[str, Any]]) -> bool:
        """Whether these trials, each asked several times, end a process."""
        try:
            with self.worker.limited(self.seconds):
                self.worker.ask("evaluate_all", requests=asked, times=AGAIN)
        except OracleError:
            return True
        return False

    def question(self, request: dict[str, Any]) -> dict[str, Any]:
        """The request as the worker of the framework reads it."""
        values = request["values"]
        arrays = {k: v for k, v in values.items() if isinstance(v, np.ndarray)}
        plain = {k: v for k, v in values.items() if k not in arrays}
        present: dict[str, Any] = dict.fromkeys(self.parameters) | arrays
        wanted = None if request["wanted"] == "all" else list(self.parameters)
        return {
            "expression": self.expression,
            "arrays": {**present, **dict(zip(self.names, request["inputs"], strict=True))},
            "constants": {**self.settings(request["arguments"]), **plain},
            "dy": request["dy"],
            "wanted": wanted,
        }

    def settings(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Our hyper-parameters at these constructor arguments."""
        op = self.cls(**{**self.given, **arguments})
        return {k: v for k, v in vars(op).items() if not k.startswith("_")}

    def _outcome(self, answer: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        if "ended" in answer:
            return answer
        if "skipped" in answer:
            return {"stopped": Outcome("not run")}
        if "error" in answer:
            return {"stopped": Outcome("raised", error=answer["error"])}
        gradients, y = answer["gradients"], answer["y"]
        wanted = np.shape(request["dy"])
        arrays = {"y": y.reshape(wanted) if y.size == int(np.prod(wanted)) else y}
        inputs = dict(zip(self.names, request["inputs"], strict=True))
        gradients = {
            k: g.reshape(np.shape(inputs[k])) if k in inputs else g for k, g in gradients.items()
        }
        arrays |= {f"d{i}": gradients[n] for i, n in enumerate(self.names) if n in gradients}
        arrays |= {f"d:{n}": gradients[n] for n in self.parameters if n in gradients}
        dtypes = {k: answer["dtypes"].get(n, "") for k, n in self._places().items()}
        return {"arrays": arrays, "dtypes": dtypes, "notes": [], "partly": False}

    def _places(self) -> dict[str, str]:
        """The names of results in trials, and what the worker calls them."""
        places = {"y": "y", **{f"d{i}": n for i, n in enumerate(self.names)}}
        return places | {f"d:{n}": n for n in self.parameters}


def _ended(error: OracleError) -> Outcome:
    """How the process ended: stopped after a while, by a signal, or by itself."""
    limit, code = error.parameters.get("timeout", 0.0), error.parameters.get("code", 0)
    if limit:
        return Outcome("timed out", limit=float(limit))
    if code < 0:
        return Outcome("crashed", code=code, signal=signal.Signals(-code).name)
    return Outcome("exited", error=str(error), code=code)
