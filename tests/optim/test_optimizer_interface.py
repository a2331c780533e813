"""What holds for every optimizer: purity, dtypes, shapes, cost, refusals."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import support
from backprove.counts import Count
from backprove.errors import DTypeError, ShapeError, UsageError
from backprove.optim import OPTIMIZERS, ClipByNorm, ClipByValue, optimizer
from backprove.optim._apply import BLOCK

VARIANTS = [
    *((name, {}) for name in OPTIMIZERS),
    ("sgd", {"weight_decay": 0.1}),
    ("adam", {"weight_decay": 0.1}),
    ("adamw", {"weight_decay": 0.0}),
    ("lion", {"weight_decay": 0.1}),
    ("rmsprop", {"centered": True}),
    ("rmsprop", {"momentum": 0.9}),
    ("rmsprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    ("adagrad", {"initial_accumulator_value": 0.5, "lr_decay": 0.1}),
    ("adam", {"clip": ClipByNorm(0.1)}),
    ("sgd", {"clip": ClipByValue(0.1), "weight_decay": 0.1}),
]
every = pytest.mark.parametrize(("name", "options"), VARIANTS)
DTYPES = {
    "float64": np.float64,
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
}


def tree(dtype=np.float32, seed=0, shapes=((5, 4), (4,), ())):
    rng = np.random.default_rng(seed)
    return {f"{i}": np.asarray(rng.standard_normal(s)).astype(dtype) for i, s in enumerate(shapes)}


def steps(opt, params, grads, count=3):
    state = opt.init(params)
    for step in range(count):
        params, state = opt.update(params, grads, state, step, opt.rate(step))
    return params, state


def leaves(state):
    return [x for slot in state.values() for x in slot.values()]


@every
@pytest.mark.parametrize("step_type", [int, np.int64, np.int32, np.asarray])
@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_numpy_keeps_every_dtype(name, options, dtype, step_type):
    opt = optimizer(name, **options)
    params, grads = tree(dtype), tree(dtype, seed=1)
    rate = step_type(1) * np.float64(opt.rate(step_type(0)))
    new, state = opt.update(params, grads, opt.init(params), step_type(0), rate)
    working = np.float32 if np.dtype(dtype).itemsize == 2 else dtype
    for key, w in new.items():
        assert isinstance(w, np.ndarray) and w.dtype == dtype and w.shape == params[key].shape
    for x in leaves(state):
        assert isinstance(x, np.ndarray) and x.dtype == working
    assert list(state) == list(opt.slots) == list(opt.init(params))


@every
@pytest.mark.parametrize("wide", [False, True], ids=["32-bit", "64-bit"])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_jax_keeps_every_dtype(name, options, dtype, wide):
    opt = optimizer(name, **options)
    with jax.enable_x64(wide):
        params = {k: jnp.asarray(w, dtype=dtype) for k, w in tree().items()}

        def update(params, state, step):
            return opt.update(params, params, state, step, opt.rate(step))

        before = jax.eval_shape(lambda *trees: trees, params, opt.init(params))
        new, state = after = jax.eval_shape(update, *before, jnp.int32(3))
        assert all(w.dtype == dtype for w in new.values())
        assert all(x.dtype == np.float32 for x in leaves(state))
        assert after == before, "a compiled step fits its own results"


@every
def test_the_type_of_the_rate_widens_no_arithmetic(name, options):
    opt = optimizer(name, **options)
    params, grads = tree(), tree(seed=1)
    state = steps(opt, params, grads)[1]
    plain = opt.update(params, grads, state, 3, 0.3)
    typed = opt.update(params, grads, state, np.int64(3), np.float64(0.3))
    for x, y in zip(
        [*plain[0].values(), *leaves(plain[1])],
        [*typed[0].values(), *leaves(typed[1])],
        strict=True,
    ):
        np.testing.assert_array_equal(x, y)
    with jax.enable_x64(True):
        traced = jax.make_jaxpr(opt.update)(params, grads, state, jnp.int64(3), jnp.float64(0.3))
        made = [v.aval for equation in equations(traced.jaxpr) for v in equation.outvars]
        assert made and all(v.dtype != np.float64 for v in made if v.size > 1)


def equations(jaxpr):
    """All equations, those of inner functions included."""
    for equation in jaxpr.eqns:
        inner = equation.params.get("jaxpr")
        yield from [equation] if inner is None else equations(inner.jaxpr)


def test_float64_stays_float64_in_jax():
    with jax.enable_x64(True):
        opt = optimizer("adam", learning_rate=0.1)
        params, grads = tree(np.float64), tree(np.float64, seed=1)
        expected, _ = steps(opt, params, grads)
        found, state = jax.jit(lambda p, g, s, t: opt.update(p, g, s, t, opt.rate(t)))(
            params, grads, opt.init(params), jnp.int32(0)
        )
        for t in (1, 2):
            found, state = opt.update(found, grads, state, jnp.int32(t), opt.rate(jnp.int32(t)))
        for key, w in found.items():
            assert w.dtype == np.float64
            support.close(w, expected[key], "float64")


@every
def test_nothing_given_is_written_to(name, options):
    opt = optimizer(name, **options)
    params, grads = tree(), tree(seed=1)
    _, state = steps(opt, params, grads)
    given_arrays = [*params.values(), *grads.values(), *leaves(state)]
    before = [x.copy() for x in given_arrays]
    for x in given_arrays:
        x.flags.writeable = False
    new, kept = opt.update(params, grads, state, 7, 0.1)
    for x, old in zip(given_arrays, before, strict=True):
        np.testing.assert_array_equal(x, old)
    for x in [*new.values(), *leaves(kept)]:
        assert x.flags.writeable
        assert not any(np.shares_memory(x, old) for old in given_arrays)


@every
def test_half_precision_is_the_rounded_float32_step(name, options):
    opt = optimizer(name, **options)
    low = [tree(np.float16, seed=s) for s in (0, 1)]
    new, state = steps(opt, *low, count=1)
    wide, wide_state = steps(
        opt, *({k: x.astype(np.float32) for k, x in t.items()} for t in low), count=1
    )
    if opt.clip is None:
        for key, w in new.items():
            np.testing.assert_array_equal(w, wide[key].astype(np.float16))
        for x, y in zip(leaves(state), leaves(wide_state), strict=True):
            np.testing.assert_array_equal(x, y)
    zero = {k: np.zeros_like(x) for k, x in low[0].items()}
    assert all(np.isfinite(w).all() for w in steps(opt, low[0], zero)[0].values())


@every
def test_large_arrays_are_the_small_ones_joined(name, options):
    opt = optimizer(name, **{k: v for k, v in options.items() if k != "clip"})
    length = BLOCK // 4 + 1000
    params, grads = tree(shapes=[(2, length)]), tree(seed=1, shapes=[(2, length)])
    new, state = steps(opt, params, grads)
    parts = [
        steps(opt, {"0": params["0"][:, s]}, {"0": grads["0"][:, s]})
        for s in (slice(0, 777), slice(777, None))
    ]
    np.testing.assert_array_equal(new["0"], np.hstack([p["0"] for p, _ in parts]))
    for slot in state:
        joined = np.hstack([s[slot]["0"] for _, s in parts])
        np.testing.assert_array_equal(state[slot]["0"], joined)


@every
def test_memory_layout_does_not_matter(name, options):
    opt = optimizer(name, **options)
    params, grads = (tree(seed=s, shapes=[(5, 4), (6,)]) for s in (0, 1))
    expected, _ = steps(opt, params, grads)
    turned = {k: np.asfortranarray(w) for k, w in params.items()}
    flipped = {k: np.flip(np.flip(g).copy()) for k, g in grads.items()}
    found, _ = steps(opt, turned, flipped)
    for key, w in found.items():
        support.close(w, expected[key], "float32")


@every
def test_empty_arrays_and_no_arrays_at_all(name, options):
    opt = optimizer(name, **options)
    params = {"a": np.zeros((0, 3), np.float32), "b": np.ones(2, np.float32)}
    new, _ = steps(opt, params, params)
    assert new["a"].shape == (0, 3)
    assert steps(opt, {}, {})[0] == {}


@every
@given(
    weights=hnp.arrays(np.float32, 5, elements=st.floats(-1e6, 1e6, width=32)),
    step=st.integers(0, 2**31 - 2),
    rate=st.floats(0.0, 100.0),
)
@settings(max_examples=25, deadline=None)
def test_a_zero_gradient_changes_nothing_without_decay(name, options, weights, step, rate):
    opt = optimizer(name, **{**options, "weight_decay": 0.0})
    params = {"w": weights}
    new, _ = opt.update(params, {"w": np.zeros_like(weights)}, opt.init(params), step, rate)
    np.testing.assert_array_equal(new["w"], weights)


@every
@given(
    arrays=hnp.arrays(np.float32, (2, 5), elements=st.floats(-1e6, 1e6, width=32)),
    step=st.integers(0, 2**31 - 2),
)
@settings(max_examples=25, deadline=None)
def test_a_zero_rate_changes_no_weight(name, options, arrays, step):
    opt = optimizer(name, **{**options, "learning_rate": 0.0})
    params, grads = {"w": arrays[0]}, {"w": arrays[1]}
    new, _ = opt.update(params, grads, opt.init(params), step, opt.rate(step))
    np.testing.assert_array_equal(new["w"], arrays[0])


@given(
    gradient=hnp.arrays(
        np.float64, 4, elements=st.floats(1e-3, 1e3).flatmap(lambda a: st.sampled_from([a, -a]))
    ),
    rate=st.floats(1e-6, 1.0),
)
@settings(max_examples=50, deadline=None)
def test_the_first_step_of_adam_and_lion_has_the_size_of_the_rate(gradient, rate):
    for name, tolerance in (("adam", 1e-4), ("lion", 1e-9)):
        opt = optimizer(name)
        params = {"w": np.zeros(4)}
        new, _ = opt.update(params, {"w": gradient}, opt.init(params), 0, rate)
        np.testing.assert_allclose(new["w"], -rate * np.sign(gradient), rtol=tolerance)


def test_centered_rmsprop_survives_a_constant_gradient():
    opt = optimizer("rmsprop", centered=True, alpha=0.9)
    params = {"w": np.linspace(-3.0, 3.0, 1001, dtype=np.float32)}
    grads = {"w": np.linspace(0.1, 7.0, 1001, dtype=np.float32)}
    new, state = steps(opt, params, grads, count=300)
    assert (state["square"]["w"] < state["average"]["w"] ** 2).any()
    assert np.isfinite(new["w"]).all()


@every
def test_not_finite_gradients_reach_their_weights_and_no_others(name, options):
    opt = optimizer(name, **options)
    params, grads = tree(), tree(seed=1)
    grads["0"][0, 0] = np.nan
    for new in (
        opt.update(params, grads, opt.init(params), 0, 0.1)[0],
        jax.jit(opt.update)(params, grads, opt.init(params), 0, 0.1)[0],
    ):
        assert np.isnan(new["0"][0, 0])
        assert sum(int(np.isnan(w).sum()) for w in new.values()) == 1


FLOP = {"add", "sub", "mul", "div", "square", "reduce_sum"}
TRANS = {"sqrt", "exp", "pow", "expm1"}
CHEAP = {"max", "min", "abs", "sign", "reduce_max", "reduce_min", "select_n"}
FREE = {"convert_element_type", "broadcast_in_dim", "reshape", "is_finite", "stop_gradient"}


def count(jaxpr, size):
    """The operations on whole arrays that JAX records."""
    total = Count()
    for equation in equations(jaxpr):
        if max(v.aval.size for v in (*equation.invars, *equation.outvars)) < size:
            continue
        kind = equation.primitive.name
        assert kind in FLOP | TRANS | CHEAP | FREE, kind
        total += Count(flop=kind in FLOP, trans=kind in TRANS, cheap=kind in CHEAP)
    return total


@every
def test_cost_is_what_is_executed(name, options):
    opt = optimizer(name, **options)
    params = {"w": jnp.ones(1000)}
    jaxpr = jax.make_jaxpr(opt.update)(params, params, opt.init(params), 3, 0.1)
    assert count(jaxpr.jaxpr, 1000) == opt.cost()


def test_cost_is_that_of_the_table():
    costs = {name: (cls().cost().flop, cls().cost().trans) for name, cls in OPTIMIZERS.items()}
    assert costs == {
        "sgd": (2, 0),
        "momentum": (4, 0),
        "nesterov": (6, 0),
        "adagrad": (6, 1),
        "adadelta": (14, 2),
        "rmsprop": (8, 1),
        "adam": (13, 1),
        "adamw": (14, 1),
        "lion": (8, 0),
    }
    kept = {name: len(cls().slots) for name, cls in OPTIMIZERS.items()}
    assert (kept["sgd"], kept["momentum"], kept["rmsprop"], kept["adam"]) == (0, 1, 1, 2)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda p, g, s: g.pop("0"), UsageError, ["gradients", "0, 1, 2", "1, 2"]),
        (lambda p, g, s: g.update(x=g["0"]), UsageError, ["gradients", "x"]),
        (lambda p, g, s: s.pop("v"), UsageError, ["state of Adam", "m, v"]),
        (lambda p, g, s: s["v"].pop("1"), UsageError, ["in v", "0, 2"]),
        (lambda p, g, s: g.update({"1": g["2"]}), ShapeError, ["(4,)", "()", "gradients"]),
        (lambda p, g, s: s["m"].update({"0": g["1"]}), ShapeError, ["(5, 4)", "(4,)", "in m"]),
    ],
)
def test_what_does_not_fit_is_refused(change, error, words):
    opt = optimizer("adam")
    params, grads = tree(), tree(seed=1)
    state = opt.init(params)
    change(params, grads, state)
    with pytest.raises(error) as caught:
        opt.update(params, grads, state, 0, 0.1)
    assert all(word in str(caught.value) for word in words)


def test_whole_numbers_are_no_weights():
    with pytest.raises(DTypeError, match=r"'w'.*int64"):
        optimizer("sgd").init({"w": np.arange(3)})
