"""Conventions at kinks: the declared one is held, the others are told."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove import codes
from backprove.check.counterexample import place
from backprove.check.kinks import Kink
from backprove.check.references import LIBRARIES, Answer, ask
from backprove.errors import unknown
from backprove.findings import Evidence, Finding

KNOWN = ("backprove", *LIBRARIES)


def require_known(declared: str) -> None:
    """Refuse the name of a convention that nobody has."""
    if declared and declared not in KNOWN:
        raise unknown("convention", declared, KNOWN)


def findings(
    found: list[Kink], subject: Any, cls: Any, declared: str, answers: list[Answer]
) -> list[Finding]:
    """A warning where a declared convention is broken; else word of references that differ."""
    if not declared and issubclass(getattr(subject, "cls", object), cls):
        declared = "" if getattr(subject, "expression", "") else "backprove"
    broken = _broken(found, cls, declared) if declared else []
    if broken:
        kink, expected = min(broken, key=lambda pair: (len(pair[0].arguments), abs(pair[0].x)))
        return [_finding(kink, [declared], expected, subject, "warn")]
    told = []
    for kink in _plain(found):
        differing = [a for a in answers if _differs(a.kinks, kink)]
        if differing:
            names = [a.subject.library for a in differing]
            told.append(_finding(kink, names, _at(differing[0].kinks, kink), subject, "info"))
    return told


def _broken(found: list[Kink], cls: Any, declared: str) -> list[tuple[Kink, float]]:
    if declared == "backprove":
        pairs = [(k, _ours(k)) for k in found]
    else:
        plain = next((k.op for k in found if not k.arguments), None)
        theirs = [k for a in ask(cls, [declared], 0, plain) for k in a.kinks]
        pairs = [(k, _at(theirs, k)) for k in found if not k.arguments]
    return [(k, e) for k, e in pairs if e is not None and not _near(k.found, e)]


def _ours(kink: Kink) -> float:
    """What our own operator gives at the kink, with the settings that it was found at."""
    op = kink.op
    context = {"training": False} if "training" in op.signature.context else {}
    _, saved = op.fwd(np.array([kink.x]), **context)
    return float(op.bwd(saved, np.ones(1))[0][0][0])


def _plain(found: list[Kink]) -> list[Kink]:
    """The kinks at default settings, 0 and -0 once."""
    return list({k.x: k for k in reversed(found) if not k.arguments}.values())


def _at(found: list[Kink], kink: Kink) -> Any:
    return next((k.found for k in found if k.x == kink.x and not k.arguments), None)


def _differs(theirs: list[Kink], kink: Kink) -> bool:
    other = _at(theirs, kink)
    return other is not None and not _near(other, kink.found)


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-5 * max(abs(a), abs(b), 1e-30)


def _finding(kink: Kink, names: list[str], expected: float, subject: Any, level: Any) -> Finding:
    title = "gradient of x"
    evidence = [
        Evidence("input", kink.x),
        Evidence("yours", kink.found),
        Evidence("expected", expected),
        Evidence("left derivative", kink.left),
        Evidence("right derivative", kink.right),
    ]
    parameters = {
        "input": kink.x, "what": title, "yours": kink.found, "reference": ", ".join(names),
    }  # fmt: skip
    where = place(subject, title)
    return codes.finding("GRD012", level=level, parameters=parameters, evidence=evidence, **where)
