"""The thing that is checked: an operator here, a class of a file, or a framework's operator.

All have one method: `run(requests)` gives an outcome for each trial.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from backprove.oracle.client import OracleError
from backprove.targets import Local, Outcome, Sandbox, Trial, find
from backprove.targets.constructor import described

SECONDS = 5.0
"""What a file may take for one trial."""

NUMBERED = ("ok", "wrong shape")
ENDED = ("exited", "crashed", "timed out")


class Target:
    """An operator of this process (`Local`), or a class of a file in a sandbox of its own."""

    def __init__(
        self,
        box: Any,
        given: dict[str, Any],
        place: str = "",
        cls: Any = object,
        varies: bool = True,
    ) -> None:
        self.box, self.given, self.place, self.cls, self.varies = box, given, place, cls, varies
        self.library = box.library if isinstance(box, Local) else box.target.library
        self.facts = dict(box.facts)
        self.constructor = self.facts["constructor"]

    def run(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """An outcome for each trial, as a dictionary; see `outcome_of`."""
        outcomes = self.box.run([Trial(**{**r, "inputs": tuple(r["inputs"])}) for r in requests])
        return [outcome_of(o) for o in outcomes]

    def close(self) -> None:
        """End the sandbox."""
        self.box.close()


def outcome_of(outcome: Outcome) -> dict[str, Any]:
    """Arrays, dtypes and notes of a run; or `ended` or `stopped`, with the outcome itself."""
    if outcome.kind in NUMBERED:
        notes = [*(f"changed:{c}" for c in outcome.changed), *outcome.notes]
        notes += [f"alias:{a}" for a in outcome.aliases if a.startswith("y:")]
        partly = "y" in outcome.shapes
        return {
            "arrays": outcome.arrays, "dtypes": outcome.dtypes, "notes": notes, "partly": partly,
        }  # fmt: skip
    return {("ended" if outcome.kind in ENDED else "stopped"): outcome}


def local(thing: Any, given: dict[str, Any], example: dict[str, Any] | None = None) -> Target:
    """An operator object or class of this process; `example` are arguments to look at it with."""
    box = Local(thing, {**(example or {}), **given})
    box.arguments = dict(given)
    if not isinstance(thing, type):
        own = {k: v for k, v in vars(thing).items() if isinstance(v, int | float | str)}
        box.facts["constructor"] = {"needed": [], "defaults": own}
    cls = thing if isinstance(thing, type) else type(thing)
    return Target(box, given, cls=cls, varies=isinstance(thing, type))


def filed(place: str, given: dict[str, Any]) -> Target:
    """A class, function or pair of a file or notebook, in a process of its own."""
    return Target(Sandbox(find(place, given), SECONDS), given, place)


class Framework:
    """An expression over a framework's functions, in the worker of that framework.

    The names in the expression are the inputs, parameters and settings of one of our operators.
    """

    def __init__(self, library: str, name: str, expression: str, cls: Any, worker: Any) -> None:
        self.library, self.expression, self.cls, self.worker = library, expression, cls, worker
        self.names, self.parameters = cls.signature.inputs, cls.signature.parameters
        self.constructor = described(cls)
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
            return [{"ended": Outcome("crashed", error=str(error))} for _ in requests]
        return [self._outcome(a, r) for a, r in zip(answers, requests, strict=True)]

    def _question(self, request: dict[str, Any]) -> dict[str, Any]:
        values = request["values"]
        arrays = {k: v for k, v in values.items() if isinstance(v, np.ndarray)}
        plain = {k: v for k, v in values.items() if k not in arrays}
        present: dict[str, Any] = dict.fromkeys(self.parameters) | arrays
        return {
            "expression": self.expression,
            "arrays": {**present, **dict(zip(self.names, request["inputs"], strict=True))},
            "constants": {**self.settings(request["arguments"]), **plain},
            "dy": request["dy"],
        }

    def settings(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Our hyper-parameters at these constructor arguments."""
        op = self.cls(**arguments)
        return {k: v for k, v in vars(op).items() if not k.startswith("_")}

    def _outcome(self, answer: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        if "error" in answer:
            return {"stopped": Outcome("raised", error=answer["error"])}
        gradients = answer["gradients"]
        arrays = {"y": answer["y"].reshape(np.shape(request["dy"]))}
        inputs = dict(zip(self.names, request["inputs"], strict=True))
        gradients = {
            k: g.reshape(np.shape(inputs[k])) if k in inputs else g for k, g in gradients.items()
        }
        arrays |= {f"d{i}": gradients[n] for i, n in enumerate(self.names) if n in gradients}
        arrays |= {f"d:{n}": gradients[n] for n in self.parameters if n in gradients}
        return {"arrays": arrays, "dtypes": {}, "notes": [], "partly": False}
