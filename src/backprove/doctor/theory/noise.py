"""How noisy the gradient of a batch is.

From the squared gradient norms at two batch sizes, B1 < B2:

    |G|^2     = (B2 |G2|^2 - B1 |G1|^2) / (B2 - B1)
    tr(Sigma) = (|G1|^2 - |G2|^2) / (1/B1 - 1/B2)
    B_noise   = tr(Sigma) / |G|^2

At batch size B the best step is eta_max / (1 + B_noise / B).

Reference: McCandlish et al., "An empirical model of large-batch training", arXiv 1812.06162.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Noise(NamedTuple):
    """|G|^2 of the true gradient, the trace of the covariance of one row's, and their ratio."""

    signal: float
    trace: float
    scale: float


def noise_scale(small: int, small_square: float, large: int, large_square: float) -> Noise:
    """The noise scale from mean squared gradient norms at two batch sizes.

    Infinite when the estimate of |G|^2 is not positive: the noise hides the gradient.
    """
    signal = (large * large_square - small * small_square) / (large - small)
    trace = (small_square - large_square) / (1 / small - 1 / large)
    return Noise(signal, trace, trace / signal if signal > 0 else math.inf)


def best_step(largest: float, noise: float, batch_size: int) -> float:
    """The best step at a batch size, from the best noiseless one."""
    return largest / (1 + noise / batch_size)
