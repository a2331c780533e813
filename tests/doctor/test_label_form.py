"""Labels of two kinds that the loss does not take: told, proved by writing them as it does."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.doctor.cache import Cache
from backprove.doctor.executor import InProcess
from backprove.doctor.facts import facts
from backprove.doctor.program import from_job
from backprove.doctor.run import examine
from backprove.errors import DataError
from doctor.programs import clusters

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 6)).astype(np.float32)
YES = X[:, 0] + X[:, 1] * X[:, 2] > 0


def examined(tmp_path, y, loss, task, **changes):
    np.savez(tmp_path / "rows.npz", x=X, y=y)
    base = {
        "data__name": str(tmp_path / "rows.npz"), "data__options": {"task": task},
        "network__layers": [6, 32, 1], "training__loss": loss, "training__learning_rate": 0.5,
        "training__steps": 150, "training__epochs": 20,
    }  # fmt: skip
    spec = clusters(**{**base, **changes})
    return examine(spec, executor=InProcess(from_job), cache=Cache(None), budget="25x")


@pytest.mark.parametrize(
    ("low", "high", "loss", "task", "form"),
    [
        (-1.0, 1.0, "bce_with_logits", "regression", "zero_one"),
        (1.0, 2.0, "bce_with_logits", "regression", "zero_one"),
        (0, 1, "hinge", "classification", "signs"),
    ],
)
def test_labels_that_the_loss_does_not_take(tmp_path, low, high, loss, task, form) -> None:
    result = examined(tmp_path, np.where(YES, high, low), loss, task)
    (cause,) = [f for f in result.findings if f.role == "cause"]
    assert (cause.code, cause.subject) == ("DAT105", "labels")
    assert [e.value for e in cause.evidence[:2]] == [low, high]
    assert result.diagnosis.changes == {"data.targets": form}


@pytest.mark.parametrize(
    ("low", "high", "loss", "task"),
    [
        (0, 1, "bce_with_logits", "classification"),
        (-1.0, 1.0, "hinge", "regression"),
    ],
)
def test_labels_that_the_loss_takes_are_left_alone(tmp_path, low, high, loss, task) -> None:
    result = examined(tmp_path, np.where(YES, high, low), loss, task)
    assert "DAT105" not in [f.code for f in result.findings]


def test_two_numbers_are_told_from_more() -> None:
    assert facts(X, np.where(YES, 3.0, -0.5)[:, None]).two_valued
    assert not facts(X, X[:, :1]).two_valued
    assert not facts(X, np.where(YES, 3.0, -0.5)[:, None].repeat(2, axis=1)).two_valued


def test_only_two_numbers_can_be_written_as_two(tmp_path) -> None:
    with pytest.raises(DataError, match="two different labels to write as signs, found 300"):
        examined(tmp_path, X[:, 0], "hinge", "regression", data__targets="signs")
