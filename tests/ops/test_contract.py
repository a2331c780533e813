"""What every operator must hold, over all its CASES. A new operator is tested by being there."""

from __future__ import annotations

import inspect
from pathlib import Path

import array_api_strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import support
from backprove.counts import Cost
from backprove.errors import DTypeError
from backprove.net import Sequential
from backprove.op import Op
from backprove.ops import operators
from backprove.oracle import exact

CASES = support.every_case()
LOW = ("float32", "float16", "bfloat16")


@pytest.mark.parametrize("cls", operators().values(), ids=operators().keys())
def test_file_says_what_the_contract_asks(cls: type[Op]) -> None:
    source = Path(inspect.getfile(cls)).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 120
    assert cls.formula and cls.reference
    assert "Reference:" in (cls.__doc__ or "")
    assert len(cls.CASES) >= 3
    order = [source.index(f"def {name}(") for name in ("forward", "backward", "definition", "cost")]
    assert order == sorted(order) and order[-1] < source.index("CASES = (")


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_value_is_the_definition(cls, case) -> None:
    built = support.build(cls, case)
    y, _ = built.op.fwd(*built.inputs, **built.values)
    support.close(
        y, exact.to_float(exact.evaluate(built.op, *built.inputs, **built.values)), "float64"
    )


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_gradients_are_derivatives_of_the_definition(cls, case) -> None:
    built = support.build(cls, case)
    by_input, by_name = exact.gradients(built.op, built.dy, *built.inputs, **built.values)
    named = dict(zip(built.op.signature.inputs, by_input, strict=True)) | by_name
    found = support.gradients(built)
    assert found
    for name, gradient in found.items():
        support.close(gradient, exact.to_float(named[name]), "float64")


@pytest.mark.parametrize("library", ["torch", "jax", "paddle"])
@pytest.mark.parametrize(("cls", "case"), CASES)
def test_agrees_with_the_reference(cls, case, library) -> None:
    if library not in cls.references:
        pytest.skip(f"{library} has no such operator")
    built = support.build(cls, case)
    expression, arrays = cls.references[library], support.arrays(built)
    if library == "jax":
        expression = support.compiled(expression, arrays)
    found = support.ask(library).evaluate(expression, arrays, support.constants(built), built.dy)
    y, _ = built.op.fwd(*built.inputs, **built.values)
    support.close(y, found["y"].reshape(np.shape(y)), "float64")
    ours = support.gradients(built)
    shared = ours.keys() & found["gradients"].keys()
    assert shared
    for name in shared:
        support.close(ours[name], found["gradients"][name], "float64")


@pytest.mark.parametrize("dtype", LOW)
@pytest.mark.parametrize(("cls", "case"), CASES)
def test_lower_precision_is_the_rounded_result(cls, case, dtype) -> None:
    low = support.build(cls, case, dtype)
    y, _ = low.op.fwd(*low.inputs, **low.values)
    assert support.name_of(y) == dtype
    high = support.Built(
        low.op,
        [_wide(x) for x in low.inputs],
        {k: _wide(v) for k, v in low.values.items()},
        _wide(low.dy),
    )
    terms = 1.0 + float(np.max(np.abs(np.asarray(y, dtype=np.float64)), initial=0.0))
    support.close(y, high.op.fwd(*high.inputs, **high.values)[0], dtype, terms)
    expected = support.gradients(high)
    for name, gradient in support.gradients(low).items():
        assert support.name_of(gradient) == dtype
        terms = 1.0 + float(np.max(np.abs(expected[name]), initial=0.0))
        support.close(gradient, expected[name], dtype, terms)


def _wide(x):
    floating = isinstance(x, np.ndarray) and support.name_of(x) in support.UNIT
    return x.astype(np.float64) if floating else x


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_compiled_by_jax_equals_numpy(cls, case) -> None:
    built = support.build(cls, case, "float32")
    static = {k: v for k, v in built.values.items() if not isinstance(v, np.ndarray)}
    traced = {k: jnp.asarray(v) for k, v in built.values.items() if k not in static}

    @jax.jit
    def run(inputs, values, dy):
        y, saved = built.op.fwd(*inputs, **values, **static)
        return y, *built.op.bwd(saved, dy)

    y, by_input, by_name = run(
        [jnp.asarray(x) for x in built.inputs], traced, jnp.asarray(built.dy)
    )
    expected = built.op.fwd(*built.inputs, **built.values)[0]
    support.close(y, expected, "float32", 1.0 + float(np.max(np.abs(expected), initial=0.0)))
    named = dict(zip(built.op.signature.inputs, by_input, strict=True)) | by_name
    for name, gradient in support.gradients(built).items():
        terms = 1.0 + float(np.max(np.abs(gradient), initial=0.0))
        support.close(named[name], gradient, "float32", terms)


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_runs_on_the_array_api_standard(cls, case) -> None:
    built = support.build(cls, case, "float32")

    def strict(x):
        return array_api_strict.asarray(x) if isinstance(x, np.ndarray) else x

    try:
        y, saved = built.op.fwd(
            *map(strict, built.inputs), **{k: strict(v) for k, v in built.values.items()}
        )
    except DTypeError as error:
        assert "not in the Array API standard" in str(error)
        return
    expected = built.op.fwd(*built.inputs, **built.values)[0]
    terms = 1.0 + float(np.max(np.abs(expected), initial=0.0))
    support.close(np.asarray(y), expected, "float32", terms)
    by_input, by_name = built.op.bwd(saved, strict(built.dy))
    named = dict(zip(built.op.signature.inputs, by_input, strict=True)) | by_name
    for name, gradient in support.gradients(built).items():
        terms = 1.0 + float(np.max(np.abs(gradient), initial=0.0))
        support.close(np.asarray(named[name]), gradient, "float32", terms)


@pytest.mark.parametrize("library", ["torch", "paddle"])
@pytest.mark.parametrize(("cls", "case"), CASES)
def test_runs_on_tensors(cls, case, library) -> None:
    built = support.build(cls, case, "float32")
    found = support.ask(library).ask(
        "run_operator",
        name=cls.__name__,
        arguments=case.arguments,
        inputs=built.inputs,
        values=built.values,
        dy=built.dy,
    )
    y = built.op.fwd(*built.inputs, **built.values)[0]
    support.close(
        found["y"].reshape(np.shape(y)), y, "float32", 1.0 + float(np.max(np.abs(y), initial=0.0))
    )
    named = dict(zip(built.op.signature.inputs, found["inputs"], strict=True)) | found["parameters"]
    for name, gradient in support.gradients(built).items():
        terms = 1.0 + float(np.max(np.abs(gradient), initial=0.0))
        support.close(named[name].reshape(np.shape(gradient)), gradient, "float32", terms)


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_shape_and_cost_follow_from_shapes(cls, case) -> None:
    built = support.build(cls, case)
    shapes = [np.shape(x) for x in built.inputs]
    y, _ = built.op.fwd(*built.inputs, **built.values)
    assert built.op.shape(*shapes) == np.shape(y)
    cost = built.op.cost(*shapes)
    assert isinstance(cost, Cost)
    gradients = {f"d{name}" for name in support.gradients(built)}
    assert set(cost.backward) <= gradients


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_arguments_are_never_written_to(cls, case) -> None:
    built = support.build(cls, case)
    given = [*built.inputs, *built.values.values(), built.dy]
    before = [np.copy(x) for x in given if isinstance(x, np.ndarray)]
    for x in given:
        if isinstance(x, np.ndarray):
            x.flags.writeable = False
    support.gradients(built)
    after = [x for x in given if isinstance(x, np.ndarray)]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_used_twice_in_one_pass(cls, case) -> None:
    built = support.build(cls, case)
    _, first = built.op.fwd(*built.inputs, **built.values)
    other = [x[..., ::-1] if np.ndim(x) else x for x in built.inputs]
    if all(np.issubdtype(x.dtype, np.floating) for x in built.inputs):
        built.op.fwd(*other, **built.values)
    by_input, by_name = built.op.bwd(first, built.dy)
    named = dict(zip(built.op.signature.inputs, by_input, strict=True)) | by_name
    for name, gradient in support.gradients(built).items():
        np.testing.assert_array_equal(named[name], gradient)


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_memory_layout_does_not_matter(cls, case) -> None:
    built = support.build(cls, case)
    twisted = built._replace(
        inputs=[np.asfortranarray(x) for x in built.inputs],
        dy=np.flip(np.flip(built.dy).copy()),
    )
    for (name, found), expected in zip(
        support.gradients(twisted).items(), support.gradients(built).values(), strict=True
    ):
        support.close(found, expected, "float64"), name


@pytest.mark.parametrize("cls", [c for c in operators().values() if c.elementwise])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,), (17,), (2, 3, 4)])
def test_elementwise_operators_take_any_shape(cls, shape) -> None:
    op = cls(**cls.CASES[0].arguments)
    values = {}
    if "key" in op.signature.context:
        values["key"] = np.array([1, 2], dtype=np.uint32)
    inputs = [np.full(shape, 0.5, dtype=np.float32) for _ in op.signature.inputs]
    y, saved = op.fwd(*inputs, **values)
    by_input, _ = op.bwd(saved, np.ones(shape, dtype=np.float32))
    assert np.shape(y) == shape == np.shape(by_input[0])
    assert y.dtype == np.float32 == by_input[0].dtype


@pytest.mark.parametrize("cls", [c for c in operators().values() if len(c.signature.inputs) == 1])
def test_works_inside_a_network(cls) -> None:
    built = support.build(cls, cls.CASES[0])
    net = Sequential(cls(**cls.CASES[0].arguments))
    values = {k if k in ("key", "training") else f"0.{k}": v for k, v in built.values.items()}
    y, saved = net.fwd(*built.inputs, **values)
    (dx,), grads = net.bwd(saved, built.dy)
    if "key" not in built.values:
        np.testing.assert_array_equal(y, built.op.fwd(*built.inputs, **built.values)[0])
    assert np.shape(dx) == np.shape(built.inputs[0])
    assert grads.keys() == net.parameters().keys()
