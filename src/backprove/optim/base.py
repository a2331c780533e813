"""What an optimizer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from backprove.arrays import FLOATING, dtype_name, library, namespace, shape
from backprove.counts import Count
from backprove.errors import DTypeError, ShapeError, UsageError
from backprove.optim._apply import apply, working_dtype
from backprove.optim._checks import within
from backprove.optim.clipping import ClipByNorm, ClipByValue
from backprove.optim.schedules import Schedule, as_schedule

Tree = dict[str, Any]


@dataclass(frozen=True)
class Optimizer:
    """A pure function from weights and gradients to new weights.

        state = optimizer.init(params)
        params, state = optimizer.update(params, grads, state, step, optimizer.rate(step))

    Parameters and gradients are flat dictionaries of NumPy or JAX arrays, the state is one such
    dictionary for each of `slots`. Nothing is written to and nothing is kept on the object, so
    `update` can be compiled. Arithmetic is in the dtype of the parameter; float16 and bfloat16
    parameters are worked on in float32, which is also the dtype of their state, and rounded at
    the end.

    learning_rate   a number of at least 0, or a schedule that counts updates
    weight_decay    an L2 penalty: weight_decay * weight is added to the gradient, after clipping;
                    where `decoupled`, the weight itself shrinks by the factor
                    1 - rate * weight_decay. It falls on all parameters, biases too
    clip            ClipByNorm or ClipByValue, done to the gradients first

    Subclasses write `rule(w, g, *slots, **scalars) -> (w, *slots)` for one array, `scalars` for
    what a rule needs once a step, and `work`, the operations of the rule for each element.
    """

    learning_rate: float | Schedule = 1e-3
    weight_decay: float = field(default=0.0, kw_only=True)
    clip: ClipByNorm | ClipByValue | None = field(default=None, kw_only=True)

    rule: ClassVar[Callable[..., tuple[Any, ...]]]
    ranges: ClassVar[dict[str, str]] = {}
    decoupled: ClassVar[bool] = False

    def __post_init__(self) -> None:
        owner = type(self).__name__
        as_schedule(owner, "learning_rate", self.learning_rate)
        if not isinstance(self.learning_rate, Schedule):
            object.__setattr__(self, "learning_rate", float(self.learning_rate))
        for option, interval in {"weight_decay": "[0, inf)", **self.ranges}.items():
            value = within(owner, option, getattr(self, option), interval)
            object.__setattr__(self, option, value)
        if not isinstance(self.clip, ClipByNorm | ClipByValue | None):
            raise UsageError(
                "{owner} expected ClipByNorm, ClipByValue or None as clip, found {found!r}: "
                "write for instance clip=ClipByNorm(1.0)",
                owner=owner,
                found=self.clip,
            )

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the state arrays that are kept for each parameter."""
        return ()

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a schedule."""
        return as_schedule(type(self).__name__, "learning_rate", self.learning_rate)

    def rate(self, step: Any) -> Any:
        """The learning rate of a step. The factor of ReduceOnPlateau is not in it: see there."""
        return self.schedule(step)

    def init(self, params: Tree) -> dict[str, Tree]:
        """The state before the first update: zeros. Raises DTypeError for whole numbers."""
        for name, w in params.items():
            if dtype_name(w) not in FLOATING:
                raise DTypeError(
                    "expected a floating dtype of the parameter {name!r}, found {found}: "
                    "convert it to float32 first",
                    name=name,
                    found=dtype_name(w),
                )
        return {slot: {name: zeros(w) for name, w in params.items()} for slot in self.slots}

    def update(
        self, params: Tree, grads: Tree, state: dict[str, Tree], step: Any, rate: Any
    ) -> tuple[Tree, dict[str, Tree]]:
        """New parameters and state after the update number `step`, counted from 0.

        `rate` is the learning rate of this update. Both may be traced by JAX. Raises UsageError
        if the names of parameters, gradients and state differ, ShapeError if shapes do.
        """
        self._check(params, grads, state)
        traced = any(library(w) == "jax.numpy" for w in params.values())
        step, rate = _plain(step, int, traced), _plain(rate, float, traced)
        with np.errstate(all="ignore"):
            return self.advance(params, grads, state, self.scalars(step, rate))

    def advance(
        self, params: Tree, grads: Tree, state: dict[str, Tree], scalars: dict[str, Any]
    ) -> tuple[Tree, dict[str, Tree]]:
        """The update with what `scalars` gave for its step: numbers, or arrays without axes."""
        grads = grads if self.clip is None else self.clip(grads)
        new: Tree = {}
        kept: dict[str, Tree] = {slot: {} for slot in self.slots}
        for name, w in params.items():
            old = [state[slot][name] for slot in self.slots]
            new[name], *rest = apply(self._penalized, w, grads[name], old, scalars)
            for slot, x in zip(self.slots, rest, strict=True):
                kept[slot][name] = x
        return new, kept

    def scalars(self, step: Any, rate: Any) -> dict[str, Any]:
        """What the rule needs once a step, by the names of its keyword parameters."""
        return {"rate": rate}

    def work(self) -> Count:
        """The operations of the rule for each element, without weight decay and clipping."""
        raise NotImplementedError

    def cost(self) -> Count:
        """The operations of an update for each element of the parameters.

        The handful that is done once a step (bias corrections, the root of the norm) is left out.
        """
        decay = 0 if self.weight_decay == 0 else 1 if self.decoupled else 2
        clip = Count() if self.clip is None else self.clip.cost()
        return self.work() + Count(flop=decay) + clip

    def _penalized(self, w: Any, g: Any, *slots: Any, **scalars: Any) -> tuple[Any, ...]:
        if self.weight_decay != 0 and not self.decoupled:
            g = g + self.weight_decay * w
        return self.rule(w, g, *slots, **scalars)

    def _check(self, params: Tree, grads: Tree, state: dict[str, Tree]) -> None:
        if set(state) != set(self.slots):
            raise _different(f"state of {type(self).__name__}", self.slots, state)
        for what, tree in {"gradients": grads, **state}.items():
            if tree.keys() != params.keys():
                raise _different(what, params, tree)
            for name, x in tree.items():
                if shape(x) != shape(params[name]):
                    raise ShapeError(
                        "expected the shape {expected} of {name!r} in {what}, found {found}: "
                        "it must be the parameter's",
                        expected=shape(params[name]),
                        name=name,
                        what=what,
                        found=shape(x),
                    )


def zeros(w: Any) -> Any:
    """Zeros of the shape of a parameter and of the dtype in which it is worked on."""
    xp = namespace(w)
    return xp.zeros(shape(w), dtype=working_dtype(w))


def _plain(x: Any, kind: Callable[[Any], Any], traced: bool) -> Any:
    """A Python number, which widens no array, unless `x` belongs into a compiled function."""
    return x if traced and library(x) == "jax.numpy" else kind(x)


def _different(what: str, expected: Any, found: Any) -> UsageError:
    return UsageError(
        "expected the names {expected} in {what}, found {found}: "
        "give what belongs to these parameters and this optimizer",
        what=what,
        expected=", ".join(sorted(expected)) or "none",
        found=", ".join(sorted(found)) or "none",
    )
