"""A step recorded as PyTorch operations, rewritten where the same is cheaper, and compiled."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import torch
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree

from backprove.data._cache import folder
from backprove.errors import UsageError
from backprove.train.step import Tree

Step = Callable[[list[Any]], Tree]

_ATEN = torch.ops.aten
_OPTIONS: dict[str, Any] = {
    "guard_filter_fn": torch.compiler.skip_all_guards_unsafe,
    "pattern_matcher": False,
}
"""A step is kept by the shapes it was made for, so nothing is to be asked before each call; and a
product with the bias added to it is slower than both apart."""


def compiled(step: Callable[..., Tree], arrays: tuple[Any, ...]) -> tuple[Step, Tree]:
    """The step as a function of the leaves of arrays like these, and what its first run gave.

    The last of `arrays` is a row of `scalar_rows`. PyTorch compiles in the first run. Raises
    UsageError where it cannot: nothing has run then.
    """
    keep_programs()
    try:
        graph, names = recorded(step, arrays)
        made = torch.compile(graph, dynamic=False, fullgraph=True, options=_OPTIONS)
        first = made(*pytree.tree_leaves(arrays))
    except Exception as error:
        raise UsageError(
            "PyTorch could not compile a step of this network ({reason}): choose engine='torch'",
            reason=f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}",
        ) from error
    named = partial(zip, names, strict=True)
    return lambda leaves: dict(named(made(*leaves))), dict(named(first))


def recorded(step: Callable[..., Tree], arrays: tuple[Any, ...]) -> tuple[Any, list[str]]:
    """The operations of a step on the leaves of arrays like these, and the names of its results.

    Nothing is computed: PyTorch follows shapes and dtypes alone.
    """
    leaves, form = pytree.tree_flatten(arrays)
    names: list[str] = []

    def flat(*leaves: Any) -> list[Any]:
        found = step(*pytree.tree_unflatten(leaves, form))
        names[:] = found
        return list(found.values())

    graph = make_fx(flat, tracing_mode="fake")(*leaves)
    _multiply_by_reciprocals(graph.graph)
    graph.graph.eliminate_dead_code()
    graph.recompile()
    return graph, names


def keep_programs() -> None:
    """Let PyTorch keep compiled programs in our cache folder, where other users cannot write.

    Its own choice is a folder of a known name among everybody's temporary files, which vanish when
    the machine starts. Who has set TORCHINDUCTOR_CACHE_DIR has chosen; where nothing can be
    written, PyTorch's choice stays.
    """
    place = folder()
    if place is None or "TORCHINDUCTOR_CACHE_DIR" in os.environ:
        return
    with suppress(OSError):
        (place / "torch").mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(place / "torch", os.W_OK):
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(place / "torch")


def scalar_rows(values: list[dict[str, float]]) -> Any:
    """A row for each step: its scalars, and then their reciprocals."""
    rows = [[*v.values(), *(1.0 / s if s else math.inf for s in v.values())] for v in values]
    return torch.tensor(rows, dtype=torch.float32)


def _multiply_by_reciprocals(graph: Any) -> None:
    """x / s becomes x * (1 / s) for each scalar s of the step: divisions bound an update's time."""
    row = [node for node in graph.nodes if node.op == "placeholder"][-1]
    count = len(row.meta["val"]) // 2
    for node in list(graph.nodes):
        if node.target is not _ATEN.div.Tensor or not _is_scalar(node.args[1], row):
            continue
        with graph.inserting_before(node):
            place = (row, 0, node.args[1].args[2] + count)
            reciprocal = graph.call_function(_ATEN.select.int, place)
        node.target, node.args = _ATEN.mul.Tensor, (node.args[0], reciprocal)


def _is_scalar(node: Any, row: Any) -> bool:
    return getattr(node, "target", None) is _ATEN.select.int and node.args[0] is row
