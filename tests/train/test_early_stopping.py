"""EarlyStopping on a model that really trains, with prescribed validation losses."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprove.errors import UsageError
from backprove.train.callbacks import Checkpoint, EarlyStopping
from tiny import Tiny

OVERFIT = [0.9, 0.5, 0.4, 0.45, 0.41, 0.4, 0.6, 0.7]


def weight_after(epochs: int) -> float:
    return float(Tiny().fit(epochs).weights["weight"][0])


def test_it_stops_after_patience_and_puts_the_best_weights_back() -> None:
    stop = EarlyStopping(patience=3)
    model = Tiny([stop], OVERFIT).fit(8)
    assert model.progress.epoch == 6
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (0.4, 3, 6)
    assert model.weights["weight"][0] == weight_after(3)


def test_without_restore_best_the_last_weights_stay() -> None:
    model = Tiny([EarlyStopping(patience=3, restore_best=False)], OVERFIT).fit(8)
    assert model.weights["weight"][0] == weight_after(6)


def test_the_best_weights_come_back_when_all_epochs_are_done() -> None:
    model = Tiny([EarlyStopping(patience=5)], OVERFIT[:5]).fit(5)
    assert not model.stop_training
    assert model.weights["weight"][0] == weight_after(3)


@given(
    values=st.lists(st.floats(0, 4) | st.just(math.nan), min_size=1, max_size=12),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.5]),
    mode=st.sampled_from(["min", "max"]),
)
def test_it_is_the_rule_written_out(
    values: list[float], patience: int, min_delta: float, mode: str
) -> None:
    stop = EarlyStopping(patience=patience, min_delta=min_delta, mode=mode)
    model = Tiny([stop], values).fit(len(values))
    best, best_epoch, end = None, None, len(values)
    for epoch, value in enumerate(values, 1):
        gain = math.inf if best is None else (best - value if mode == "min" else value - best)
        if gain > min_delta and not math.isnan(value):
            best, best_epoch = value, epoch
        if epoch - (best_epoch or 0) >= patience:
            end = epoch
            break
    assert (stop.best, stop.best_epoch, model.progress.epoch) == (best, best_epoch, end)
    assert model.weights["weight"][0] == weight_after(best_epoch or end)


def test_epochs_between_validations_do_not_count() -> None:
    stop = EarlyStopping(patience=2)
    model = Tiny([stop], [None, 0.5, None, 0.6, None, 0.7, None, 0.8])
    model.fit(8, logs={"validation": True})
    assert stop.stopped_epoch == 6 and stop.best_epoch == 2


def test_a_value_that_never_comes_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no validation data"):
        Tiny([EarlyStopping()], OVERFIT).fit(2, logs={"validation": False})
    with pytest.raises(UsageError, match="has only epoch, step, loss"):
        Tiny([EarlyStopping()]).fit(2)
    with pytest.raises(UsageError, match="has only"):
        Tiny([EarlyStopping("val_accuracy")], OVERFIT).fit(2, logs={"validation": True})


@pytest.mark.parametrize(
    "options",
    [{"patience": 0}, {"patience": 1.5}, {"min_delta": -1}, {"mode": "least"}, {"monitor": "x"}],
)
def test_wrong_options_are_refused(options: Any) -> None:
    with pytest.raises(UsageError):
        EarlyStopping(**options)


def resumed(file: Path, patience: int, epochs: int = 8) -> tuple[Tiny, EarlyStopping]:
    stop = EarlyStopping(patience=patience)
    return Tiny([stop], OVERFIT).load(file).fit(epochs), stop


@pytest.mark.parametrize("epoch", range(1, 7))
def test_a_resumed_run_ends_like_an_uninterrupted_one(tmp_path: Path, epoch: int) -> None:
    whole = EarlyStopping(patience=4)
    straight = Tiny([whole], OVERFIT).fit(8)
    first = [EarlyStopping(patience=4), Checkpoint(tmp_path, keep=None)]
    Tiny(first, OVERFIT).fit(8)
    model, stop = resumed(tmp_path / f"epoch-{epoch:04d}.safetensors", 4)
    assert stop.state_dict() == whole.state_dict()
    assert model.weights["weight"][0] == straight.weights["weight"][0] == weight_after(3)


def test_an_ended_run_goes_on_from_its_last_weights(tmp_path: Path) -> None:
    whole = Tiny([EarlyStopping(patience=9)], OVERFIT).fit(8)
    half = Tiny([EarlyStopping(patience=9)], OVERFIT).fit(5)
    assert half.weights["weight"][0] == weight_after(3)
    model, _ = resumed(half.save(tmp_path / "end"), 9)
    assert model.weights["weight"][0] == whole.weights["weight"][0]
    assert model.callbacks[0].arrays()["last.weight"][0] == weight_after(8)


def test_a_stopped_run_stays_stopped(tmp_path: Path) -> None:
    ended = Tiny([EarlyStopping(patience=3)], OVERFIT).fit(8)
    model, _ = resumed(ended.save(tmp_path / "end"), 3)
    assert model.progress.epoch == 6
    assert model.weights["weight"][0] == weight_after(3)


def test_an_interrupted_epoch_gets_no_weights_back() -> None:
    class Interrupt(EarlyStopping):
        def on_train_batch_end(self, step: int, logs: Any = None) -> None:
            if step == 18:
                raise KeyboardInterrupt

    model = Tiny([Interrupt(patience=3)], OVERFIT)
    with pytest.raises(KeyboardInterrupt):
        model.fit(8)
    assert model.weights["weight"][0] > weight_after(4)


def test_missing_best_weights_are_told() -> None:
    stop = EarlyStopping(patience=3)
    model = Tiny([stop], OVERFIT)
    state = {"best": 0.1, "best_epoch": 2, "wait": 1, "stopped_epoch": None, "epoch": 3}
    model.extra = {"arrays": {}, "callbacks": [state]}
    model.progress.epoch = 3
    with pytest.warns(RuntimeWarning, match="the best epoch, 2"):
        model.fit(4)


def test_a_second_run_begins_anew() -> None:
    stop = EarlyStopping(patience=2)
    Tiny([stop], [0.1, 0.2, 0.3]).fit(3)
    model = Tiny([stop], [0.9, 0.8, 0.7]).fit(3)
    assert stop.best == 0.7 and model.weights["weight"][0] == weight_after(3)


def test_the_kept_weights_are_copies() -> None:
    stop = EarlyStopping(patience=9)
    model = Tiny([stop], OVERFIT)
    before = np.array(model.fit(3).weights["weight"])
    model.weights["weight"] += 100
    assert stop.arrays()["best.weight"][0] == before[0]
