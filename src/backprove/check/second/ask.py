"""Who differentiates a subject's backward again, and asking for it.

Our own operators go through the bridge of every library that was named, a framework's through the
framework itself, and a class of a file through the framework that it is written for. A class that
names no array library goes through our bridges too (see `boxes`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.framework import Framework
from backprove.check.references import LIBRARIES
from backprove.check.second.boxes import box
from backprove.errors import BackproveError
from backprove.ops import operators
from backprove.oracle.client import OracleError, installed, reference
from backprove.targets import Trial, sentence

USUAL = ("torch", "jax")
"""The libraries that are asked about our own operators where none was named: the first there is."""


class Twice:
    """A subject whose `run` gives second derivatives: "d0", "d:weight" and "dy".

    An outcome has "arrays", or "refused" with the words of the refusal.
    """

    def __init__(self, subject: Any, library: str, box: Any = None) -> None:
        self.subject, self.library, self.box = subject, library, box
        self.facts, self.place = subject.facts, subject.place

    def run(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """An outcome for each request, along the direction of its arrays."""
        if isinstance(self.subject, Framework):
            return self._worker("expression", [self._expression(r) for r in requests])
        if self.box is None:
            return self._worker("operator", [self._operator(r) for r in requests])
        return self._boxed(requests)

    def close(self) -> None:
        """End the process that was started for this alone."""
        if self.box is not None and self.box is not self.subject.box:
            self.box.close()

    def _worker(self, what: str, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers of the framework's process, gradients under the names of trials."""
        try:
            worker = reference(self.library)
            answers = worker.ask("twice:many", library=self.library, what=what, requests=asked)
        except OracleError as error:
            return [{"refused": str(error)}] * len(asked)
        names = self.facts["inputs"]
        return [_outcome(a, names) for a in answers["answers"]]

    def _expression(self, request: dict[str, Any]) -> dict[str, Any]:
        asked = self.subject.question(request)
        return {
            "expression": asked["expression"], "given": asked["arrays"],
            "constants": asked["constants"], "dy": request["dy"], "along": self._named(request),
        }  # fmt: skip

    def _operator(self, request: dict[str, Any]) -> dict[str, Any]:
        cls = self.subject.cls
        inputs = dict(zip(cls.signature.inputs, request["inputs"], strict=True))
        return {
            "name": cls.__name__, "arguments": {**self.subject.given, **request["arguments"]},
            "given": {**inputs, **request["values"]}, "dy": request["dy"],
            "along": self._named(request),
        }  # fmt: skip

    def _named(self, request: dict[str, Any]) -> dict[str, Any]:
        """The direction by the names of inputs and parameters."""
        inputs = self.facts["inputs"]
        return {
            k[2:] if ":" in k else inputs[int(k[1:])]: v
            for k, v in directions(request, self.subject).items()
        }

    def _boxed(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        trials = [
            Trial(
                tuple(r["inputs"]), r["dy"], r["values"], arguments=r["arguments"], mode="second",
                direction=directions(r, self.subject),
            )
            for r in requests
        ]  # fmt: skip
        try:
            outcomes = self.box.run(trials)
        except BackproveError as error:
            return [{"refused": str(error)}] * len(requests)
        return [
            {"arrays": o.arrays, "dtypes": {}, "notes": [], "partly": True}
            if o.ok
            else {"refused": o.error or sentence(o)}
            for o in outcomes
        ]


def _outcome(answer: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if "error" in answer:
        return {"refused": answer["error"]}
    places = {n: f"d{i}" for i, n in enumerate(names)}
    arrays = {
        k if k == "dy" else places.get(k, f"d:{k}"): g for k, g in answer["gradients"].items()
    }
    return {"arrays": arrays, "dtypes": {}, "notes": [], "partly": True}


def directions(request: dict[str, Any], subject: Any) -> dict[str, Any]:
    """The direction v by the names of the gradients: 1, -2, 3, 1, -2 ... in every array.

    The target of a loss and running statistics stay where they are.
    """
    inputs = enumerate(request["inputs"])
    arrays = {f"d{i}": x for i, x in inputs if subject.facts["inputs"][i] not in FIXED}
    state = getattr(getattr(subject, "cls", None), "state", ())
    arrays |= {f"d:{k}": v for k, v in request["values"].items() if k not in state}
    return {
        k: pattern(x)
        for k, x in arrays.items()
        if isinstance(x, np.ndarray) and x.dtype.kind == "f"
    }


def pattern(x: Any) -> Any:
    """1, -2, 3, 1, -2 ... in the shape and dtype of an array."""
    return np.resize([1.0, -2.0, 3.0], np.shape(x)).astype(x.dtype)


FIXED = ("target", "targets", "label", "labels")


def doers(subject: Any, libraries: list[str]) -> list[Twice]:
    """Who differentiates the subject's backward; nobody where it is written for NumPy alone.

    One library will do for somebody's own class: its formulas are the same in all.
    """
    if isinstance(subject, Framework):
        return [Twice(subject, subject.library)]
    if subject.library != "numpy":
        own = Twice(subject, subject.library, subject.box)
        return [own] if subject.facts["protocol"] == "upstream" else []
    named = [n for n in libraries if n in LIBRARIES and installed(n)]
    usual = [n for n in USUAL if installed(n)]
    if ours(subject):
        return [Twice(subject, name) for name in named or usual[:1]]
    for name in sorted(named or usual, key=[*USUAL, *LIBRARIES].index):
        if (place := box(subject, name)) is not None:
            return [Twice(subject, name, place)]
    return []


def ours(subject: Any) -> bool:
    """Whether it is one of our operators itself, which another process builds by its name."""
    cls = getattr(subject, "cls", object)
    return operators().get(cls.__name__) is cls and isinstance(subject.box.thing, type)
