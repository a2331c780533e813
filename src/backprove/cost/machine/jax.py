"""An array function of a given size as JAX compiles it, ready to be timed.

It is run many times in one compiled loop, as the steps of a training are, so that calling the
compiled program is not counted. A barrier keeps the compiler from doing it once for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy import special

from backprove.cost.machine import numpy as arrays
from backprove.cost.machine.calls import CHAIN, COPY, LINKS, MATMUL, Call
from backprove.cost.machine.clock import Timed

BARRIER: Any = lax.optimization_barrier
READY: Any = jax.block_until_ready
WORK = 2e5
"""Elements or thousand multiply-adds that one timed loop goes through."""


def prepare(call: Call) -> Timed:
    """The call on random numbers."""
    if call.name == "operator":
        return arrays.prepare(call)
    if call.name == MATMUL:
        return _matmul(call)
    n = max(call.size[0] // 12, 1) if call.name == COPY else call.elements
    x, y = (_array((n,), seed) for seed in range(2))
    if call.name == CHAIN:
        return looped(_chain, (x, y), n)
    function = getattr(jnp, call.name, getattr(jax.scipy.special, call.name, None))
    if call.name == COPY or function is None or call.name == "where":
        function = jnp.add
    one = arguments(call.name) == 1
    return looped(function, (x,) if one else (x, y), n)


def looped(function: Callable[..., Any], inputs: tuple[Any, ...], work: float) -> Timed:
    """The function many times in one compiled loop; `work` tells how long it takes, roughly."""
    calls = int(min(max(WORK / max(work, 1), 6), 2000))

    @jax.jit
    def run(inputs: Any) -> Any:
        shapes = jax.eval_shape(function, *inputs)
        empty = jax.tree.map(lambda s: jnp.zeros(s.shape, s.dtype), shapes)

        def body(_: Any, carry: Any) -> Any:
            inputs, _ = BARRIER(carry)
            return inputs, function(*inputs)

        return lax.fori_loop(0, calls, body, (inputs, empty))[1]

    return Timed(lambda: READY(run(inputs)), calls)


def arguments(name: str) -> int:
    """How many arrays a function takes."""
    function = getattr(np, name, getattr(special, name, None))
    return int(getattr(function, "nin", 2))


def _chain(x: Any, y: Any) -> Any:
    for _ in range(LINKS):
        x = x * y + y
    return x


def _matmul(call: Call) -> Timed:
    m, k, n = call.size
    left = _array((k, m) if call.kind[0] == "t" else (m, k), 0)
    right = _array((n, k) if call.kind[1] == "t" else (k, n), 1)

    def product(a: Any, b: Any) -> Any:
        a = a.T if call.kind[0] == "t" else a
        return a @ (b.T if call.kind[1] == "t" else b)

    return looped(product, (left, right), m * k * n / 1000)


def _array(shape: tuple[int, ...], seed: int) -> Any:
    return jnp.asarray(np.random.default_rng(seed).random(shape, dtype=np.float32))
