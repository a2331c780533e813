"""Objects of this process, with the interface of a sandbox."""

from __future__ import annotations

import numpy as np

from backprove.ops import operator
from backprove.targets import Local, Trial

X = np.array([-1.0, 0.5, 2.0])


class Square:
    def __init__(self, scale=1.0):
        self.scale = scale

    def forward(self, x):
        self.x = x
        return self.scale * x * x

    def backward(self, g):
        return 2 * self.scale * self.x * g


class Broken(Square):
    def backward(self, g):
        raise ValueError("not yet")


def double(x):
    return 2 * x


def double_backward(dy, x):
    return 2 * dy


def test_a_class_with_arguments() -> None:
    with Local(Square, {"scale": 3.0}) as box:
        assert box.facts["name"] == "Square" and box.facts["line"] and box.varies
        plain, other = box.run([Trial((X,), X), Trial((X,), X, arguments={"scale": 2.0})])
    np.testing.assert_array_equal(plain.arrays["d0"], 6 * X * X)
    np.testing.assert_array_equal(other.arrays["y"], 2 * X * X)


def test_an_object_is_not_changed() -> None:
    op = Square()
    box = Local(op)
    (found,) = box.run([Trial((X,), X, properties=True)])
    assert found.ok and found.notes == () and not hasattr(op, "x") and not box.varies


def test_one_of_ours_and_a_pair() -> None:
    (found,) = Local(operator("LeakyReLU", negative_slope=0.5)).run([Trial((X,), np.ones(3))])
    np.testing.assert_array_equal(found.arrays["d0"], [0.5, 1, 1])
    box = Local((double, double_backward))
    assert box.facts["name"] == "double,double_backward"
    assert box.run([Trial((X,), X)])[0].arrays["d0"].tolist() == (2 * X).tolist()


def test_what_it_raises_is_an_outcome_with_its_line() -> None:
    (found,) = Local(Broken).run([Trial((X,), X)])
    assert (found.kind, found.method) == ("raised", "backward") and "not yet" in found.error
    assert found.file == __file__
    (found,) = Local(Square).run([Trial((X,), X, arguments={"scle": 2.0})])
    assert found.kind == "raised" and "'scale'" in found.error


def test_jax_functions() -> None:
    import jax
    import jax.numpy as jnp

    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (x * x, x), lambda x, g: (3 * x * g,))
    box = Local(square)
    assert (box.library, box.facts["spelling"]) == ("jax", "custom_vjp")
    (found,) = box.run([Trial((X,), np.ones(3))])
    np.testing.assert_array_equal(found.arrays["d0"], 3 * X)
    (found,) = Local(jnp.tanh, library="jax").run([Trial((X,), np.ones(3))])
    np.testing.assert_allclose(found.arrays["d0"], 1 - np.tanh(X) ** 2, rtol=1e-12)
