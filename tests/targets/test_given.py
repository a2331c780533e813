"""Constructor arguments of the command line."""

from __future__ import annotations

import math

import pytest

from backprove.errors import UsageError
from backprove.targets.given import pack_literal, parse_given, unpack_literal


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("slope=0.1", 0.1),
        ("slope=-2", -2),
        ("slope = 1e-3", 1e-3),
        ("shape=(2, 3)", (2, 3)),
        ("act='tanh'", "tanh"),
        ("act=tanh", "tanh"),
        ("name=a=b", "a=b"),
        ("name=", ""),
        ("bias=None", None),
        ("bias=True", True),
        ("sizes=[1, 2]", [1, 2]),
        ("code=__import__('os')", "__import__('os')"),
        ("big=" + "(" * 500, "(" * 500),
    ],
)
def test_a_value_is_a_literal_or_a_text(word, value) -> None:
    (found,) = parse_given([word]).values()
    assert found == value and type(found) is type(value)


def test_numbers_that_are_no_literals() -> None:
    found = parse_given(["a=inf", "b=-Infinity", "c=nan"])
    assert found["a"] == math.inf and found["b"] == -math.inf and math.isnan(found["c"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["slope"], "name=value, found 'slope'"),
        (["1x=2"], "name=value, found '1x=2'"),
        (["=2"], "name=value"),
        (["a=1", "a=2"], "given twice"),
    ],
)
def test_what_is_refused(words, said) -> None:
    with pytest.raises(UsageError, match=said):
        parse_given(words)


@pytest.mark.parametrize(
    "value", [1, "x", None, (1, (2, [3])), {"a": (1,)}, {1, 2}, 1 + 2j, [True, 0.5]]
)
def test_literals_travel_unchanged(value) -> None:
    from backprove.oracle import wire

    found = unpack_literal(wire.unpack(wire.pack(pack_literal(value))))
    assert found == value and type(found) is type(value)


SCALE = """
    import os
    class Scale:
        def __init__(self, factor):
            self.factor = factor
        def forward(self, x):
            return self.factor * x
        def backward(self, g):
            return g * 0 + os.getpid()
"""


def test_other_arguments_are_given_to_the_same_process(sandbox, one) -> None:
    box = sandbox(SCALE, arguments={"factor": 3})
    first = one(box)
    box.give({"factor": 5})
    assert box.facts["constructor"]["needed"] == ["factor"]
    second = one(box)
    for found, factor in ((first, 3), (second, 5)):
        assert found.arrays["y"].tolist() == [-factor, 0.5 * factor, 2 * factor]
    assert first.arrays["d0"].tolist() == second.arrays["d0"].tolist()


def test_arguments_given_before_the_process_starts_or_that_do_not_fit(sandbox, one) -> None:
    box = sandbox(SCALE, arguments={"factor": 3})
    box.give({"factor": 5})
    assert one(box).arrays["y"][2] == 10
    box.give({"factr": 5})
    with pytest.raises(UsageError, match="did you mean 'factor'"):
        _ = box.facts
