"""What a loss does with made-up answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprove.doctor.head_probe import head_view
from backprove.ops import operator

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 60).astype(np.int32)
YES_NO = RNG.integers(0, 2, (60, 1)).astype(np.float32)
NUMBERS = RNG.normal(size=(60, 1)).astype(np.float32)


def view(loss, shape, y, kind="", **options):
    """The view of a loss on outputs of a shape."""
    op = operator(loss, "loss", **options)
    return head_view(lambda out, t: op.fwd(out, t)[0], np.zeros(shape, np.float32), y, kind)


@pytest.mark.parametrize(
    ("loss", "shape", "y", "kind"),
    [
        ("cross_entropy", (60, 3), LABELS, ""),
        ("clipped_cross_entropy", (60, 3), LABELS, "Softmax"),
        ("clipped_cross_entropy", (60, 3), LABELS, "Sigmoid"),
        ("bce_with_logits", (60, 1), YES_NO, ""),
        ("bce", (60, 1), YES_NO, "Sigmoid"),
        ("mse", (60, 1), NUMBERS, ""),
        ("mse", (60, 1), YES_NO, "Sigmoid"),
        ("l1", (60, 1), NUMBERS, ""),
        ("huber", (60, 1), 1e6 * NUMBERS, ""),
    ],
)
def test_a_fitting_head_bars_nothing(loss, shape, y, kind) -> None:
    found = view(loss, shape, y, kind)
    assert found.lost < 1e-3 and not found.blind and not found.flat
    assert found.additive == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize(
    ("loss", "shape", "y", "kind", "lost"),
    [
        ("cross_entropy", (60, 3), LABELS, "Softmax", 0.5),
        ("mse", (60, 1), 10 + NUMBERS, "Sigmoid", 1.0),
        ("mse", (60, 1), NUMBERS, "ReLU", 0.4),
        ("mse", (60, 1), 10 + NUMBERS, "Softmax", 1.0),
        ("bce", (60, 1), YES_NO, "Softmax", 0.9),
    ],
)
def test_a_head_that_cannot_reach_is_measured(loss, shape, y, kind, lost) -> None:
    assert view(loss, shape, y, kind).lost == pytest.approx(lost, abs=0.15)


def test_the_best_loss_of_a_double_softmax_is_the_floor_of_theory() -> None:
    found = view("cross_entropy", (60, 3), LABELS, "Softmax")
    assert found.best == pytest.approx(math.log1p(2 / math.e), abs=1e-4)


def test_a_broadcast_is_blind_for_the_order_and_a_single_share_is_flat() -> None:
    def paired(out, t):
        return np.mean((out - t.reshape(1, -1)) ** 2)

    assert head_view(paired, np.zeros((60, 1), np.float32), NUMBERS, "").blind
    found = view("clipped_cross_entropy", (60, 1), YES_NO)
    assert found.flat and not found.blind


def test_sums_and_unsafe_formulas() -> None:
    assert view("mse", (60, 1), NUMBERS, reduction="sum").additive == pytest.approx(1, abs=1e-3)
    assert view("cross_entropy", (60, 3), LABELS).safe

    def unsafe(out, t):
        p = np.exp(out) / np.exp(out).sum(axis=1, keepdims=True)
        return -np.mean(np.log(p[np.arange(len(t)), t]))

    assert not head_view(unsafe, np.zeros((60, 3), np.float32), LABELS, "").safe


def test_a_loss_that_refuses_is_no_error() -> None:
    def refuses(out, t):
        raise ValueError("shapes")

    found = head_view(refuses, np.zeros((60, 1), np.float32), NUMBERS, "")
    assert math.isnan(found.best) and found.lost == 0.0 and found.safe is False
    assert head_view(refuses, np.zeros((2, 1), np.float32), NUMBERS[:2], "").units == 0


def test_labels_that_the_hinge_loss_does_not_take_ask_for_one_answer() -> None:
    assert view("hinge", (60, 1), YES_NO).undiscerning
    assert not view("hinge", (60, 1), 2 * YES_NO - 1).undiscerning
    assert not view("bce_with_logits", (60, 1), YES_NO).undiscerning
    assert not view("mse", (60, 1), NUMBERS).undiscerning
    assert not view("cross_entropy", (60, 3), LABELS).undiscerning
