"""The trials of operators that are not elementwise, drawn from their CASES.

The numbers have eight significant bits, so that every dtype holds them exactly and one exact
Jacobian serves them all. The first input is also all zero, and made of special numbers.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from backprove.cases import Case, Draw
from backprove.check import grid
from backprove.check.bounds import loosened
from backprove.check.jacobian import Jacobian, at_infinity, jacobian
from backprove.check.precision import DTYPES, limits
from backprove.check.terms import inputs_size
from backprove.check.trial import SMALLER, Bound, Trial
from backprove.check.variants import pairs, variants
from backprove.errors import BackproveError

Maker = Callable[[Any, str], Trial | None]
FREE_KINDS = ("normal", "away")
DRAWN = "drawn inputs"
CYCLE = (0.0, 1.0, -1.0, 0.5, -3.0, 8.0, -20.0, 30.0, -0.0, 100.0, -100.0, 2.0)


class Example:
    """One example of a definition with its exact answers, for trials in every dtype.

    The numbers of some are exact in one dtype `only`.
    """

    def __init__(
        self, op: Any, case: Case, inputs: tuple[Any, ...], purpose: str, only: str = ""
    ) -> None:
        self.op, self.case, self.inputs, self.purpose = op, case, inputs, purpose
        self.only = only
        self.values = _values(op, case)
        self.exact: Jacobian = jacobian(op, inputs, self.values)

    @cached_property
    def random(self) -> bool:
        """Whether the value depends on the key: another library draws other numbers."""
        if "key" not in self.values:
            return False
        other = {**self.values, "key": np.array([3, 4], dtype=np.uint32)}
        inputs = [np.where(x == 0, 1.0, x) if x.dtype.kind == "f" else x for x in self.inputs]
        first, second = (self.op.fwd(*inputs, **v)[0] for v in (self.values, other))
        return not np.array_equal(first, second)

    def infinite(self, dtype: str) -> Iterator[Trial]:
        """Trials of the value with one and with several infinities in each row.

        They hold our own operators to their own word: the limit where one entry of a row is
        infinite, NaN where there is no limit.
        """
        first = self.inputs[0]
        if self.case.inputs[0].kind not in FREE_KINDS or first.ndim == 0 or first.shape[-1] < 2:
            return
        for places in ((0,), (0, 1), (-1,)):
            for sign in (np.inf, -np.inf):
                x = first.copy()
                if len(places) == 1:
                    x.flat[places[0]] = sign
                else:
                    x[..., list(places)] = sign
                y = at_infinity(self.op, (x, *self.inputs[1:]), self.values)
                zero = np.zeros(y.shape)
                size = 1 + np.abs(np.where(np.isfinite(y), y, 0))
                tolerance = 64 * limits(dtype).unit * size
                free = ~np.isnan(y) & (len(places) > 1)
                bound = Bound(y, y, tolerance, 16 * tolerance, free, zero > 0)
                yield Trial(
                    self.case.arguments, tuple(_cast(v, dtype) for v in (x, *self.inputs[1:])),
                    _cast(np.ones(y.shape), dtype), {"y": bound}, dtype,
                    {k: _cast(v, dtype) for k, v in self.values.items()}, purpose="infinities",
                )  # fmt: skip

    def trials(self, dtype: str, rng: np.random.Generator, strict: bool = True) -> Iterator[Trial]:
        """One trial for each upstream gradient and memory layout; see `bounds.slack`."""
        for trial in self._all(dtype, rng):
            yield trial if strict else self._lenient(trial)

    def parameters_alone(self, dtype: str) -> Trial:
        """The trial of a first layer: only the gradients of the parameters are asked for."""
        trial = self.trial(np.ones(self.exact.y.shape), dtype, "only the parameters' gradients")
        kept = {
            k: loosened(b, dtype) for k, b in trial.expected.items() if k == "y" or k[:2] == "d:"
        }
        return replace(trial, expected=kept, wanted="parameters")

    def _lenient(self, trial: Trial) -> Trial:
        """The trial for an operator that is not ours: the target of a loss may have no gradient."""
        optional = frozenset(
            f"d{i}" for i, name in enumerate(self.op.signature.inputs) if name == "target"
        )
        size = inputs_size(self.op, trial.inputs[0])
        wider = {
            k: loosened(b, trial.dtype, size if k == "y" else 0.0)
            for k, b in trial.expected.items()
        }
        return replace(trial, expected=wider, optional=optional)

    def _all(self, dtype: str, rng: np.random.Generator) -> Iterator[Trial]:
        shape = self.exact.y.shape
        signed = short(rng.standard_normal(shape))
        yield self.trial(signed, dtype, self.purpose, properties=True)
        yield self.trial(np.ones(shape), dtype, "upstream gradient 1")
        yield self.trial(np.zeros(shape), dtype, "upstream gradient 0")
        if signed.size > 1:
            one = np.zeros(signed.size)
            one[rng.integers(signed.size)] = 1.0
            yield self.trial(one.reshape(shape), dtype, "one upstream gradient 1, the rest 0")
        for layout in grid.LAYOUTS:
            yield self.trial(signed, dtype, f"memory layout {layout}", layout=layout)

    def maker(self, strict: bool, back: dict[str, str] | None) -> Maker:
        """Makes trials like these from other arrays; `back` are the stranger's argument names."""

        def make(case: Any, dtype: str) -> Trial | None:
            cases = zip(self.case.inputs, self.inputs, case.inputs, strict=True)
            if any(_possible(d, old) and not _possible(d, new) for d, old, new in cases):
                return None
            theirs = {} if back is None else {v: k for k, v in back.items()}
            arguments = {theirs.get(k, k): v for k, v in case.arguments.items()}
            other = Example.__new__(Example)
            other.op = self._like(arguments)
            if other.op.parameters().keys() - case.values.keys():
                return None
            other.case, other.inputs, other.purpose = self.case, case.inputs, self.purpose
            other.values = case.values
            other.exact = jacobian(other.op, case.inputs, case.values)
            found = other.trial(case.dy, dtype, SMALLER)
            found = found if strict else other._lenient(found)
            return replace(found, arguments=case.arguments)

        return make

    def _like(self, arguments: dict[str, Any]) -> Any:
        """The operator with these arguments, and those of the example that it must have."""
        given = inspect.signature(type(self.op)).parameters.values()
        needed = {p.name for p in given if p.default is p.empty} & self.case.arguments.keys()
        return type(self.op)(**{k: self.case.arguments[k] for k in needed} | arguments)

    def trial(self, dy: Any, dtype: str, purpose: str, **more: Any) -> Trial:
        """The trial with an upstream gradient."""
        return Trial(
            self.case.arguments, tuple(_cast(x, dtype) for x in self.inputs), _cast(dy, dtype),
            self.exact.bounds(dy, dtype), dtype,
            {k: _cast(v, dtype) for k, v in self.values.items()}, purpose=purpose,
            group=self.purpose, **more,
        )  # fmt: skip


def _possible(draw: Draw, x: Any) -> bool:
    """Whether an array is one that the recipe might have drawn: no other defect may slip in."""
    if draw.kind in ("probabilities", "onehot"):
        return bool(np.all(x >= 0) and np.allclose(np.sum(x, axis=-1), 1))
    if draw.kind == "uniform":
        return bool(np.all((x >= draw.low) & (x <= draw.high)))
    return draw.kind != "signs" or bool(np.all(np.abs(x) == 1))


@cache
def examples(cls: Any) -> list[Example]:
    """All examples of an operator class, drawn the same in every run.

    An elementwise operator needs them only where a random mask is drawn.
    """
    found: list[Example] = []
    for number, case in enumerate(cls.CASES):
        if cls.elementwise and not case.training:
            continue
        rng = np.random.default_rng(zlib.crc32(f"{cls.__name__}{number}".encode()))
        op = cls(**case.arguments)
        inputs = tuple(short(draw.sample(rng)) for draw in case.inputs)
        for purpose, first in _firsts(case, inputs):
            found += _made(op, case, (first, *inputs[1:]), purpose)
        if not number:
            for purpose, variant, changed in variants(cls, inputs):
                found += _made(cls(**variant.arguments), variant, changed, purpose)
    for dtype in () if cls.elementwise else DTYPES:
        if (paired := pairs(cls, dtype)) is not None:
            found += _made(cls(**paired[1].arguments), paired[1], paired[2], paired[0], dtype)
    return found


def _made(
    op: Any, case: Case, inputs: tuple[Any, ...], purpose: str, only: str = ""
) -> list[Example]:
    """The example, or none where the definition refuses it."""
    try:
        return [Example(op, case, inputs, purpose, only)]
    except (BackproveError, ArithmeticError, TypeError, ValueError):
        return []


def _firsts(case: Case, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """The first input as drawn, and if any number may stand there, zeros and special numbers."""
    first = inputs[0]
    yield DRAWN, first
    if case.inputs[0].kind in FREE_KINDS and not (case.training and "key" in case.arguments):
        yield "zeros", np.zeros(first.shape)
        yield "special numbers", np.resize(np.array(CYCLE), first.shape)


def dtypes(op: Any) -> tuple[str, ...]:
    """The dtypes that an example is run in."""
    return DTYPES if not op.signature.teaching else ("float64", "float32")


def short(x: Any) -> Any:
    """A floating array rounded to eight significant bits; other arrays as they are."""
    if not isinstance(x, np.ndarray | float) or np.asarray(x).dtype.kind in "iub":
        return x
    mantissa, exponent = np.frexp(np.asarray(x, dtype=np.float64))
    return np.asarray(np.ldexp(np.round(mantissa * 256) / 256, exponent))


def _values(op: Any, case: Case) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    values: dict[str, Any] = {}
    for name, value in op.init(1, "float64").items():
        noise = 0.2 * rng.standard_normal(np.shape(value))
        positive = name in op.signature.state
        values[name] = short(np.abs(value + noise) if positive else value + noise)
    if "training" in op.signature.context:
        values["training"] = case.training
    if "key" in op.signature.context:
        values["key"] = np.array([1, 2], dtype=np.uint32)
    return values


def _cast(x: Any, dtype: str) -> Any:
    floating = isinstance(x, np.ndarray) and x.dtype.kind == "f"
    return grid.rounded(x, dtype) if floating else x
