"""The table of conventions: read, and measured again with the frameworks that are installed."""

from __future__ import annotations

import platform
import tomllib

import pytest

import support
from backprove.check.conventions import FRAMEWORKS, Entry, find, same, table, versions
from benchmarks import conventions


def test_the_table_is_read_and_covers_every_kind():
    assert len(table()) >= 238
    kinds = {"kink", "smooth", "special", "denormal", "precision", "tie", "error", "empty"}
    assert kinds | {"parameter", "default"} == {entry.kind for entry in table()}


def test_entries_are_found_by_point_and_parameters():
    (entry,) = find("leaky_relu", 0.0, "gradient", slope=0.01)
    assert (entry.paddle, entry.torch, entry.jax) == (1.0, 0.01, 1.0)
    assert (entry.left, entry.right) == (0.01, 1.0) and not entry.agree
    assert [e.x for e in find("relu", float("nan"), "value", "float32")] != []
    assert find("no_such_operator") == []


def test_zero_and_minus_zero_are_two_points():
    (plus,) = find("abs", 0.0, "gradient", "float64")
    (minus,) = find("abs", -0.0, "gradient", "float64")
    assert plus is not minus


def test_an_answer_may_depend_on_the_length():
    (entry,) = find("relu6", float("nan"), "gradient")
    assert (entry.answer("torch"), entry.answer("torch", 64)) == (1.0, 0.0)
    assert entry.answer("paddle", 64) == entry.answer("paddle") == 0.0


@pytest.mark.parametrize(
    ("a", "b", "tolerance", "equal"),
    [
        (float("nan"), float("nan"), 0.0, True),
        ([1.0, 2.0], [1.0, 2.0 + 1e-12], 1e-9, True),
        ([1.0, 2.0], [1.0], 1e-9, False),
        (0.0, 1e-300, 1e-9, False),
        ("error", "error", 0.0, True),
        ("error", 1.0, 0.0, False),
    ],
)
def test_answers_are_compared(a, b, tolerance, equal):
    assert same(a, b, tolerance) is equal


def test_a_smooth_point_has_one_derivative_and_a_kink_has_two():
    for entry in table():
        if entry.left is not None and entry.right is not None:
            assert (entry.left == entry.right) == (entry.kind == "smooth"), entry


def test_what_is_written_is_what_is_read():
    written = tomllib.loads(conventions.text(list(table()), versions()))
    assert same(list(map(_plain, table())), list(map(_plain, map(_entry, written["entry"]))))
    assert written["meta"] == versions()


def _entry(fields: dict) -> Entry:
    return Entry(**fields)


def _plain(entry: Entry) -> list:
    found = [getattr(entry, name) for name in conventions.ORDER if name != "params"]
    return [*found, *entry.params.items()]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_answer_is_measured_again(framework):
    support.ask(framework)
    if conventions.version(framework) != versions()[framework]:
        pytest.skip(f"the table was measured with {framework} {versions()[framework]}")
    lengths = (1, 64) if platform.machine() == "x86_64" else (1,)
    differing = [
        (entry, length, found)
        for entry in table()
        for length in lengths
        if isinstance(entry.x, float) or length == 1
        for found in [conventions.ask(entry, framework, length)]
        if not same(found, entry.answer(framework, length), conventions.TOLERANCE[entry.dtype])
    ]
    assert differing == []
