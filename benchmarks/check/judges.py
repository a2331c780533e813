"""One checker over many operators, in a process of its own.

python -m benchmarks.check.judges NAME      prints a line of JSON for each operator

backprove is given the class, and constructor arguments where it has no defaults for them.
PyTorch's gradcheck and JAX's check_grads have their defaults and the operator's first case with
random normal input. What they raise about an operator counts as found; an error that `check`
raises instead of a finding does not. Right operators are among the subjects: to accuse them is a
false alarm.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backprove.cases import Case, normal
from backprove.op import Op
from backprove.ops import operators
from benchmarks.check.controls import CONTROLS
from benchmarks.check.mutants import all_mutants
from benchmarks.check.sources import SourceMutant, source_mutants

WHOLE = ("LeakyReLU", "Sigmoid", "Softplus", "Softmax", "Linear", "LayerNorm")
SAMPLE = 5


def subjects() -> Iterator[tuple[str, Callable[[], type[Op]], Any, str]]:
    """(id, builder of the class, shape of its input or None, declared convention)."""
    for mutant in all_mutants().values():
        yield mutant.id, lambda m=mutant: m.wrong, mutant.shape, mutant.convention  # type: ignore[misc]
    rights = {m.right.__name__: m.right for m in all_mutants().values()}
    for name, right in rights.items():
        yield f"right {name}", lambda cls=right: cls, None, ""  # type: ignore[misc]
    for control in CONTROLS:
        yield f"right {control.id}", lambda c=control: c.subject, None, control.convention  # type: ignore[misc]
    for name in operators():
        for found in chosen(name):
            yield found.id, found.build, None, "backprove"


def chosen(name: str) -> list[SourceMutant]:
    """All source mutants of some operators, an even sample of every other one's."""
    found = source_mutants(name)
    if name in WHOLE:
        return found
    return found[:: -(-len(found) // SAMPLE) or 1]


def ours(cls: type[Op], shape: Any, convention: str) -> bool:
    """Whether backprove finds the class wrong."""
    from backprove.check import check

    case: Case = operators().get(cls.__name__, cls).CASES[0]
    needed = [
        p.name
        for p in inspect.signature(cls).parameters.values()
        if p.default is p.empty and p.name in case.arguments
    ]
    arguments = {k: case.arguments[k] for k in needed}
    return bool(check(cls, convention=convention, **arguments).exit_code)


def gradcheck(cls: type[Op], shape: Any, convention: str) -> bool:
    """Whether torch.autograd.gradcheck does, in float64."""
    import torch

    op, names, arrays = _given(cls, shape, "float64")

    class Bridge(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            y, ctx.saved = _run(op, names, [t.detach().numpy() for t in tensors])
            return torch.from_numpy(np.array(y))

        @staticmethod
        def backward(ctx: Any, dy: Any) -> Any:
            found = _back(op, names, ctx.saved, dy.numpy())
            return tuple(None if g is None else torch.from_numpy(np.array(g)) for g in found)

    tensors = [torch.from_numpy(x).requires_grad_(x.dtype.kind == "f") for x in arrays]
    return not torch.autograd.gradcheck(Bridge.apply, tensors, raise_exception=False)


def check_grads(cls: type[Op], shape: Any, convention: str) -> bool:
    """Whether jax.test_util.check_grads does, first order, reverse mode, in float32."""
    import jax
    from jax.test_util import check_grads as jax_check

    op, names, arrays = _given(cls, shape, "float32")
    like = jax.ShapeDtypeStruct(np.shape(_run(op, names, arrays)[0]), np.float32)

    def forward(*xs: Any) -> Any:
        def run(*plain: Any) -> Any:
            return np.asarray(_run(op, names, list(map(np.array, plain)))[0], np.float32)

        return jax.pure_callback(run, like, *xs)

    def backward(xs: Any, dy: Any) -> Any:
        def run(dy: Any, *plain: Any) -> Any:
            _, saved = _run(op, names, list(map(np.array, plain)))
            found = _back(op, names, saved, np.array(dy))
            return [np.asarray(g, np.float32) for g in found]

        shapes = [jax.ShapeDtypeStruct(x.shape, np.float32) for x in xs]
        return tuple(jax.pure_callback(run, shapes, dy, *xs))

    function = jax.custom_vjp(forward)
    function.defvjp(lambda *xs: (forward(*xs), xs), backward)
    try:
        jax_check(function, tuple(arrays), order=1, modes=("rev",))
    except AssertionError:
        return True
    return False


def _given(cls: type[Op], shape: Any, dtype: str) -> tuple[Op, list[str], list[Any]]:
    """The operator of the first case, the names and arrays of its inputs and parameters."""
    case: Case = operators().get(cls.__name__, cls).CASES[0]
    op, rng = cls(**case.arguments), np.random.default_rng(0)
    draws = [normal(*(shape or d.shape)) if d.kind == "away" else d for d in case.inputs]
    values = {k: v + 0.2 * rng.standard_normal(v.shape) for k, v in op.init(1, dtype).items()}
    arrays = [d.sample(rng, dtype) for d in draws]
    return op, list(values), [*arrays, *(v.astype(dtype) for v in values.values())]


def _run(op: Op, names: list[str], arrays: list[Any]) -> Any:
    count = len(op.signature.inputs)
    return op.fwd(*arrays[:count], **dict(zip(names, arrays[count:], strict=True)))


def _back(op: Op, names: list[str], saved: Any, dy: Any) -> list[Any]:
    by_input, by_name = op.bwd(saved, dy)
    return [*by_input, *(by_name.get(name) for name in names)]


JUDGES = {"backprove": ours, "gradcheck": gradcheck, "check_grads": check_grads}


def main() -> None:
    """Judge every operator."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    judge = JUDGES[sys.argv[1]]
    counts = judge is not ours
    for name, build, shape, convention in subjects():
        try:
            caught, why = judge(build(), shape, convention), ""
        except Exception as error:
            caught, why = counts, f"{type(error).__name__}: {error}"[:200]
        print(json.dumps({"id": name, "caught": caught, "raised": why}), flush=True)


if __name__ == "__main__":
    main()
