"""What a run does to the arrays that it is given, and whether it can be repeated."""

from __future__ import annotations

import numpy as np
import pytest

X = np.array([[-1.0, 0.5, 2.0], [3.0, -0.0, np.nan]])
CLASS = """
import numpy as np
class A:
    shared = {{}}
    def forward(self, x):
        {forward}
    def backward(self, g):
        {backward}
"""


def run(sandbox, one, forward="self.x = x; return x * x", backward="return 2 * self.x * g", **more):
    return one(sandbox(CLASS.format(forward=forward, backward=backward)), X, **more)


@pytest.mark.parametrize(
    ("forward", "backward", "changed"),
    [
        ("x += 1; return x * 2", "return g * 2", ("forward:input 0",)),
        ("x[x < 0] = 0; return x.copy()", "return g", ("forward:input 0",)),
        ("return x * 2", "g *= 2; return g", ("backward:dy",)),
        ("self.x = x; return x * 2", "self.x *= 0; return g * 2", ("backward:input 0",)),
        ("return x * 2", "return g * 2", ()),
    ],
)
@pytest.mark.parametrize("properties", [True, False])
def test_changed_arguments_are_named(forward, backward, changed, properties, sandbox, one) -> None:
    found = run(sandbox, one, forward, backward, properties=properties)
    assert found.ok and found.changed == changed


@pytest.mark.parametrize(
    ("forward", "backward", "aliases"),
    [
        ("return x", "return g * 1", ("y:input 0",)),
        ("return x.T.T", "return g * 1", ("y:input 0",)),
        ("return x * 1", "return g", ("d0:dy",)),
        ("self.x = x; return x * 1", "return self.x", ("d0:input 0",)),
        ("return x * 1", "return g * 1", ()),
    ],
)
def test_results_that_share_memory_are_named(forward, backward, aliases, sandbox, one) -> None:
    assert run(sandbox, one, forward, backward, properties=True).aliases == aliases


@pytest.mark.parametrize(
    ("forward", "backward", "notes"),
    [
        ("return x + np.random.rand()", "return g * 1", ("not deterministic",)),
        ("return x * 1", "return g * np.random.rand()", ("not deterministic:gradients",)),
        ("A.shared['x'] = x * 1; return x * x", "return 2 * A.shared['x'] * g", ("disturbed",)),
        ("self.x = x; return x * x", "return 2 * self.x * g", ()),
        ("self.x = x * 1; return x * x", "return 2 * self.x * g", ()),
    ],
)
def test_repeating_gives_the_same(forward, backward, notes, sandbox, one) -> None:
    assert run(sandbox, one, forward, backward, properties=True).notes == notes
    assert run(sandbox, one, forward, backward, properties=False).notes == ()


def test_an_operator_may_refuse_the_other_input(sandbox, one) -> None:
    forward = "assert np.nansum(x) > 0; self.x = x; return x * x"
    found = run(sandbox, one, forward, properties=True)
    assert found.ok and found.notes == ()


def test_the_output_is_kept_as_it_was_before_backward(sandbox, one) -> None:
    found = run(sandbox, one, "self.y = x * 2; return self.y", "self.y[:] = 0; return g * 2")
    np.testing.assert_array_equal(found.arrays["y"], 2 * X)


def test_forward_alone(sandbox, one) -> None:
    found = run(sandbox, one, backward="raise ValueError", mode="forward", properties=True)
    assert found.ok and list(found.arrays) == ["y"]


@pytest.mark.parametrize(
    ("layout", "strides"),
    [
        ("plain", (24, 8)),
        ("fortran", (8, 16)),
        ("strided", (48, 16)),
        ("reversed", (-24, -8)),
        ("expanded", (24, 8)),
    ],
)
def test_memory_layouts_reach_the_operator(layout, strides, sandbox, one) -> None:
    forward = "self.s = x.strides; return x * 1"
    found = run(
        sandbox, one, forward, "return g * 0 + self.s[0] * 1000 + self.s[1]", layout=layout, dy=X
    )
    assert found.ok and found.arrays["d0"].flat[0] == strides[0] * 1000 + strides[1]
    np.testing.assert_array_equal(found.arrays["y"], X)


def test_a_constant_gradient_may_lie_in_one_place(sandbox, one) -> None:
    backward = "return g * 0 + g.strides[0]"
    found = run(sandbox, one, backward=backward, layout="expanded", dy=np.ones_like(X))
    assert found.ok and found.arrays["d0"].flat[0] == 0


def test_layouts_give_the_same_as_plain(sandbox, one) -> None:
    box = sandbox(CLASS.format(forward="self.x = x; return x * x", backward="return self.x * g"))
    first = one(box, X, dy=X, properties=True)
    for layout in ("fortran", "strided", "reversed", "expanded"):
        found = one(box, X, dy=X, layout=layout, properties=True)
        assert found.notes == () and found.changed == ()
        np.testing.assert_array_equal(found.arrays["d0"], first.arrays["d0"])
