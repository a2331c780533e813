"""Lifting: how backward begins - with a gradient, with the labels, or by itself."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import ContractError, UsageError
from backprove.lifted import Lifted
from backprove.net import Sequential
from gradient_check import slope
from learners import (
    COURSE,
    LABELS,
    RNG,
    X,
    cross_entropy,
    linear,
    two_layers,
    with_backward,
)


@pytest.mark.parametrize(
    ("backward", "protocol"),
    [
        (lambda self, grads: 2 * grads, "upstream"),
        (lambda self, dy: 2 * dy, "upstream"),
        (lambda self, outputs_grads: 2 * outputs_grads, "upstream"),
        (lambda self, dout=1: 2 * dout, "upstream"),
        (lambda self, *grads: 2 * grads[0], "upstream"),
        (lambda self, y: 2 * y, "upstream"),
        (lambda self, labels: labels, "labels"),
        (lambda self, y_true: y_true, "labels"),
        (lambda self, Target: Target, "labels"),
        (lambda self: 2, "chain"),
        (lambda self, **options: 2, "chain"),
    ],
)
def test_the_protocol_is_read_from_the_argument(backward, protocol) -> None:
    op = Lifted(with_backward(backward))
    assert op.protocol == protocol
    assert "Learners.backward(" in op.reading
    assert repr(op) == (
        "Lifted(Learners)" if protocol == "upstream" else f"Lifted(Learners, {protocol})"
    )


def test_another_reading_can_be_asked_for() -> None:
    obj = with_backward(lambda self, target: 2 * target)
    assert Lifted(obj).protocol == "labels"
    op = Lifted(obj, protocol="upstream")
    (dx,), _ = op.bwd(op.fwd(X)[1], np.ones((5, 3)))
    np.testing.assert_array_equal(dx, np.full((5, 3), 2.0))
    with pytest.raises(UsageError, match="did you mean 'labels'"):
        Lifted(obj, protocol="label")


@pytest.mark.parametrize(
    ("obj", "arguments", "named"),
    [
        (linear(), ((), {"labels": LABELS}), r"gradient for its output. Call op.bwd\(saved, dy\)"),
        (linear(), ((), {}), r"Call op.bwd\(saved, dy\)"),
        (
            COURSE.LogisticRegression(np.zeros((3, 1)), np.zeros(1)),
            ((np.ones((5, 1)),), {}),
            r"taking the labels.*Call op.bwd\(saved, labels=labels\)",
        ),
    ],
)
def test_a_call_of_another_protocol_says_which_was_read(obj, arguments, named) -> None:
    op = Lifted(obj)
    _, saved = op.fwd(X)
    with pytest.raises(UsageError, match=named):
        op.bwd(saved, *arguments[0], **arguments[1])


def test_a_model_holds_the_parameters_of_its_layers() -> None:
    op = Lifted(two_layers())
    shapes = {k: p.shape for k, p in op.parameters().items()}
    assert shapes == {"fc1.W": (3, 4), "fc1.b": (1, 4), "fc2.W": (4, 1), "fc2.b": (1, 1)}
    values = op.init(dtype="float64")
    y, saved = op.fwd(X, **values)
    dy = RNG.standard_normal((5, 1))
    (dx,), grads = op.bwd(saved, dy)
    assert dx is None
    for name, gradient in grads.items():
        expected = slope(lambda v, k=name: np.sum(dy * op.fwd(X, **{k: v})[0]), values[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)
    assert y.shape == (5, 1) and grads.keys() == shapes.keys()


def test_a_loss_that_holds_its_model_is_an_ordinary_operator() -> None:
    model = two_layers()
    loss = Lifted(COURSE.BinaryCrossEntropy(model))
    assert loss.signature.inputs == ("predicts", "labels")
    assert loss.parameters() == {}
    p = np.array([[0.2], [0.4], [0.6], [0.8], [0.5]])
    value, saved = loss.fwd(p, LABELS)
    (dp, dlabels), grads = loss.bwd(saved)
    np.testing.assert_allclose(value, cross_entropy(p))
    np.testing.assert_allclose(dp, slope(cross_entropy, p), rtol=1e-7)
    assert dlabels is None and grads == {}
    np.testing.assert_allclose(loss.bwd(saved, np.array(3.0))[0][0], 3 * dp)
    np.testing.assert_allclose(loss.bwd(saved, np.array([[3.0]]))[0][0], 3 * dp)
    with pytest.raises(UsageError, match=r"one number, found an array of shape \(5, 1\)"):
        loss.bwd(saved, np.ones((5, 1)))


def test_the_loss_starts_the_chain_and_the_model_goes_on() -> None:
    model = two_layers()
    net, loss = Lifted(model), Lifted(COURSE.BinaryCrossEntropy(model))
    y, saved = net.fwd(X)
    _, kept = loss.fwd(y, LABELS)
    (dy, _), _ = loss.bwd(kept)
    _, grads = net.bwd(saved, dy)
    for name, value in net.init(dtype="float64").items():
        expected = slope(lambda v, k=name: cross_entropy(net.fwd(X, **{k: v})[0]), value)
        np.testing.assert_allclose(grads[name], expected, rtol=1e-6, atol=1e-9)


def test_as_the_course_runs_it_by_hand() -> None:
    by_hand, model = two_layers(), two_layers()
    loss = COURSE.BinaryCrossEntropy(by_hand)
    loss(by_hand(X), LABELS)
    loss.backward()
    net, lifted = Lifted(model), Lifted(COURSE.BinaryCrossEntropy(model))
    lifted(net(X), LABELS)
    dy, _ = lifted.backward()
    _, grads = net.backward(dy)
    np.testing.assert_array_equal(grads["fc1.W"], by_hand.fc1.grads["W"])
    np.testing.assert_array_equal(grads["fc2.b"], by_hand.fc2.grads["b"][None])


def test_a_loss_with_an_inner_operator_hands_on_the_outer_gradient() -> None:
    class LogisticLoss:
        def __init__(self, model):
            self.model, self.logistic = model, COURSE.Logistic()

        def forward(self, score, labels):
            self.p, self.labels = self.logistic.forward(score), labels
            return cross_entropy(self.p, labels)

        def backward(self):
            g = (self.p - self.labels) / (self.p * (1 - self.p)) / len(self.p)
            self.model.backward(self.logistic.backward(g))

    op, score = Lifted(LogisticLoss(two_layers())), X[:, :1]
    _, saved = op.fwd(score, LABELS)
    (found, _), _ = op.bwd(saved)
    expected = slope(lambda s: cross_entropy(1 / (1 + np.exp(-s))), score)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_loss_may_return_its_gradient_instead() -> None:
    class Squares:
        def forward(self, x, t):
            self.d = x - t
            return np.sum(self.d**2)

        def backward(self):
            return 2 * self.d

    op = Lifted(Squares())
    _, saved = op.fwd(X, 0 * X)
    np.testing.assert_array_equal(op.bwd(saved)[0][0], 2 * X)


def test_a_loss_that_gives_no_gradient_is_told_so() -> None:
    class Silent(COURSE.BinaryCrossEntropy):
        def backward(self):
            return None

    op = Lifted(Silent(two_layers()))
    _, saved = op.fwd(np.full((5, 1), 0.5), LABELS)
    with pytest.raises(ContractError, match="handed 0 gradients on"):
        op.bwd(saved)


def test_a_fused_model_takes_the_labels() -> None:
    op = Lifted(COURSE.LogisticRegression(np.full((3, 1), 0.1), np.zeros(1)))
    values = op.init(dtype="float64")
    _, saved = op.fwd(X, **values)
    (dx,), grads = op.bwd(saved, labels=LABELS)
    assert dx is None and grads["b"].shape == (1,)
    for name, gradient in grads.items():
        expected = slope(lambda v, k=name: cross_entropy(op.fwd(X, **{k: v})[0]), values[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-6)
    op(X)
    np.testing.assert_array_equal(op.backward(LABELS)[1]["w"], grads["w"])


def test_a_fused_model_can_be_trained() -> None:
    op = Lifted(COURSE.LogisticRegression(np.zeros((3, 1)), np.zeros(1)))
    values, losses = op.init(dtype="float64"), []
    for _ in range(200):
        p, saved = op.fwd(X, **values)
        losses.append(cross_entropy(p))
        _, grads = op.bwd(saved, labels=LABELS)
        values = {k: v - 0.5 * grads[k] for k, v in values.items()}
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    "obj", [COURSE.LogisticRegression(np.zeros((3, 1)), 0), COURSE.BinaryCrossEntropy(two_layers())]
)
def test_those_that_bring_their_loss_are_no_parts_of_a_network(obj) -> None:
    with pytest.raises(ContractError, match="part 0"):
        Sequential(obj)
