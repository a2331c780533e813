"""The compute that the smooth activations declare is the compute that they execute.

A NumPy array that counts every function it goes through, one count an element, stands for x.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import support
from backprove.counts import Count
from backprove.ops.activation.gelu import GELU
from backprove.ops.activation.glu import GLU
from backprove.ops.activation.log_sigmoid import LogSigmoid
from backprove.ops.activation.log_softmax import LogSoftmax
from backprove.ops.activation.maxout import Maxout
from backprove.ops.activation.mish import Mish
from backprove.ops.activation.sigmoid import Sigmoid
from backprove.ops.activation.silu import SiLU
from backprove.ops.activation.softmax import Softmax
from backprove.ops.activation.softplus import Softplus
from backprove.ops.activation.softsign import Softsign
from backprove.ops.activation.tanh import Tanh

FLOP = {"add", "subtract", "multiply", "divide"}
TRANS = {"exp", "log", "log1p", "tanh", "erfc"}
CHEAP = {
    **dict.fromkeys(("absolute", "maximum", "minimum", "logical_not", "where", "astype"), 1),
    **dict.fromkeys(("less", "greater", "equal", "isinf", "bitwise_and"), 1),
    "clip": 2,
}
FREE = {"negative"}
CLASSES = (
    *(GELU, GLU, LogSigmoid, LogSoftmax, Maxout, Mish),
    *(Sigmoid, SiLU, Softmax, Softplus, Softsign, Tanh),
)
CASES = [
    pytest.param(cls, case, id=f"{cls.__name__}-{i}")
    for cls in CLASSES
    for i, case in enumerate(cls.CASES)
]
executed: Counter[str] = Counter()


def note(name, size) -> None:
    """Count `size` elements of one function. An unknown function is an error."""
    if name in FLOP or name in TRANS:
        executed["flop" if name in FLOP else "trans"] += size
    elif name not in FREE:
        executed["cheap"] += CHEAP[name] * size


class Counting(np.ndarray):
    """An array whose functions are counted. A reduction of n numbers to m takes n - m steps."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **keywords):
        plain = [np.asarray(x) if isinstance(x, Counting) else x for x in inputs]
        found = getattr(ufunc, method)(*plain, **keywords)
        steps = np.size(found) if method == "__call__" else plain[0].size - np.size(found)
        note(ufunc.__name__, steps)
        return np.asarray(found).view(Counting)

    def __array_function__(self, function, types, inputs, keywords):
        found = super().__array_function__(function, types, inputs, keywords)
        if function.__name__ in ("where", "astype"):
            note(function.__name__, found.size)
        return found if found is None else np.asarray(found).view(Counting)


def counted(run):
    """What `run` executes."""
    executed.clear()
    found = run()
    return found, Count(**executed)


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_declared_is_executed(cls, case) -> None:
    built = support.build(cls, case)
    x, dy = built.inputs[0].view(Counting), built.dy.view(Counting)
    (_, saved), forward = counted(lambda: built.op.fwd(x))
    _, backward = counted(lambda: built.op.bwd(saved, dy))
    declared = built.op.cost(x.shape)
    assert forward == declared.forward
    assert backward == declared.total_backward()
    assert forward.trans + forward.cheap > 0 or cls is Maxout
