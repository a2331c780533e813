"""How initialisation scales a signal from layer to layer.

With fan-in n and weight variance s^2 the mean square of a layer's input becomes, after ReLU,
q' = n s^2 / 2 q; the root mean square changes by sqrt(n s^2 / 2). Going back, the square of the
gradient is multiplied by chi = n s^2 E[phi'(z)^2]; the slope of log |g| over layers is
ln(chi) / 2. A signal lives for about 6 depth scales 1 / |ln chi|.

References: He et al., ICCV 2015; Glorot and Bengio, AISTATS 2010; Schoenholz et al., "Deep
information propagation", arXiv 1611.01232; Hanin and Rolnick, arXiv 1803.01719.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

SIGMOID_SLOPE = 0.25
"""The derivative of the logistic function at 0, its largest."""


def relu_gain(fan_in: int, weight_std: float) -> float:
    """The factor on the root mean square through one linear layer and a ReLU."""
    return weight_std * math.sqrt(fan_in / 2)


def relu_total(layers: Iterable[tuple[int, float]]) -> float:
    """The factor through several layers, each given as (fan-in, weight standard deviation)."""
    return math.prod(relu_gain(fan_in, std) for fan_in, std in layers)


def backward_factor(fan_in: int, weight_std: float, mean_square_slope: float) -> float:
    """chi = n s^2 E[phi'(z)^2], the factor on the square of the gradient through one layer."""
    return fan_in * weight_std**2 * mean_square_slope


def depth_scale(chi: float) -> float:
    """After how many layers a signal has changed by the factor e: 1 / |ln chi|."""
    if chi <= 0:
        return 0.0
    return math.inf if chi == 1 else 1 / abs(math.log(chi))


def layer_slope(norms: Sequence[float]) -> float:
    """The slope of ln(norm) over layers by least squares; 0 for fewer than two positive norms."""
    values = np.asarray(norms, dtype=np.float64)
    kept = np.flatnonzero((values > 0) & np.isfinite(values))
    if len(kept) < 2:
        return 0.0
    return float(np.polyfit(kept, np.log(values[kept]), 1)[0])


def fluctuation(widths: Iterable[int]) -> float:
    """Standard deviation of ln(norm) after random layers of these widths, about sqrt(sum 5/(4N)).

    ln of a ReLU layer's squared norm has the variance 5/N at width N (He weights); its root's
    logarithm a quarter of that.
    """
    return math.sqrt(sum(5 / (4 * width) for width in widths))


def weight_std(kind: str, fan_in: int, fan_out: int) -> float:
    """The standard deviation of a common rule: glorot, he, lecun or torch (U(+-1/sqrt n))."""
    known = {
        "glorot": math.sqrt(2 / (fan_in + fan_out)),
        "he": math.sqrt(2 / fan_in),
        "lecun": math.sqrt(1 / fan_in),
        "torch": math.sqrt(1 / (3 * fan_in)),
    }
    return known[kind]
