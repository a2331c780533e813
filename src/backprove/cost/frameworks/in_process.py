"""A network object of Paddle or PyTorch: counted where it is, and left as it was."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from backprove.cost.conventions import find
from backprove.cost.frameworks.ask import failure, refuse_other_library
from backprove.cost.frameworks.inputs import parse
from backprove.cost.frameworks.result import result_of
from backprove.cost.frameworks.tools import BY_RULES
from backprove.cost.shapes import refuse_no_batch
from backprove.cost.table import CostResult
from backprove.oracle.functional import as_network, is_functional, libraries
from backprove.oracle.networks import answer

KINDS = {"torch": "Module", "paddle": "Layer"}
"""How each library calls its networks."""


def library_of(net: Any) -> str | None:
    """ "torch" for an nn.Module, "paddle" for an nn.Layer; None for what is of neither.

    A function that lacks arguments is of the library that it reads something of.
    """
    read = libraries(net) if is_functional(net, {}) else set()
    for library in KINDS:
        if library in sys.modules and (isinstance(net, _kind(library)) or library in read):
            return library
    return None


def _kind(library: str) -> Any:
    return getattr(sys.modules[library].nn, KINDS[library])


def cost_of_object(
    net: Any,
    library: str,
    input_shape: Sequence[Any] | int | str | None,
    *,
    batch_size: int = 1,
    optimizer: Any = None,
    loss: Any = None,
    convention: str = "headline",
    subject: str = "",
) -> CostResult:
    """What a network costs, from what it executes once, forward and backward.

    `input_shape` is that of one sample, several inputs in a list; or a text with all axes as
    `--input` takes it ("4,20;mask=4,4", "10:int64"), which has keywords and dtypes. Gradients,
    buffers, hooks, modes and the random state are afterwards as they were.

    Raises UsageError without a shape, for an unknown convention or a batch below 1, ShapeError if
    the network does not run on these inputs.
    """
    find(convention)
    refuse_other_library(convention, library)
    text = input_shape if isinstance(input_shape, str) else written(input_shape, batch_size)
    given, keywords = parse(text)
    counter = import_module(f"backprove.oracle.count_{library}")
    if is_functional(net, {}):
        net = as_network(net, _kind(library), {})
    tool = convention if convention in BY_RULES else ""

    def count() -> dict[str, Any]:
        values = [counter.draw(**one) for one in given]
        named = {name: counter.draw(**one) for name, one in keywords.items()}
        found: dict[str, Any] = counter.count_network(net, values, named, tool)
        return found

    name = subject or type(net).__name__
    found = answer(count)
    if "failed" in found:
        raise failure(found, name, text or "", False, tool)
    shapes = [tuple(one["shape"]) for one in [*given, *keywords.values()]]
    return result_of(found, library, name, shapes, optimizer, loss, convention)


def written(input_shape: Sequence[Any] | int | None, batch_size: int) -> str | None:
    """Shapes of one sample as a text with all axes: 784 as "64,784", [(20,), (30,)] as two."""
    refuse_no_batch(batch_size)
    if input_shape is None:
        return None
    if isinstance(input_shape, int):
        input_shape = (input_shape,)
    whole: list[Any] = list(input_shape)
    parts = whole if any(isinstance(one, Sequence) for one in whole) else [whole]
    return ";".join(",".join(map(str, (batch_size, *part))) for part in parts)
