"""The operator contract: what a class declares, how it runs, what it refuses."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import support
from backprove import pure
from backprove.errors import ContractError, ShapeError, UsageError
from backprove.initializers import Constant
from backprove.op import Op, Parameter
from backprove.ops import BatchNorm1D, Dropout, Flatten, Linear, Multiply, ReLU, Tanh
from gradient_check import check_operator

X = np.random.default_rng(1).standard_normal((4, 3))


class Cube(Op):
    """Needs its input."""

    def forward(self, x):
        return x * x * x

    def backward(self, dy, *, x):
        return 3 * x * x * dy


class Logistic(Op):
    """Needs only its output."""

    def forward(self, x):
        return 1 / (1 + np.exp(-x))

    def backward(self, dy, *, y):
        return y * (1 - y) * dy


class Affine(Op):
    """Has parameters, one of which is not needed later."""

    def parameters(self):
        return {"w": Parameter((3, 2), Constant(0.5)), "b": Parameter((2,), Constant(1.0))}

    def forward(self, x, *, w, b=None):
        return x @ w if b is None else x @ w + b

    def backward(self, dy, *, x, w):
        return dy @ w.T, {"w": x.T @ dy, "b": dy.sum(0)}


class Scaled(Op):
    """Keeps a declared extra."""

    aux = ("largest",)

    def forward(self, x):
        largest = np.max(np.abs(x))
        return x / 2, {"largest": largest}

    def backward(self, dy, *, largest):
        return dy / 2 + 0 * largest


class Shift(Op):
    """Needs nothing, and says so."""

    stateless = True

    def forward(self, x):
        return x + 1

    def backward(self, dy):
        return dy


class Average(Op):
    """Has a running statistic."""

    state = ("mean",)

    def states(self):
        return {"mean": Parameter((3,), Constant(0.0))}

    def forward(self, x, *, mean, training=False):
        new = 0.5 * mean + 0.5 * x.mean(0)
        return (x - mean, {"mean": new}) if training else x - mean

    def backward(self, dy, *, training):
        return dy


@pytest.mark.parametrize("cls", [Cube, Logistic, Affine, Scaled, Shift])
def test_every_kind_of_operator_has_a_pure_view(cls) -> None:
    check_operator(cls(), X)


def test_the_signature_names_what_is_kept() -> None:
    kept = {cls: set(cls().fwd(X, **cls().init())[1]) for cls in (Cube, Logistic, Affine, Scaled)}
    assert kept == {Cube: {"x"}, Logistic: {"y"}, Affine: {"x", "w"}, Scaled: {"largest"}}
    assert Affine.signature.parameters == ("w", "b")
    assert Affine.signature.optional == {"b"}
    assert Average.signature.state == ("mean",) and Average.signature.context == ("training",)
    assert Shift().fwd(X)[1] == {}


def test_backward_can_be_run_by_itself() -> None:
    np.testing.assert_array_equal(Cube().backward(np.ones((4, 3)), x=X), 3 * X * X)


def test_a_subclass_reads_its_own_signatures() -> None:
    class Squared(Cube):
        def forward(self, x):
            return x * x

        def backward(self, dy, *, x):
            return 2 * x * dy

    class Renamed(Cube):
        def __init__(self, power=3):
            self.power = power

    check_operator(Squared(), X)
    check_operator(Renamed(), X)
    op = Renamed()
    op(X)
    np.testing.assert_array_equal(op.backward(np.ones((4, 3))), 3 * X * X)


# What is refused when the class is created


def unknown_residual():
    class Wrong(Op):
        def forward(self, x):
            return x

        def backward(self, dy, *, z):
            return dy


def no_upstream():
    class Wrong(Op):
        def forward(self, x):
            return x

        def backward(self, *, x):
            return x


def two_upstreams():
    class Wrong(Op):
        def forward(self, x):
            return x

        def backward(self, dy, more, *, x):
            return dy


def any_arguments():
    class Wrong(Op):
        def forward(self, *inputs):
            return inputs[0]

        def backward(self, dy, *, y):
            return dy


def any_residuals():
    class Wrong(Op):
        def forward(self, x):
            return x

        def backward(self, dy, *, x, **kept):
            return dy


def fixed_value():
    class Wrong(Op):
        def forward(self, x, *, slope=0.1):
            return slope * x

        def backward(self, dy, *, x):
            return dy


def aux_as_text():
    class Wrong(Op):
        aux = "mask"

        def forward(self, x):
            return x, {"mask": x > 0}

        def backward(self, dy, *, mask):
            return dy


def state_not_taken():
    class Wrong(Op):
        state = ("mean",)

        def forward(self, x):
            return x

        def backward(self, dy, *, x):
            return dy


def aux_as_an_input():
    class Wrong(Op):
        aux = ("x",)

        def forward(self, x):
            return x, {"x": x}

        def backward(self, dy, *, x):
            return dy


def input_called_as_the_output():
    class Wrong(Op):
        def forward(self, x, y):
            return x * y

        def backward(self, dy, *, x, y):
            return dy * y, dy * x


@pytest.mark.parametrize(
    ("create", "message"),
    [
        (unknown_residual, r"Wrong.backward asks for z; it may ask for x, y\. Declare any other"),
        (no_upstream, "takes 0 positional arguments, expected one"),
        (two_upstreams, "takes 2 positional arguments, expected one"),
        (any_arguments, r"any number of arguments \(\*inputs\): write out the names"),
        (any_residuals, r"any number of arguments \(\*kept\)"),
        (fixed_value, r"gives slope the value 0.1.* set a fixed value on self in __init__"),
        (aux_as_text, r"Wrong.aux must be a tuple of names, found 'mask': write it as \('mask',\)"),
        (state_not_taken, "declares the running statistic mean, which forward does not take"),
        (aux_as_an_input, "uses the name x twice"),
        (input_called_as_the_output, "uses the name y twice"),
    ],
)
def test_a_broken_contract_is_refused_at_class_creation(create, message) -> None:
    with pytest.raises(ContractError, match=message):
        create()


def test_a_class_without_backward_is_refused_when_it_is_made() -> None:
    class Half(Op):
        def forward(self, x):
            return x

    with pytest.raises(ContractError, match="Half has no backward: write"):
        Half()
    with pytest.raises(ContractError, match="Op has no forward and no backward"):
        Op()


# What is refused when it runs


class Returns(Op):
    """Returns from forward and backward what it is built with."""

    aux = ("kept",)

    def __init__(self, forward=None, backward=None):
        self.answer, self.gradient = forward, backward

    def forward(self, x, *, w=None):
        return (x, {"kept": 1}) if self.answer is None else self.answer

    def backward(self, dy, *, kept):
        return self.gradient


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (X, r"returned ndarray: return y, or y and a dictionary with the extras .* \(kept\)"),
        ((X, {}), "returned tuple"),
        ((X, X), "returned tuple"),
        ((None, {"kept": 1}), "returned tuple"),
    ],
)
def test_a_wrong_answer_of_forward_is_named(answer, message) -> None:
    with pytest.raises(ContractError, match=message):
        Returns(answer).fwd(X)


@pytest.mark.parametrize(
    ("gradient", "message"),
    [
        ((X, X), "returned 2 input gradients; forward has the inputs x: return one"),
        (({"w": X},), "returned 0 input gradients"),
        ((X, {"weight": X}), "gradient for weight; forward has the parameters w"),
    ],
)
def test_a_wrong_answer_of_backward_is_named(gradient, message) -> None:
    op = Returns(None, gradient)
    _, saved = op.fwd(X)
    with pytest.raises(ContractError, match=message):
        op.bwd(saved, X)


def test_forward_that_returns_nothing_is_named() -> None:
    class Nothing(Op):
        def forward(self, x):
            pass

        def backward(self, dy, *, x):
            return dy

    with pytest.raises(ContractError, match=r"Nothing.forward returned nothing"):
        Nothing().fwd(X)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Cube().fwd(X, X), r"Cube takes 1 inputs \(x\), found 2"),
        (lambda: Multiply().fwd(X), "Multiply takes 2 inputs"),
        (lambda: Cube().fwd(X, w=X), "Cube was given w; it takes no named values"),
        (lambda: Affine().fwd(X, W=X), "Affine was given W; it takes w, b"),
        (lambda: Affine().fwd(X, b=X), "Affine needs a value for w"),
        (lambda: Average().fwd(X), "Average needs a value for mean"),
    ],
)
def test_wrong_values_are_named(call, message) -> None:
    with pytest.raises(UsageError, match=message):
        call()


def test_training_and_key_may_always_be_given() -> None:
    y, _ = Cube().fwd(X, training=True, key=np.zeros(2, dtype=np.uint32))
    np.testing.assert_array_equal(y, X * X * X)


def test_an_operator_without_a_cost_says_so() -> None:
    with pytest.raises(ContractError, match="Cube has no formula for its compute"):
        Cube().cost((4, 3))


# The facade: op(x), then op.backward(dy)


def test_the_facade_remembers_the_last_call() -> None:
    op = Cube()
    op(100 * X)
    np.testing.assert_array_equal(op(X), X * X * X)
    np.testing.assert_array_equal(op.backward(np.ones((4, 3))), 3 * X * X)
    op = Affine()
    assert op(X).shape == (4, 2)
    dx, grads = op.backward(np.ones((4, 2)))
    np.testing.assert_allclose(dx, np.ones((4, 3)))
    np.testing.assert_allclose(grads["w"], np.tile(X.sum(0)[:, None], 2))
    op = Multiply()
    op(X, 2 * X)
    dx, dother = op.backward(np.ones((4, 3)))
    np.testing.assert_array_equal(dx, 2 * X)
    np.testing.assert_array_equal(dother, X)


@pytest.mark.parametrize("op", [Cube(), Affine(), Tanh(), Linear(3, 2), BatchNorm1D(3)])
def test_backward_without_forward_says_so(op) -> None:
    with pytest.raises(UsageError, match=r"needs a forward pass first: call op\(x\)"):
        op.backward(np.ones((4, 3)))


def test_a_gradient_of_another_shape_is_refused() -> None:
    op = Tanh()
    op(X)
    with pytest.raises(ShapeError, match=r"dy of the shape \(4, 3\) .* found \(3,\)"):
        op.backward(np.ones(3))


def test_the_facade_can_leave_the_input_gradient_out() -> None:
    op = Linear(3, 2)
    op(X)
    dx, grads = op.backward(np.ones((4, 2)), input_grad=False)
    assert dx is None and grads.keys() == {"weight", "bias"}


def test_the_facade_draws_its_parameters_once() -> None:
    op = Linear(3, 2)
    first = op(X)
    np.testing.assert_array_equal(op(X), first)
    np.testing.assert_allclose(first, X @ op.init()["weight"])
    np.testing.assert_array_equal(op(X, weight=np.ones((3, 2))), X @ np.ones((3, 2)))


def test_the_facade_takes_the_library_of_its_input() -> None:
    op = Linear(3, 2)
    expected = op(X.astype(np.float32))
    y = op(jnp.asarray(X, dtype=jnp.float32))
    assert isinstance(y, type(jnp.ones(1)))
    np.testing.assert_allclose(y, expected, rtol=1e-5)
    assert isinstance(op(X), np.ndarray)


@pytest.mark.parametrize("library", ["torch", "paddle"])
def test_the_facade_takes_tensors(library) -> None:
    expression = (
        "(lambda op: (op(x), op.backward(dy)[1]['weight'])[1])"
        "(__import__('backprove.ops').ops.Linear(3, 2))"
    )
    x, dy = X.astype(np.float32), np.ones((4, 2), dtype=np.float32)
    found = support.ask(library).evaluate(expression, {"x": x, "dy": dy})
    op = Linear(3, 2)
    op(x)
    np.testing.assert_allclose(found["y"], op.backward(dy)[1]["weight"], rtol=1e-5)


def test_running_statistics_move_on_the_facade() -> None:
    op = Average()
    op(X)
    np.testing.assert_array_equal(op._values["mean"], np.zeros(3))
    op(X, training=True)
    np.testing.assert_allclose(op._values["mean"], 0.5 * X.mean(0), rtol=1e-6)
    np.testing.assert_allclose(op(X), X - op._values["mean"], rtol=1e-6)


# Half precision


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_computes_in_float32_and_rounds_once(dtype) -> None:
    x = support._as(np.full((64, 3), 0.1), dtype)
    op = Linear(3, 1, bias=False)
    weight = support._as(np.full((3, 1), 0.3), dtype)
    y, saved = op.fwd(x, weight=weight)
    exact = x[:1].astype(np.float64) @ weight.astype(np.float64)
    support.close(y, np.tile(exact, (64, 1)), dtype, terms=0.0, k=1.0)
    assert support.name_of(saved["x"]) == dtype
    (dx,), grads = op.bwd(saved, support._as(np.full((64, 1), 0.7), dtype))
    assert support.name_of(dx) == support.name_of(grads["weight"]) == dtype
    total = 64 * float(x[0, 0]) * float(support._as(0.7, dtype))
    support.close(grads["weight"], np.full((3, 1), total), dtype, terms=0.0, k=1.0)


def test_half_precision_beside_float32_is_left_to_the_library() -> None:
    x = X.astype(np.float16)
    y, _ = Linear(3, 2).fwd(x, **Linear(3, 2).init())
    assert y.dtype == np.float32
    assert pure.common_half([x, X]) is None
    assert pure.common_half([x, np.arange(3), None]) == "float16"


def test_first_values_come_in_any_dtype() -> None:
    for dtype in support.UNIT:
        values = BatchNorm1D(2).init(dtype=dtype)
        assert support.name_of(values["weight"]) == dtype
        wide = "float32" if dtype in ("float16", "bfloat16") else dtype
        assert support.name_of(values["running_var"]) == wide


# What an operator shows


def test_repr_shows_the_settings() -> None:
    assert repr(Dropout(0.25)) == "Dropout(p=0.25)"
    assert repr(ReLU()) == "ReLU()"
    op = Flatten()
    op(X)
    assert repr(op) == "Flatten(start_axis=1, stop_axis=-1)"


def test_first_values_follow_the_seed() -> None:
    op = Linear(30, 20)
    first, same, other = (op.init(seed)["weight"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
