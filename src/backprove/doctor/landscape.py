"""The shape of the loss around the present parameters: largest curvature, noise of the batches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backprove.doctor.curvature import tree_dot, tree_norm
from backprove.doctor.subject import Run
from backprove.doctor.theory.noise import noise_scale

ITERATIONS = 6
BATCHES = 4


def sharpness(run: Run, x: Any, y: Any, iterations: int = ITERATIONS) -> float:
    """The largest eigenvalue of the Hessian on these rows, by power iteration from the gradient.

    A few iterations give it to about 10 %; NaN where the gradient is 0 or not finite.
    """
    v = run.gradient(x, y)[1]
    found = math.nan
    for _ in range(iterations):
        size = tree_norm(v)
        if not (size > 0 and math.isfinite(size)):
            return math.nan
        v = {k: np.asarray(part) / size for k, part in v.items()}
        turned = run.hessian_vector(v, x, y, dtype="float32")
        found, v = tree_dot(v, turned), turned
    return found


def preconditioned_sharpness(run: Run, x: Any, y: Any, iterations: int = ITERATIONS) -> float:
    """The largest eigenvalue of P^-1/2 H P^-1/2, P what Adam divides by; NaN without it."""
    divisors = run.divisors
    if divisors is None:
        return math.nan
    roots = {k: np.sqrt(d) for k, d in divisors.items()}
    v, found = {k: g / roots[k] for k, g in run.gradient(x, y)[1].items()}, math.nan
    for _ in range(iterations):
        size = tree_norm(v)
        if not (size > 0 and math.isfinite(size)):
            return math.nan
        v = {k: np.asarray(part) / size for k, part in v.items()}
        turned = run.hessian_vector({k: p / roots[k] for k, p in v.items()}, x, y, dtype="float64")
        turned = {k: p / roots[k] for k, p in turned.items()}
        found, v = tree_dot(v, turned), turned
    return found


def gradient_noise(run: Run, batches: int = BATCHES) -> float:
    """The noise scale from whole and half batches; NaN for batches of fewer than four rows."""
    whole, half, size = [], [], len(run.batch(0)[0])
    if size < 4:
        return math.nan
    middle = size // 2
    for step in range(min(batches, run.total_steps)):
        x, y = run.batch(step)
        if len(x) < size:
            continue
        whole.append(tree_norm(run.gradient(x, y)[1]) ** 2)
        parts = ((x[:middle], y[:middle]), (x[middle : 2 * middle], y[middle : 2 * middle]))
        half += [tree_norm(run.gradient(*part)[1]) ** 2 for part in parts]
    if not whole:
        return math.nan
    return noise_scale(middle, float(np.mean(half)), size, float(np.mean(whole))).scale
