"""Recipes: what they say of their data holds, and the same seed gives the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.data import load
from backprove.data.recipes import RECIPES
from backprove.errors import DataError, UsageError

GIVEN: dict[str, dict] = {
    "boxes": {"low": [0.0, 0.6], "high": [0.4, 1.0]},
    "curve": {"polynomial": [0.0, 1.0], "noise": 0.1},
}
FIXED = ("ones_and_zeros", "truth_table")


@pytest.mark.parametrize("name", RECIPES)
def test_the_seed_fixes_the_rows(name) -> None:
    options = GIVEN.get(name, {})
    first, again = load(name, **options), load(name, **options)
    assert np.array_equal(first.x, again.x) and np.array_equal(first.y, again.y)
    assert first.x.dtype == np.float32 and first.name == name
    if name not in FIXED:
        other = load(name, **options, seed=1)
        assert not np.array_equal(first.y, other.y) or not np.array_equal(first.x, other.x)


@pytest.mark.parametrize("name", RECIPES)
def test_there_is_no_test_set_and_options_are_checked(name) -> None:
    with pytest.raises(UsageError, match="one training set"):
        load(name, split="test", **GIVEN.get(name, {}))
    with pytest.raises(UsageError, match="unknown option 'sample_count'"):
        load(name, sample_count=3)


def test_curves_are_their_functions() -> None:
    x = np.linspace(-2, 3, 11)
    found = load("curve", start=-2.0, stop=3.0, points=11, polynomial=[3.0, 0.0, 1.0])
    np.testing.assert_allclose(found.x.ravel(), x, rtol=1e-6)
    np.testing.assert_allclose(found.y.ravel(), 3 + x**2, rtol=1e-6)
    roots = load("curve", start=-2.0, stop=3.0, points=11, roots=[1.0, 2.0], amplitude=0.5)
    np.testing.assert_allclose(roots.y.ravel(), 0.5 * (x - 1) * (x - 2), atol=1e-6)
    step = load("curve", start=-1.0, stop=1.0, points=5, function="logistic", rate=4.0)
    np.testing.assert_allclose(step.y.ravel(), 1 / (1 + np.exp(-4 * step.x.ravel())), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("curve", {}, "found 0 of them"),
        ("curve", {"polynomial": [1.0], "function": "sin"}, "found 2 of them"),
        ("curve", {"function": "sine"}, "did you mean 'sin'"),
        ("curve", {"function": "sin", "noise": 1.0, "noise_law": "unifrm"}, "'uniform'"),
        ("weighted_sum", {"features": 2, "weights": [1.0]}, "each of the 2 features, found 1"),
        ("weighted_sum", {"draw": "gauss"}, "unknown draw"),
        ("friedman", {"features": 4}, "five features or more"),
        ("friedman", {"factors": [1.0, 2.0]}, "recipe friedman"),
        ("truth_table", {"outputs": [0, 1, 1]}, "2, 4, 8"),
        ("truth_table", {"repeats": [1, 2]}, "recipe truth_table"),
        ("blobs", {"samples": "many"}, "recipe blobs"),
        ("boxes", {"low": [0.0], "high": [1.0, 2.0]}, "recipe boxes"),
    ],
)
def test_wrong_options_are_told(name, options, words) -> None:
    with pytest.raises(UsageError, match=words):
        load(name, **options)


def test_no_row_is_no_data() -> None:
    with pytest.raises(DataError, match="at least one sample"):
        load("blobs", samples=0)


def test_linear_targets_are_linear_without_noise() -> None:
    summed = load("weighted_sum", samples=50, features=4, draw="bits", weights=[1, 2, 3, 4])
    assert set(np.unique(summed.x)) == {0.0, 1.0}
    np.testing.assert_allclose(summed.y.ravel(), summed.x @ [1, 2, 3, 4], rtol=1e-6)
    mapped = load("linear_map", samples=60, features=6, informative=2, outputs=3)
    w, *_ = np.linalg.lstsq(mapped.x, mapped.y, rcond=None)
    np.testing.assert_allclose(mapped.x @ w, mapped.y, rtol=1e-3, atol=1e-2)
    assert np.sum(np.abs(w).max(1) > 0.1) == 2


def test_friedman_is_its_formula() -> None:
    data = load("friedman", noise=0.0, factors=[2.0] + [1.0] * 9)
    x = data.x.astype(np.float64) / ([2.0] + [1.0] * 9)
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    np.testing.assert_allclose(data.y.ravel(), y + 10 * x[:, 3] + 5 * x[:, 4], atol=1e-4)


def test_planes_without_noise_lie_where_they_should() -> None:
    rings = load("circles", noise=0.0, inner=0.5)
    np.testing.assert_allclose(
        np.linalg.norm(rings.x, axis=1), np.where(rings.y == 0, 1.0, 0.5), rtol=1e-5
    )
    halves = load("moons", noise=0.0)
    centre = np.where(halves.y[:, None] == 0, [0.0, 0.0], [1.0, 0.5])
    np.testing.assert_allclose(np.linalg.norm(halves.x - centre, axis=1), 1.0, rtol=1e-5)


def test_clusters() -> None:
    given = load("blobs", samples=3000, std=0.5, centres=[[0.0, 0.0, 9.0], [5.0, 5.0, 0.0]])
    means = [given.x[given.y == k].mean(0) for k in (0, 1)]
    np.testing.assert_allclose(means, [[0, 0, 9], [5, 5, 0]], atol=0.1)
    squares = load("boxes", low=[0.2, 0.5], high=[0.4, 0.7], samples=30)
    assert len(squares) == 60 and np.all((squares.x > 0.45).all(1) == squares.y)
    cube = load("class_clusters", samples=900, features=5, informative=5, classes=3, flipped=0.0)
    assert np.bincount(cube.y).tolist() == [300, 300, 300]
    centres = np.array([cube.x[cube.y == k].mean(0) for k in range(3)])
    np.testing.assert_allclose(np.abs(centres), 1.0, atol=0.4)


def test_tables() -> None:
    table = load("truth_table", outputs=[0, 1, 1, 0], repeats=[2, 1, 1, 2])
    assert np.array_equal(table.y, table.x.sum(1) % 2) and len(table) == 6
    plain = load("ones_and_zeros", samples=5, features=3)
    assert np.array_equal(plain.x.mean(1), plain.y) and plain.y.tolist() == [1, 0, 1, 0, 1]


def test_measurements_are_positive_in_many_units_and_tell_the_classes() -> None:
    data = load("skewed_units", units=2.0)
    scale = np.median(data.x, axis=0)
    assert data.x.min() > 0 and scale.max() / scale.min() > 1e3
    assert np.mean(data.y) == pytest.approx(0.63, abs=0.001)
    logs = np.log(data.x)
    logs = (logs - logs.mean(0)) / logs.std(0)
    assert np.mean((logs.mean(1) < 0) == data.y) > 0.85


def test_unrelated_targets_do_not_depend_on_the_inputs() -> None:
    data = load("unrelated", samples=4000, features=3)
    correlations = [np.corrcoef(column, data.y)[0, 1] for column in data.x.T]
    assert max(map(abs, correlations)) < 0.06 and abs(data.y.mean() - 0.5) < 0.05
    many = load("unrelated", samples=50, outputs=4, classes=5)
    assert many.task == "regression" and set(np.unique(many.y)) == {0.0, 1.0, 2.0, 3.0, 4.0}


def test_words_depend_on_the_labels() -> None:
    data = load("word_counts", samples=2000, labels=3, length=80.0)
    assert data.y.shape == (2000, 3) and set(np.unique(data.y)) == {0.0, 1.0}
    assert data.x.sum(1).mean() == pytest.approx(80.0, abs=1.0)
    one = [data.x[(data.y == np.eye(3)[k]).all(1)].mean(0) for k in range(3)]
    assert np.abs(one[0] - one[1]).max() > 1.0
