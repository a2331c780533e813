"""The rate of the pure matrix products of a work, by library: `python gemm.py LIBRARY SHAPES`.

Prints, for each shape (rows, inner, columns), the seconds of the fastest of many calls. What the
products of a step need at the best rate of any library is the limit that a training is held
against. NumPy, JAX and PyTorch each run in a process of their own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SECONDS = 0.4


def numpy_product(a: Any, b: Any) -> Callable[[], Any]:
    out = np.empty((a.shape[0], b.shape[1]), np.float32)
    return lambda: np.matmul(a, b, out=out)


def jax_product(a: Any, b: Any) -> Callable[[], Any]:
    import jax

    product = jax.jit(lambda a, b: a @ b)
    a, b = jax.device_put(a), jax.device_put(b)
    return lambda: product(a, b).block_until_ready()


def torch_product(a: Any, b: Any) -> Callable[[], Any]:
    import torch

    a, b = torch.from_numpy(a), torch.from_numpy(b)
    return lambda: torch.mm(a, b)


def bf16_product(a: Any, b: Any) -> Callable[[], Any]:
    import torch

    a, b = torch.from_numpy(a).bfloat16(), torch.from_numpy(b).bfloat16()
    return lambda: torch.mm(a, b)


LIBRARIES = {
    "numpy": numpy_product,
    "jax": jax_product,
    "torch": torch_product,
    "torch bfloat16": bf16_product,
}


def fastest(call: Callable[[], Any]) -> float:
    """Seconds of the fastest call within `SECONDS`."""
    call()
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def main(library: str, shapes: list[list[int]]) -> list[float]:
    """The fastest seconds of each shape, in order."""
    rng = np.random.default_rng(0)
    found = []
    for rows, inner, columns in shapes:
        a = rng.standard_normal((rows, inner), dtype=np.float32)
        b = rng.standard_normal((inner, columns), dtype=np.float32)
        found.append(fastest(LIBRARIES[library](a, b)))
    return found


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(main(sys.argv[1], json.loads(sys.argv[2]))) + "\n")
