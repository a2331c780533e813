"""The intermediate arrays of operators at their most, forward and backward, beside the result.

In sizes of the output: a quarter is a mask of one byte an element beside float32. A test traces
the allocations of every operator and holds these numbers against them.
"""

from __future__ import annotations

from backprove.cost.walk import VIEWS, Visit

USUAL = (1.25, 1.25)
"""An operator that is not listed: a mask and an array."""

TEMPORARIES = {
    "AlphaDropout": (3.5, 3.5),
    "BatchNorm1D": (2.0, 3.0),
    "Dropout": (3.75, 3.75),
    "GELU": (2.0, 4.0),
    "GLU": (3.0, 4.0),
    "Hardshrink": (1.25, 0.25),
    "Hardsigmoid": (1.0, 1.25),
    "Hardswish": (1.0, 3.25),
    "Hardtanh": (1.0, 0.25),
    "LayerNorm": (1.0, 3.0),
    "LogSigmoid": (2.0, 2.0),
    "LogSoftmax": (2.25, 1.0),
    "Maxout": (0.0, 3.5),
    "Mish": (7.25, 10.25),
    "RMSNorm": (1.0, 3.0),
    "RReLU": (3.75, 3.75),
    "ReLU": (0.0, 0.25),
    "ReLU6": (1.0, 0.25),
    "SELU": (2.25, 3.25),
    "SiLU": (5.0, 8.25),
    "Sigmoid": (2.0, 3.0),
    "Softmax": (2.25, 0.0),
    "Softplus": (3.25, 2.25),
    "Softshrink": (1.0, 0.25),
    "Softsign": (2.0, 1.0),
    "Tanh": (0.0, 3.0),
    "Tanhshrink": (5.25, 1.0),
    "ThresholdedReLU": (1.25, 0.25),
}


def temporaries(visit: Visit) -> tuple[float, float]:
    """Forward and backward, in sizes of the output. Where branches join, one of them is held."""
    if isinstance(visit.op, VIEWS):
        return 0.0, 0.0
    if visit.joins:
        return 1.0, 1.0
    if type(visit.op).__name__ == "Linear":
        return (1.0 if "bias" in visit.parameters else 0.0), 0.0
    return TEMPORARIES.get(type(visit.op).__name__, USUAL)
