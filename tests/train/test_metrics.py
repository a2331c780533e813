"""Metrics against the written-out formulas of scikit-learn's user guide, sample by sample."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from backprove.errors import ShapeError, UsageError
from backprove.train.metrics import METRICS, direction, metric, settle

AVERAGES = ("macro", "micro", "weighted", None, 1)
COUNTED = [(name, average) for name in ("precision", "recall", "f1") for average in AVERAGES]
CLASSIFIERS = [
    ("accuracy", {}),
    ("accuracy", {"top_k": 2}),
    ("confusion_matrix", {}),
    *((name, {"average": average}) for name, average in COUNTED),
]
ELEMENTS = ("mse", "mae", "r2", "binary_accuracy")
NEEDED: dict[str, dict[str, Any]] = {"binary_accuracy": {"threshold": 0.5}}
IDS = [f"{n}-{'-'.join(map(str, o.values()))}" for n, o in CLASSIFIERS]


def batch(n: int = 40, k: int = 4, seed: int = 0) -> tuple[Any, Any]:
    """Scores with ties, and labels; class 3 is neither predicted nor present."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, (n, k)).astype(np.float32)
    y[:, k - 1] = -1.0
    return y, rng.integers(0, k - 1, n)


def predicted_class(row: Any) -> int | None:
    if any(math.isnan(v) for v in row):
        return None
    return max(range(len(row)), key=lambda j: (row[j], -j))


def brute_accuracy(y: Any, labels: Any, top_k: int) -> float:
    hits = 0
    for row, label in zip(y.tolist(), labels.tolist(), strict=True):
        ranked = sorted(range(len(row)), key=lambda j: (-row[j], j))
        hits += label in ranked[:top_k] and not any(math.isnan(v) for v in row)
    return hits / len(y)


def brute_matrix(y: Any, labels: Any) -> list[list[int]]:
    k = y.shape[1]
    cells = [[0] * k for _ in range(k)]
    for row, label in zip(y.tolist(), labels.tolist(), strict=True):
        guess = predicted_class(row)
        if guess is not None:
            cells[label][guess] += 1
    return cells


def brute_counted(name: str, average: Any, y: Any, labels: Any, empty: float = 0.0) -> Any:
    """P = tp / (tp + fp), R = tp / (tp + fn), F1 = 2 tp / (2 tp + fp + fn)."""
    pairs = [(predicted_class(row), label) for row, label in zip(y, labels, strict=True)]
    counts = []
    for k in range(y.shape[1]):
        tp = sum(guess == k == label for guess, label in pairs)
        fp = sum(guess == k != label for guess, label in pairs)
        fn = sum(guess != k == label for guess, label in pairs)
        counts.append((tp, fp, fn))

    def value(tp: int, fp: int, fn: int) -> float:
        below = {"precision": tp + fp, "recall": tp + fn, "f1": 2 * tp + fp + fn}[name]
        return (2 * tp if name == "f1" else tp) / below if below else empty

    if average == "micro":
        return value(*(sum(c[i] for c in counts) for i in range(3)))
    each = [value(*c) for c in counts]
    if average is None or isinstance(average, int):
        return each if average is None else each[average]
    support = [tp + fn if average == "weighted" else tp + fp + fn > 0 for tp, fp, fn in counts]
    return sum(v * s for v, s in zip(each, support, strict=True)) / sum(support)


def brute_r2(y: Any, target: Any) -> float:
    found = []
    for ours, theirs in zip(y.T.astype(float), target.T.astype(float), strict=True):
        mean = math.fsum(theirs) / len(theirs)
        spread = math.fsum((t - mean) ** 2 for t in theirs)
        found.append(1 - math.fsum((ours - theirs) ** 2) / spread)
    return sum(found) / len(found)


def over_batches(m: Any, y: Any, target: Any, cuts: list[int]) -> Any:
    """The metric over batches cut at the given places, the way the model adds them up."""
    parts = [
        m.statistics(a, b) for a, b in zip(np.split(y, cuts), np.split(target, cuts), strict=True)
    ]
    totals = {}
    for key in parts[0]:
        stacked = np.stack([np.asarray(part[key]) for part in parts])
        wide = np.float64 if stacked.dtype.kind == "f" else np.int64
        totals[key] = stacked.sum(axis=0, dtype=wide)
    return m.result(totals)


@pytest.mark.parametrize("top_k", [1, 2, 3, 4])
def test_accuracy_is_the_share_of_hits_among_the_sorted_scores(top_k: int) -> None:
    y, labels = batch(200)
    found = metric("accuracy", top_k=top_k)(y, labels)
    assert found == pytest.approx(brute_accuracy(y, labels, top_k), abs=1e-15)


@pytest.mark.parametrize(("name", "average"), COUNTED)
@pytest.mark.parametrize("empty", [0.0, 1.0])
def test_counted_metrics_follow_the_formulas(name: str, average: Any, empty: float) -> None:
    for n in (1, 3, 60):
        y, labels = batch(n, seed=n)
        found = metric(name, average=average, zero_division=empty)(y, labels)
        assert found == pytest.approx(brute_counted(name, average, y, labels, empty), abs=1e-14)


def test_confusion_matrix_counts_every_pair() -> None:
    y, labels = batch(100)
    assert metric("confusion_matrix")(y, labels) == brute_matrix(y, labels)


def test_a_class_that_never_occurs_is_left_out_of_the_macro_mean() -> None:
    y = np.eye(4, dtype=np.float32)[[0, 1]]
    assert metric("f1")(y, np.array([0, 1])) == 1.0
    assert metric("f1", average=None)(y, np.array([0, 1])) == [1.0, 1.0, 0.0, 0.0]
    assert metric("recall", average=3, zero_division=0.5)(y, np.array([0, 1])) == 0.5


def test_a_net_that_answers_the_same_everywhere_is_not_right_everywhere() -> None:
    y, labels = np.zeros((9, 3), dtype=np.float32), np.arange(9) % 3
    assert metric("accuracy")(y, labels) == pytest.approx(1 / 3)
    assert metric("accuracy", top_k=2)(y, labels) == pytest.approx(2 / 3)


def test_nan_counts_as_wrong() -> None:
    y = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]
    y[3, 2] = np.nan
    labels = np.array([0, 1, 2, 0])
    assert metric("accuracy")(y, labels) == 0.75
    assert metric("accuracy", top_k=3)(y, labels) == 0.75
    assert metric("recall", average=0)(y, labels) == 0.5
    assert metric("precision", average=0)(y, labels) == 1.0
    assert metric("confusion_matrix")(y, labels) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert metric("accuracy")(np.full((2, 3), np.nan), labels[:2]) == 0.0


def test_infinite_scores_are_scores() -> None:
    y = np.array([[0.0, np.inf, 1.0], [-np.inf, -np.inf, -np.inf]])
    assert metric("accuracy")(y, np.array([1, 0])) == 1.0


def test_a_label_that_is_no_class_counts_as_wrong() -> None:
    y = np.eye(3, dtype=np.float32)[[0, 1, 0]]
    assert metric("accuracy", top_k=3)(y, np.array([0, -1, 3])) == pytest.approx(1 / 3)
    assert metric("accuracy")(y[:2], np.array([[1, 0, 0], [0, 0, 0]])) == 0.5
    assert metric("accuracy")(y[:2], np.array([0.0, 1.5])) == 0.5


@pytest.mark.parametrize(("name", "options"), CLASSIFIERS, ids=IDS)
@given(data=st.data())
def test_every_form_of_the_labels_gives_the_same(name: str, options: Any, data: Any) -> None:
    n = data.draw(st.integers(1, 12))
    y = data.draw(arrays(np.float32, (n, 3), elements=st.integers(-2, 2).map(float)))
    labels = data.draw(arrays(np.int64, (n,), elements=st.integers(0, 2)))
    m = metric(name, **options)
    expected = m(y, labels)
    onehot = np.eye(3)[labels]
    forms = [labels[:, None], labels.astype(np.uint8), labels.astype(np.float32)]
    forms += [onehot, onehot.astype(np.int32), onehot.astype(bool)]
    for form in forms:
        assert m(y, form) == expected


@pytest.mark.parametrize(("name", "options"), CLASSIFIERS, ids=IDS)
@given(cuts=st.lists(st.integers(0, 40), max_size=6).map(sorted))
def test_batches_give_exactly_the_value_of_the_whole(name: str, options: Any, cuts: Any) -> None:
    y, labels = batch()
    m = metric(name, **options)
    assert over_batches(m, y, labels, cuts) == m(y, labels)


@pytest.mark.parametrize("name", ["mse", "mae", "r2"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(cuts=st.lists(st.integers(0, 50), max_size=6).map(sorted))
def test_regression_batches_give_the_whole_to_rounding(name: str, dtype: Any, cuts: Any) -> None:
    y, target = regression(50, dtype)
    m = metric(name)
    limit = 1e-12 if dtype == np.float64 else 2e-6
    assert over_batches(m, y, target, cuts) == pytest.approx(m(y, target), rel=limit)


def regression(n: int, dtype: Any, mean: float = 3.0) -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    target = mean + rng.standard_normal((n, 2))
    return (target + 0.5 * rng.standard_normal((n, 2))).astype(dtype), target.astype(dtype)


def test_regression_metrics_follow_the_formulas() -> None:
    y, target = regression(30, np.float64)
    error = [(a - b) for a, b in zip(y.ravel(), target.ravel(), strict=True)]
    assert metric("mse")(y, target) == pytest.approx(sum(e * e for e in error) / 60, rel=1e-13)
    assert metric("mae")(y, target) == pytest.approx(sum(map(abs, error)) / 60, rel=1e-13)
    assert metric("r2")(y, target) == pytest.approx(brute_r2(y, target), rel=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("mean", [0.0, 30.0, 2000.0, 1e5])
def test_r2_of_float32_targets_far_from_zero(mean: float, compiled: bool) -> None:
    y, target = regression(4096, np.float32, mean)
    m = metric("r2")
    run = jax.jit(m.statistics) if compiled else m.statistics
    parts = [run(y[i : i + 64], target[i : i + 64]) for i in range(0, 4096, 64)]
    totals = {
        k: np.stack([np.asarray(p[k]) for p in parts]).sum(axis=0, dtype=np.float64)
        for k in parts[0]
    }
    assert m.result(totals) == pytest.approx(brute_r2(y, target), abs=2e-5)


def test_r2_of_equal_targets() -> None:
    m = metric("r2")
    for value in (0.0, 7.1, 1e5):
        same = np.full((64, 1), value, dtype=np.float32)
        assert m(same, same) == 1.0
        assert over_batches(m, same, same, [3, 20, 21]) == 1.0
        assert m(same + 1, same) == 0.0
    assert math.isnan(m(np.ones(1), np.ones(1)))


@pytest.mark.parametrize("name", ["mse", "mae", "r2"])
def test_regression_never_broadcasts(name: str) -> None:
    m, y, target = metric(name), np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0])
    expected = m(y, target)
    assert m(y[:, None], target) == expected
    assert m(y, target[:, None]) == expected
    assert m(y, np.array([1, 3, 2])) == expected
    for wrong in (target[:2], target[:1], np.ones((3, 2)), np.ones((1, 3)), np.float64(1.0)):
        with pytest.raises(ShapeError):
            m(y, wrong)
    assert math.isnan(m(np.array([1.0, np.nan, 2.0]), target))


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall", "f1", "confusion_matrix"])
def test_classification_never_broadcasts(name: str) -> None:
    y, labels = batch(4)
    assert metric("accuracy")(np.eye(4), np.arange(4)[:, None]) == 1.0
    for wrong in (labels[:1], labels[None, :][:, :1], labels[:3], np.ones((4, 2)), np.int64(1)):
        with pytest.raises(ShapeError, match="one-hot"):
            metric(name)(y, wrong)
    with pytest.raises(ShapeError, match="one number"):
        metric(name)(np.float32(1.0), labels)


def test_two_classes_from_one_output() -> None:
    p = np.array([0.2, 0.5, 0.50001, 0.9, np.nan])
    labels = np.array([0, 0, 1, 0, 1])
    two = np.eye(2)[labels]
    for y in (p, p[:, None]):
        for target in (labels, labels[:, None], two, labels.astype(np.float32)):
            assert metric("accuracy", threshold=0.5)(y, target) == 0.6
            assert metric("precision", threshold=0.5, average=1)(y, target) == 0.5
    logits = np.log(p) - np.log1p(-p)
    assert metric("accuracy", threshold=0.0)(logits, labels) == 0.6
    with pytest.raises(UsageError, match=r"threshold=0\.5 if"):
        metric("accuracy")(p, labels)


def test_settle_takes_the_threshold_from_the_loss() -> None:
    assert vars(settle(metric("f1"), "BCEWithLogits"))["threshold"] == 0.0
    assert vars(settle(metric("f1"), "BCE"))["threshold"] == 0.5
    assert vars(settle(metric("f1", threshold=0.7), "BCE"))["threshold"] == 0.7
    assert vars(settle(metric("f1"), "CrossEntropy"))["threshold"] is None
    assert not hasattr(settle(metric("mae"), "BCE"), "threshold")


def test_leading_dimensions_are_rows() -> None:
    y, labels = batch(24)
    for name, options in CLASSIFIERS:
        m = metric(name, **options)
        assert m(y.reshape(4, 6, 4), labels.reshape(4, 6)) == m(y, labels)
        assert m(y.reshape(4, 6, 4), np.eye(4)[labels].reshape(4, 6, 4)) == m(y, labels)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", METRICS)
def test_compiled_statistics_are_those_of_numpy(name: str, dtype: str) -> None:
    y, labels = batch(16)
    m = metric(name, **NEEDED.get(name, {}))
    x = jnp.asarray(y, dtype=dtype)
    target = x * 0.5 + 1 if name in ELEMENTS else jnp.asarray(labels)
    found = jax.jit(m.statistics)(x, target)
    eager = m.statistics(np.asarray(x), np.asarray(target))
    assert found.keys() == eager.keys()
    for key, value in eager.items():
        np.testing.assert_allclose(np.asarray(found[key]), np.asarray(value), rtol=1e-5, atol=1e-5)
        assert np.shape(found[key]) == np.shape(value)


@pytest.mark.parametrize("name", METRICS)
def test_an_empty_batch_adds_nothing(name: str) -> None:
    m = metric(name, **NEEDED.get(name, {}))
    y, labels = batch(8)
    target = y + 1 if name in ELEMENTS else labels
    empty = m.statistics(y[:0], target[:0])
    whole = m.statistics(y, target)
    assert m.result({k: whole[k] + empty[k] for k in whole}) == m(y, target)
    alone = m.result(empty)
    assert alone == [[0] * 4] * 4 if name == "confusion_matrix" else math.isnan(alone)


def test_names_and_directions() -> None:
    made = [
        metric("Accuracy"),
        metric("accuracy", top_k=5),
        metric("F1", average="micro"),
        metric("recall", average=2),
        metric("precision", average=None),
        metric("ConfusionMatrix"),
    ]
    assert [m.name for m in made] == [
        "accuracy",
        "accuracy_top5",
        "f1_micro",
        "recall_2",
        "precision_per_class",
        "confusion_matrix",
    ]
    assert [m.scalar for m in made] == [True, True, True, True, False, False]
    assert [direction(m.name) for m in made] == ["max"] * 6
    assert direction("val_loss") == direction("loss") == direction("val_mae") == "min"
    assert repr(made[1]) == "Accuracy(top_k=5, threshold=None)"
    with pytest.raises(UsageError, match="mode='max'"):
        direction("seconds")


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("acuracy", {}, "did you mean 'accuracy'"),
        ("accuracy", {"topk": 5}, "did you mean 'top_k'"),
        ("mae", {"average": 1}, "takes no options"),
        ("accuracy", {"top_k": 0}, "from 1 on, found 0"),
        ("f1", {"average": "binary"}, "found 'binary'"),
        ("f1", {"average": -1}, "found -1"),
    ],
)
def test_unknown_names_and_options_are_refused(name: str, options: Any, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        metric(name, **options)


def test_options_that_do_not_fit_the_classes() -> None:
    y, labels = batch(8)
    with pytest.raises(UsageError, match="up to the number of classes, 4, found 5"):
        metric("accuracy", top_k=5)(y, labels)
    with pytest.raises(UsageError, match="below 4, found 9"):
        metric("recall", average=9)(y, labels)


def test_binary_accuracy_is_the_mean_over_all_questions() -> None:
    y = np.array([[0.9, 0.2], [0.4, np.nan], [0.5, 0.6]], dtype=np.float32)
    target = np.array([[1, 0], [1, 0], [0, 1]])
    found = metric("binary_accuracy", threshold=0.5)
    assert found(y, target) == pytest.approx(4 / 6)
    assert found(y[:, 0], target[:, 0]) == pytest.approx(2 / 3)
    assert settle(metric("binary_accuracy"), "BCEWithLogits").threshold == 0.0
    assert settle(metric("binary_accuracy"), "ClippedBCE").threshold == 0.5
    with pytest.raises(UsageError, match="threshold"):
        metric("binary_accuracy")(y, target)
    with pytest.raises(ShapeError):
        found(y, target[:, :1])
