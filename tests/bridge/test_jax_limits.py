"""The bridge to JAX where operators are unusual, or wrong."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import course_style
import learners
from backprove.bridge.jax import to_jax
from backprove.errors import ContractError, UsageError
from backprove.net import Sequential
from backprove.op import Op
from backprove.ops import operator
from bridge_table import near
from gradient_check import slope

RNG = np.random.default_rng(5)
X = RNG.standard_normal((4, 3))
COURSE = course_style.classes(jnp)


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


class Standardised(Op):
    """Keeps a value that forward computed."""

    aux = ("scale",)

    def forward(self, x):
        scale = (x * x).sum() + 1.0
        return x / scale, {"scale": scale}

    def backward(self, dy, *, x, scale):
        return dy / scale - 2.0 * x * (dy * x).sum() / (scale * scale)


class Noticing(Op):
    """Notes whether the inputs' gradients were asked for."""

    def __init__(self):
        self.asked = []

    def forward(self, x, *, weight):
        return x * weight

    def backward(self, dy, *, x, weight, input_grad):
        self.asked.append(input_grad)
        return (dy * weight if input_grad else None), {"weight": dy * x}


class Forgetful(Op):
    def forward(self, a, b):
        return a * b

    def backward(self, dy, *, b):
        return dy * b, None


class Unsummed(Op):
    def forward(self, x, *, bias):
        return x + bias

    def backward(self, dy, *, x):
        return dy, {"bias": dy}


def test_whole_numbers_get_float0() -> None:
    loss = to_jax(operator("CrossEntropy"))
    labels = jnp.array([0, 2, 1, 1])
    dx, dlabels = jax.grad(loss, argnums=(0, 1), allow_int=True)(jnp.asarray(X), labels)
    _, saved = operator("CrossEntropy").fwd(X, np.asarray(labels))
    near(dx, operator("CrossEntropy").bwd(saved, np.float64(1.0))[0][0])
    assert dlabels.dtype == jax.dtypes.float0 and dlabels.shape == (4,)


def test_second_derivative_through_a_value_that_forward_computed() -> None:
    op = Standardised()
    function = to_jax(op)
    second = jax.hessian(lambda x: jnp.sum(function(x) ** 3))(X[0])

    def gradient(x):
        y, saved = op.fwd(x)
        return op.bwd(saved, 3 * y**2)[0][0]

    expected = [slope(lambda x, i=i: float(gradient(x)[i]), X[0]) for i in range(3)]
    near(second, expected, 1e-7)


def test_used_twice_and_inside_itself() -> None:
    tanh = to_jax(operator("Tanh"))
    found = jax.grad(lambda x: jnp.sum(tanh(tanh(x)) * tanh(x)))(X)
    near(found, slope(lambda x: float(np.sum(np.tanh(np.tanh(x)) * np.tanh(x))), X), 1e-7)


def test_what_is_not_differentiated_is_not_asked_for() -> None:
    op = Noticing()
    function = to_jax(op)
    by_weight = jax.grad(lambda w: jnp.sum(function(X, weight=w)))(X + 1)
    near(by_weight, X)
    assert op.asked == [False]
    jax.grad(lambda x: jnp.sum(function(x, weight=X)))(X)
    assert op.asked == [False, True]


def test_running_statistics_are_returned_without_gradient() -> None:
    op = operator("BatchNorm1D", num_features=3)
    values = op.init(0, "float64")
    function = to_jax(op)

    @jax.jit
    def loss(x):
        y, new = function(x, training=True, **values)
        return jnp.sum(y**3) + jnp.sum(new["running_mean"]), new

    dx, new = jax.grad(loss, has_aux=True)(X)
    y, saved = op.fwd(X, training=True, **values)
    near(dx, op.bwd(saved, 3 * y**2)[0][0])
    for name, value in op.new_state(saved).items():
        near(new[name], value)
    with pytest.raises(ContractError, match="gradient of running_mean"):
        jax.grad(lambda m: jnp.sum(function(X, **{**values, "running_mean": m})[0]))(jnp.ones(3))


def test_statistics_carried_through_a_compiled_loop() -> None:
    op = operator("BatchNorm1D", num_features=3)
    first = op.init(0, "float64")
    function = to_jax(op)

    def loss(weight):
        def step(stats, x):
            y, new = function(x, weight=weight, bias=first["bias"], training=True, **stats)
            return new, jnp.sum(y**3)

        stats = {k: jnp.asarray(first[k]) for k in op.signature.state}
        return jnp.sum(jax.lax.scan(step, stats, jnp.stack([X, 2 * X]))[1])

    expected = 0
    for x in (X, 2 * X):
        y, saved = op.fwd(x, training=True, **first)
        expected = expected + op.bwd(saved, 3 * y**2)[1]["weight"]
    near(jax.grad(loss)(first["weight"]), expected)


def test_learners_classes_in_every_transformation() -> None:
    logistic = to_jax(COURSE.Logistic())
    found = jax.jit(jax.vmap(jax.grad(lambda x: jnp.sum(logistic(x)))))(X)
    s = 1 / (1 + np.exp(-X))
    near(found, s * (1 - s))
    second = jax.vmap(jax.vmap(jax.grad(jax.grad(logistic))))(X)
    near(second, s * (1 - s) * (1 - 2 * s))


def test_parameters_that_a_learners_object_holds_may_be_given() -> None:
    linear = COURSE.Linear(jnp.asarray(X.T), jnp.zeros((1, 4)))
    function = to_jax(linear)
    weight = jnp.asarray(2 * X.T)
    dweight = jax.grad(lambda w: jnp.sum(function(X, W=w) ** 2))(weight)
    near(dweight, X.T @ (2 * (X @ weight)))
    near(function(X), X @ X.T)
    assert linear.inputs is None and linear.grads == {}


def test_a_network() -> None:
    net = Sequential(operator("Linear", in_features=3, out_features=2), operator("Tanh"))
    values = net.init(0, "float64")
    function = to_jax(net)
    grads = jax.jit(jax.grad(lambda v: jnp.sum(function(X, **v))))(values)
    y, saved = net.fwd(X, **values)
    for name, gradient in net.bwd(saved, np.ones_like(y))[1].items():
        near(grads[name], gradient)
    near(jax.hessian(lambda x: function(x, **values)[0, 0])(X).shape, (4, 3, 4, 3))


def test_a_gradient_that_is_missing_or_misshapen_is_refused() -> None:
    product = to_jax(Forgetful())
    near(jax.grad(lambda a: jnp.sum(product(a, X)))(X), X)
    with pytest.raises(ContractError, match="gave nothing as the gradient of b"):
        jax.grad(lambda b: jnp.sum(product(X, b)))(X)
    shifted = to_jax(Unsummed())
    with pytest.raises(ContractError, match=r"gave \(4, 3\) as the gradient of bias.*\(3,\)"):
        jax.grad(lambda b: jnp.sum(shifted(X, bias=b)))(jnp.ones(3))


def test_a_second_derivative_through_python_numbers_is_refused() -> None:
    class Loose:
        def forward(self, x):
            self.scale = float((x * x).sum())
            return x * self.scale

        def backward(self, dy):
            return dy * self.scale

    function = to_jax(Loose())
    jax.grad(lambda x: jnp.sum(function(x)))(jnp.asarray(X))
    with pytest.raises(jax.errors.ConcretizationTypeError):
        jax.hessian(lambda x: jnp.sum(function(x)))(jnp.asarray(X))


def test_half_precision_keeps_its_dtype() -> None:
    silu = to_jax(operator("SiLU"))
    x = jnp.asarray(X, dtype=jnp.bfloat16)
    assert silu(x).dtype == jnp.bfloat16 == jax.grad(lambda x: jnp.sum(silu(x)))(x).dtype


def test_an_unused_output_gives_zeros() -> None:
    silu = to_jax(operator("SiLU"))
    near(jax.grad(lambda x: jnp.sum(x) + 0.0 * jnp.sum(jax.lax.stop_gradient(silu(x))))(X), X**0)
    _, pull_back = jax.vjp(lambda x: (silu(x), x), jnp.asarray(X))
    zeros = jnp.zeros_like(jnp.asarray(X))
    near(pull_back((zeros, zeros + 1))[0], X**0)


def test_an_object_whose_backward_takes_labels_is_refused() -> None:
    def backward(self, labels):
        return self.x - labels

    with pytest.raises(UsageError, match="write the loss as an operator of its own"):
        to_jax(learners.with_backward(backward))


def test_an_output_that_is_no_array_is_refused() -> None:
    class Plain:
        def forward(self, x):
            return 2.0

        def backward(self, dy):
            return dy

    with pytest.raises(ContractError, match=r"Plain.forward returned float, expected an array"):
        to_jax(Plain())(X)
