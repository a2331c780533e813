"""backprove: feed-forward networks whose every claim is proved.

The names below are found when they are first used, so `import backprove` is quick and needs no
framework. All operators are in `backprove.ops` and can be imported from here as well.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backprove._version import __version__

if TYPE_CHECKING:
    from backprove.arrays import namespace
    from backprove.check.assertion import assert_correct
    from backprove.doctor.diagnosing import diagnose
    from backprove.doctor.watch import Watch
    from backprove.net import Parallel, Residual, Sequential
    from backprove.op import Op
    from backprove.ops.activation.leaky_relu import LeakyReLU
    from backprove.ops.activation.relu import ReLU
    from backprove.ops.linear.linear import Linear
    from backprove.ops.loss.cross_entropy import CrossEntropy
    from backprove.train.model import Model

__all__ = [
    "CrossEntropy",
    "LeakyReLU",
    "Linear",
    "Model",
    "Op",
    "Parallel",
    "ReLU",
    "Residual",
    "Sequential",
    "Watch",
    "__version__",
    "assert_correct",
    "diagnose",
    "namespace",
]

_HOMES = {
    "Model": "backprove.train.model",
    "Op": "backprove.op",
    "Parallel": "backprove.net",
    "Residual": "backprove.net",
    "Sequential": "backprove.net",
    "Watch": "backprove.doctor.watch",
    "assert_correct": "backprove.check.assertion",
    "diagnose": "backprove.doctor.diagnosing",
    "namespace": "backprove.arrays",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES and not name[:1].isupper():
        raise AttributeError(f"backprove has no {name!r}")
    return getattr(import_module(_HOMES.get(name, "backprove.ops")), name)
