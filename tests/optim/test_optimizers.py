"""Each optimizer against PyTorch, JAX, and the formula at high precision."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from jax import lax

import support
from backprove.optim import OPTIMIZERS, ClipByNorm, ClipByValue, optimizer
from backprove.optim.adam import correction
from backprove.optim.schedules import Step

STEPS = 50
CASES = [
    ("sgd", {}, "SGD", {}),
    ("sgd", {"weight_decay": 0.1}, "SGD", {"weight_decay": 0.1}),
    ("momentum", {}, "SGD", {"momentum": 0.9}),
    (
        "momentum",
        {"momentum": 0.5, "weight_decay": 0.1},
        "SGD",
        {"momentum": 0.5, "weight_decay": 0.1},
    ),
    ("nesterov", {}, "SGD", {"momentum": 0.9, "nesterov": True}),
    (
        "nesterov",
        {"weight_decay": 0.1},
        "SGD",
        {"momentum": 0.9, "nesterov": True} | {"weight_decay": 0.1},
    ),
    ("adagrad", {}, "Adagrad", {}),
    *(
        (name, options, cls, options)
        for name, cls, options in [
            (
                "adagrad",
                "Adagrad",
                {"lr_decay": 0.1, "initial_accumulator_value": 0.2, "weight_decay": 0.1},
            ),
            ("adagrad", "Adagrad", {"eps": 1e-3}),
            ("adadelta", "Adadelta", {}),
            ("adadelta", "Adadelta", {"rho": 0.7, "eps": 1e-3, "weight_decay": 0.1}),
            ("rmsprop", "RMSprop", {}),
            ("rmsprop", "RMSprop", {"alpha": 0.9, "eps": 1e-4, "weight_decay": 0.1}),
            ("rmsprop", "RMSprop", {"momentum": 0.8}),
            ("rmsprop", "RMSprop", {"centered": True}),
            ("rmsprop", "RMSprop", {"centered": True, "momentum": 0.8, "weight_decay": 0.1}),
            ("adam", "Adam", {}),
            ("adam", "Adam", {"betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}),
            ("adam", "Adam", {"betas": (0.0, 0.5)}),
            ("adamw", "AdamW", {}),
            ("adamw", "AdamW", {"betas": (0.8, 0.99), "weight_decay": 0.5}),
            ("adamw", "AdamW", {"weight_decay": 0.0}),
        ]
    ),
]
PARAMETERS = [
    *(pytest.param(*case, id=f"{case[0]}-{i}") for i, case in enumerate(CASES)),
]
OURS = [
    *((name, options) for name, options, _, _ in CASES),
    ("lion", {}),
    ("lion", {"betas": (0.5, 0.9), "weight_decay": 0.3}),
    ("adam", {"clip": ClipByNorm(0.5)}),
    ("momentum", {"clip": ClipByValue(0.5), "weight_decay": 0.1}),
]
SHAPES = {"0.weight": (4, 3), "0.bias": (3,), "1.slope": ()}


def draw(dtype, steps=STEPS, seed=0):
    rng = np.random.default_rng(seed)
    weights = {k: np.asarray(rng.standard_normal(s), dtype) for k, s in SHAPES.items()}
    gradients = [
        {k: np.asarray(rng.standard_normal(s), dtype) for k, s in SHAPES.items()}
        for _ in range(steps)
    ]
    return weights, gradients


def run(opt, params, gradients):
    state, history = opt.init(params), []
    for step, grads in enumerate(gradients):
        params, state = opt.update(params, grads, state, step, opt.rate(step))
        history.append(params)
    return history


def torch_expression(cls, options, lr):
    given = "".join(f", {k}={v!r}" for k, v in options.items())
    return f"torch.optim.{cls}(parameters, lr={lr!r}{given})"


def agree(ours, theirs, dtype):
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        for name, w in mine.items():
            assert w.dtype == dtype
            support.close(w, other[name], dtype, k=64.0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "options", "cls", "theirs"), PARAMETERS)
def test_fifty_steps_are_those_of_pytorch(name, options, cls, theirs, dtype):
    weights, gradients = draw(dtype)
    found = support.ask("torch").ask(
        "optimize",
        expression=torch_expression(cls, theirs, 0.01),
        weights=weights,
        gradients=gradients,
    )
    opt = optimizer(name, learning_rate=0.01, **options)
    agree(run(opt, weights, gradients), found["history"], dtype)


@pytest.mark.parametrize(
    ("name", "cls"), [("adam", "Adam"), ("adagrad", "Adagrad"), ("adamw", "AdamW")]
)
def test_defaults_are_those_of_pytorch(name, cls):
    weights, gradients = draw("float64")
    found = support.ask("torch").ask(
        "optimize",
        expression=f"torch.optim.{cls}(parameters)",
        weights=weights,
        gradients=gradients,
    )
    agree(run(optimizer(name), weights, gradients), found["history"], "float64")


@pytest.mark.parametrize(("name", "cls", "options"), [("sgd", "SGD", {}), ("adamw", "AdamW", {})])
def test_a_schedule_moves_the_rate(name, cls, options):
    weights, gradients = draw("float64")
    found = support.ask("torch").ask(
        "optimize",
        expression=torch_expression(cls, options, 0.05),
        weights=weights,
        gradients=gradients,
        schedule="torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5)",
    )
    opt = optimizer(name, learning_rate=Step(0.05, step_size=10, gamma=0.5), **options)
    assert [opt.rate(i) for i in range(STEPS)] == pytest.approx(found["rates"], rel=1e-14)
    agree(run(opt, weights, gradients), found["history"], "float64")


@pytest.mark.parametrize(
    ("clip", "call"),
    [
        (ClipByNorm(0.5), "clip_grad_norm_(parameters, 0.5)"),
        (ClipByNorm(4.0), "clip_grad_norm_(parameters, 4.0)"),
        (ClipByValue(0.3), "clip_grad_value_(parameters, 0.3)"),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_are_clipped_as_pytorch_does(clip, call, dtype):
    weights, gradients = draw(dtype)
    hook = f"lambda *_: torch.nn.utils.{call} and None"
    found = support.ask("torch").ask(
        "optimize",
        expression=f"(lambda o: (o.register_step_pre_hook({hook}) and None) or o)"
        "(torch.optim.SGD(parameters, lr=0.05, weight_decay=0.1))",
        weights=weights,
        gradients=gradients,
    )
    opt = optimizer("sgd", learning_rate=0.05, weight_decay=0.1, clip=clip)
    agree(run(opt, weights, gradients), found["history"], dtype)


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_lion_is_the_formula_of_its_paper(decay):
    weights, gradients = draw("float64")
    opt = optimizer("lion", learning_rate=0.01, betas=(0.85, 0.95), weight_decay=decay)
    ours = run(opt, weights, gradients)
    with mpmath.workdps(50):
        one, rate, b1, b2, lam = (mpmath.mpf(x) for x in (1, 0.01, 0.85, 0.95, decay))
        for name, first in weights.items():
            for index in np.ndindex(first.shape):
                w, m = mpmath.mpf(float(first[index])), mpmath.mpf(0)
                for step, grads in enumerate(gradients):
                    g = mpmath.mpf(float(grads[name][index]))
                    w -= rate * (mpmath.sign(b1 * m + (one - b1) * g) + lam * w)
                    m = b2 * m + (one - b2) * g
                    support.close(ours[step][name][index], float(w), "float64")


@pytest.mark.parametrize(("name", "options"), OURS)
def test_a_compiled_loop_over_traced_steps_equals_numpy(name, options):
    weights, gradients = draw("float32")
    opt = optimizer(name, learning_rate=Step(0.01, step_size=20), **options)

    @jax.jit
    def loop(params, grads):
        def body(carry, x):
            step, g = x
            params, state = opt.update(carry[0], g, carry[1], step, opt.rate(step))
            return (params, state), params

        steps = jnp.arange(STEPS, dtype=jnp.int32)
        return lax.scan(body, (params, opt.init(params)), (steps, grads))[1]

    stacked = {k: jnp.stack([g[k] for g in gradients]) for k in weights}
    found = loop({k: jnp.asarray(w) for k, w in weights.items()}, stacked)
    for step, expected in enumerate(run(opt, weights, gradients)):
        for key, w in expected.items():
            assert found[key].dtype == np.float32
            support.close(found[key][step], w, "float32")


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99, 0.999, 0.999999])
@pytest.mark.parametrize("t", [1, 2, 10, 1000, 10**6, 10**6 + 1, 2**31 - 1])
def test_bias_correction_is_right_from_the_first_step_to_the_last(beta, t):
    with mpmath.workdps(60):
        exact = float(1 - mpmath.mpf(beta) ** t)
    assert correction(beta, t) == pytest.approx(exact, rel=1e-14)
    traced = jax.jit(lambda t: correction(beta, t))(jnp.int32(t))
    assert traced.dtype == np.float32
    assert float(traced) == pytest.approx(exact, rel=4 * support.UNIT["float32"])


def test_adam_is_right_at_step_one_million():
    weights, gradients = draw("float32", steps=2)
    opt = optimizer("adam", betas=(0.9, 0.999999))
    m, v = ({k: x * scale + 0.5 for k, x in gradients[0].items()} for scale in (0.1, 0.0))
    step = 10**6
    wide = {k: x.astype(np.float64) for k, x in weights.items()}
    state = {"m": m, "v": v}
    expected, _ = opt.update(
        wide,
        gradients[1],
        {s: {k: x.astype(np.float64) for k, x in t.items()} for s, t in state.items()},
        step,
        1e-1,
    )
    found, _ = jax.jit(opt.update)(weights, gradients[1], state, jnp.int32(step), jnp.float32(1e-1))
    for name, w in expected.items():
        support.close(found[name], w, "float32", k=8.0)


def test_every_optimizer_is_tested():
    assert {name for name, *_ in OURS} == OPTIMIZERS.keys()
