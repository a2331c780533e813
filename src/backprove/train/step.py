"""One training step as a pure function: `train_step(program, state, x, target)`.

The engines run this same function, eagerly with NumPy or compiled by JAX. Everything that changes
is in one state tree of arrays:

    params, stats   parameters and running statistics by name
    optimizer       what the optimizer keeps
    key, step       the run's random key; how many steps are done
    rate_scale      a factor on the learning rate, set between epochs (reduce on plateau)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprove import random
from backprove.arrays import is_floating, namespace
from backprove.arrays import shape as shape_of
from backprove.op import Op
from backprove.ops.loss import divisor
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.nll import NLL

Tree = dict[str, Any]


@dataclass(frozen=True)
class Program:
    """What a training run computes; nothing here changes while it runs."""

    net: Op
    loss: Op
    optimizer: Any
    metrics: Sequence[Any] = ()
    transform: Callable[..., Any] | None = None


def initial_state(program: Program, seed: int, values: Tree | None = None) -> Tree:
    """The state before the first step: first values drawn from the seed, unless given."""
    values = program.net.init(seed) if values is None else values
    params = {k: values[k] for k in program.net.parameters()}
    return {
        "params": params,
        "stats": {k: values[k] for k in program.net.states()},
        "optimizer": program.optimizer.init(params),
        "key": random.key(seed),
        "step": np.asarray(0, dtype=np.int32),
        "rate_scale": np.asarray(1.0, dtype=np.float32),
    }


def prepared(program: Program, x: Any, key: Any, training: bool) -> Any:
    """A batch after the transforms; whole numbers become float32 in [0, 1] if there are none."""
    if program.transform is not None:
        x = program.transform(x, key=key, training=training)
    xp = namespace(x)
    if not is_floating(x):
        return xp.astype(x, xp.float32) / 255.0
    return x if x.dtype == xp.float32 else xp.astype(x, xp.float32)


def outputs(program: Program, state: Tree, x: Any) -> Any:
    """What the network answers in evaluation mode."""
    return program.net.fwd(
        prepared(program, x, None, False), **state["params"], **state["stats"], training=False
    )[0]


def draws(program: Program) -> tuple[bool, bool]:
    """Whether the transform and the network draw random numbers."""
    data = program.transform is not None and getattr(program.transform, "random", True)
    return data, "key" in program.net.signature.context


def keys(program: Program, key: Any, step: Any) -> tuple[Any, Any]:
    """The random keys of a step, for the transform and the network; None where none is drawn."""
    data, net = draws(program)
    if not (data or net):
        return None, None
    of_step = random.fold_in(key, step)
    return (
        random.fold_in(of_step, 0) if data else None,
        random.fold_in(of_step, 1) if net else None,
    )


def gradients(program: Program, state: Tree, x: Any, target: Any) -> tuple[Tree, Tree, Tree]:
    """(gradients of the parameters, new running statistics, log of the step)."""
    drawn = keys(program, state["key"], state["step"])
    return gradients_of(program, state, drawn, x, target)


def gradients_of(
    program: Program, state: Tree, drawn: tuple[Any, Any], x: Any, target: Any
) -> tuple[Tree, Tree, Tree]:
    """`gradients` with the keys of the step, for the transform and the network."""
    for_data, for_net = drawn
    x = prepared(program, x, for_data, True)
    y, saved = program.net.fwd(x, **state["params"], **state["stats"], key=for_net, training=True)
    value, kept = program.loss.fwd(y, target)
    (dy, *_), _ = program.loss.bwd(kept, namespace(value).ones_like(value))
    _, grads = program.net.bwd(saved, dy, input_grad=False)
    return grads, program.net.new_state(saved), log(program, y, target, value)


def log(program: Program, y: Any, target: Any, value: Any) -> Tree:
    """The loss, what its mean divided by, and the sums of the metrics."""
    size = weight(program.loss, y, target)
    xp = namespace(y)
    found = {"loss": xp.where(size == 0, xp.zeros_like(value), value), "weight": size}
    for metric in program.metrics:
        sums = metric.statistics(y, target)
        found |= {f"{metric.name}/{k}": v for k, v in sums.items()}
    return found


def weight(loss: Op, y: Any, target: Any) -> Any:
    """What a loss divides by: losses weighted by this give the mean over all samples."""
    reduction = getattr(loss, "reduction", "mean")
    if isinstance(loss, CrossEntropy | NLL) and reduction == "mean":
        return divisor(loss, y, target)
    size = 1.0 if reduction == "sum" else float(shape_of(y)[0])
    return namespace(y).asarray(size, dtype=y.dtype)


def train_step(program: Program, state: Tree, x: Any, target: Any) -> tuple[Tree, Tree]:
    """One step: (new state, log)."""
    grads, stats, entry = gradients(program, state, x, target)
    return apply(program, state, grads, stats), entry


def apply(program: Program, state: Tree, grads: Tree, stats: Tree) -> Tree:
    """The state after one step's gradients."""
    step = state["step"]
    rate = program.optimizer.rate(step) * state["rate_scale"]
    params, kept = program.optimizer.update(state["params"], grads, state["optimizer"], step, rate)
    return {
        **state,
        "params": params,
        "optimizer": kept,
        "stats": {**state["stats"], **stats},
        "step": step + 1,
    }


def ordered(tree: Tree, like: Tree) -> Tree:
    """The tree with its names in the order of another that has the same ones."""
    return {
        k: ordered(tree.get(k, {}), v) if isinstance(v, dict) else tree[k] for k, v in like.items()
    }


def tree_map(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """The tree with every array replaced by `function` of it."""
    return {
        k: tree_map(function, v) if isinstance(v, dict) else function(v) for k, v in tree.items()
    }
