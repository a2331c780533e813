"""Which of our operators a class or a function's name stands for, and at which settings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from backprove.check.functions import function
from backprove.check.grid import PARAMETERS
from backprove.errors import BackproveError
from backprove.ops import find
from backprove.oracle.exact import HighPrecision
from backprove.targets.constructor import described

DECORATION = ("my", "op", "layer", "custom", "numpy", "paddle", "torch", "activation", "function")
OTHER_NAMES = {
    "logistic": "Sigmoid", "hardlogistic": "Hardsigmoid", "logsigmoid": "LogSigmoid",
    "binarycrossentropywithlogits": "BCEWithLogits", "bceloss": "BCE",
    "binarycrossentropyloss": "BCE", "binarycrossentropy": "BCE", "swish": "SiLU",
    "mseloss": "MSE", "l1loss": "L1", "threshold": "ThresholdedReLU", "smoothl1loss": "SmoothL1",
    "huberloss": "Huber", "nllloss": "NLL", "kldivloss": "KLDiv",
    "crossentropyloss": "CrossEntropy", "batchnorm": "BatchNorm1d",
    "bcewithlogitsloss": "BCEWithLogits", "pow": "Power", "mul": "Multiply", "div": "Divide",
    "sub": "Subtract", "softmaxwithcrossentropy": "CrossEntropy", "hardsilu": "Hardswish",
}  # fmt: skip
MEANINGS = {("paddle", "smooth_l1_loss"): "Huber", ("paddle", "SmoothL1Loss"): "Huber"}
"""Documented names of a framework that mean another operator than elsewhere."""


def definition(names: Iterable[str]) -> Any:
    """The first of our operators that one of the names stands for; None if there is none."""
    for name in names:
        plain = name.replace("_", "").replace("-", "").lower()
        for word in (plain, *_undecorated(plain)):
            try:
                return find(OTHER_NAMES.get(word, word))
            except BackproveError:
                continue
        if (known := function(name)) is not None:
            return known
    return None


def meaning(library: str, name: str) -> Any:
    """The definition of a framework's operator by the last part of its name, None if unknown."""
    return definition([MEANINGS.get((library, name), name)])


def _undecorated(word: str) -> Iterator[str]:
    for extra in DECORATION:
        for rest in (word.removeprefix(extra), word.removesuffix(extra)):
            if rest and rest != word:
                yield rest


def mapped(subject: dict[str, Any], ours: dict[str, Any]) -> dict[str, str]:
    """The subject's constructor arguments and which of the definition's each one is.

    Those of one name belong together; a single one left on both sides, too.
    """
    names = [*subject["needed"], *subject["defaults"]]
    known = [*ours["needed"], *ours["defaults"]]
    pairs = {name: name for name in names if name in known}
    rest = [n for n in names if n not in pairs and _number(subject["defaults"].get(n, 0.0))]
    free = [n for n in known if n not in pairs.values() and _number(ours["defaults"].get(n))]
    if rest and free and (len(rest) == 1 or len(free) == 1):
        pairs[rest[0]] = free[0]
    return pairs


def _number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def settings(
    cls: Any,
    pairs: dict[str, str],
    subject: dict[str, Any],
    given: dict[str, Any],
    vary: bool = True,
) -> list[tuple[dict[str, Any], Any]]:
    """Constructor arguments for the subject, each with the definition that they stand for.

    The first are its own defaults; then every usual value of every number, unless it was given.
    """
    base = {pairs[k]: v for k, v in {**subject["defaults"], **given}.items() if k in pairs}
    extra = {k: v for k, v in given.items() if k not in pairs}
    found: list[tuple[dict[str, Any], Any]] = [({}, _build(cls, {**base, **_known(cls, extra)}))]
    seen = {repr(sorted(vars(op).items())) for _, op in found if op is not None}
    for arguments in _variants(cls, pairs, given) if vary else ():
        op = _build(cls, {**base, **{pairs[k]: v for k, v in arguments.items()}})
        if op is not None and (key := repr(sorted(vars(op).items()))) not in seen:
            seen.add(key)
            if not _alike(op, found[0][1]):
                found.append((arguments, op))
    return [(a, op) for a, op in found if op is not None]


PROBES = (0.05, 0.3, 0.7, 1.5, 2.5, 30.0)


def _alike(op: Any, base: Any) -> bool:
    """Whether a setting means nothing to an elementwise definition, as Softplus's threshold."""
    if base is None or not op.elementwise or op.signature.context:
        return False
    m = HighPrecision()
    x = m.array(np.array([s * v for v in PROBES for s in (1, -1)]))
    try:
        return bool(np.all(op.definition(m, x) == base.definition(m, x)))
    except (ArithmeticError, ValueError):
        return False


def _known(cls: Any, extra: dict[str, Any]) -> dict[str, Any]:
    """What `--with` gives for the definition alone: the class has the number written into it."""
    names = described(cls)
    return {k: v for k, v in extra.items() if k in names["defaults"] or k in names["needed"]}


def _variants(cls: Any, pairs: dict[str, str], given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    back = {ours: theirs for theirs, ours in pairs.items() if theirs not in given}
    for case in cls.CASES:
        if case.arguments and all(k in back for k in case.arguments):
            yield {back[k]: v for k, v in case.arguments.items()}
    numbers = [k for k in back if isinstance(vars(cls()).get(k), float)] if _simple(cls) else []
    for name in numbers:
        for value in PARAMETERS:
            yield {back[name]: value}


def _simple(cls: Any) -> bool:
    """Whether any number may stand for its settings: one number, or none out of bounds."""
    return cls.elementwise and _build(cls, {}) is not None


def _build(cls: Any, arguments: dict[str, Any]) -> Any:
    """The definition at these settings; None where it refuses them."""
    try:
        op = cls(**arguments)
    except (BackproveError, TypeError, ValueError):
        return None
    finite = all(math.isfinite(v) for v in vars(op).values() if isinstance(v, float))
    return op if finite else None
