"""What is wrong with an operator at one input: a judge simple enough to be believed.

It knows the operator's written definition (evaluated with many digits), its derivative, and at
kinks the convention that is declared. It looks at the one input that it is given.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check import conventions
from backprove.op import Op
from backprove.oracle import exact
from support import UNIT

K = 64.0
NEAR = 1e-13
TABLE_NAMES = {"LeakyReLU": ("leaky_relu", {"slope": "negative_slope"}), "Abs": ("abs", {})}


def failures(cls: type[Op], witness: Any, convention: str = "") -> set[str]:
    """The aspects of the operator that are wrong at the witness; none for a right one."""
    op = cls(**witness.arguments)
    inputs, values = witness.arrays(), witness.named()
    named = dict(zip(op.signature.inputs, inputs, strict=True)) | values
    before = {k: np.array(v) for k, v in named.items()}
    y, saved = op.fwd(*inputs, **values)
    dy = witness.upstream(np.shape(y))
    given = np.array(dy)
    by_input, by_name = op.bwd(saved, dy, input_grad=witness.input_grad)
    wrong = {f"{k} changed" for k, v in named.items() if _differs(v, before[k])}
    if _differs(dy, given):
        wrong.add("dy changed")
    axes = 1 if op.elementwise else 0
    op_inputs = [np.array(before[name], ndmin=axes) for name in op.signature.inputs]
    op_values = {name: before[name] for name in values}
    with np.errstate(invalid="ignore"):
        value = exact.to_float(exact.evaluate(op, *op_inputs, **op_values)).reshape(np.shape(y))
    if _off(y, value, witness.dtype, 0.0 if witness.fails == "value" else witness.terms):
        wrong.add("value")
    found = dict(zip(op.signature.inputs, by_input, strict=True)) | by_name
    if not witness.input_grad:
        found = {k: g for k, g in found.items() if k in values}
    expected = _gradients(op, witness, convention, given, op_inputs, op_values)
    for name in expected if witness.input_grad else values:
        if name not in found or found[name] is None:
            wrong.add(f"gradient of {name}")
        elif _off(found[name], expected[name], witness.dtype, witness.terms):
            wrong.add(f"gradient of {name}")
    return wrong


def _gradients(
    op: Op, witness: Any, convention: str, dy: Any, inputs: list[Any], values: dict[str, Any]
) -> dict[str, Any]:
    if not all(np.all(np.isfinite(x)) for x in inputs):
        return {}
    axes = np.array(dy, ndmin=1) if op.elementwise else dy
    by_input, by_name = exact.gradients(op, axes, *inputs, **values)
    found = dict(zip(op.signature.inputs, by_input, strict=True)) | by_name
    plain = {k: exact.to_float(g) for k, g in found.items() if g is not None}
    if op.elementwise:
        plain["x"] = plain["x"].reshape(dy.shape)
    if convention:
        plain["x"] = _at_kinks(op, convention, plain["x"], dy, inputs[0])
    return plain


def _at_kinks(op: Op, convention: str, gradient: Any, dy: Any, x: Any) -> Any:
    """The gradient with the declared convention where the one-sided derivatives differ."""
    name, arguments = TABLE_NAMES[type(op).__name__]
    sides = [exact.to_float(exact.gradients(op, dy, x + d)[0][0]) for d in (-NEAR, NEAR)]
    result = np.array(gradient)
    for i in np.flatnonzero((x == 0) & (np.abs(sides[0] - sides[1]) > 1e-6)):
        params = {k: getattr(op, v) for k, v in arguments.items()}
        (entry,) = conventions.find(name, float(x.flat[i]), "gradient", "float64", **params)
        result.flat[i] = entry.answer(convention) * dy.flat[i]
    return result


def _differs(a: Any, b: Any) -> bool:
    return not np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _off(found: Any, expected: Any, dtype: str, terms: float) -> bool:
    found = np.asarray(found, dtype=np.float64)
    if found.shape != expected.shape or np.any(np.isnan(found) != np.isnan(expected)):
        return True
    finite = np.isfinite(expected)
    if np.any(found[~finite & ~np.isnan(expected)] != expected[~finite & ~np.isnan(expected)]):
        return True
    allowed = K * UNIT[dtype] * (np.abs(expected[finite]) + terms)
    return bool(np.any(~(np.abs(found[finite] - expected[finite]) <= allowed)))
