"""All callbacks together in `Model.fit`: an interrupted run ends like an uninterrupted one."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.net import Sequential
from backprove.ops import operator
from backprove.optim import optimizer
from backprove.train.callbacks import Checkpoint, CSVLog, EarlyStopping, JSONLog, TensorBoard
from backprove.train.callbacks.base import Callback
from backprove.train.metrics import metric
from backprove.train.model import Model


def data(n: int, seed: int) -> tuple[Any, Any]:
    """Labels that are mostly noise, so that the network overfits at once."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 6)).astype(np.float32)
    return x, np.where(rng.random(n) < 0.4, rng.integers(0, 3, n), (x[:, 0] > 0).astype(int))


def model(engine: str) -> Model:
    first, last = (operator("linear", in_features=a, out_features=b) for a, b in ((6, 32), (32, 3)))
    net = Sequential(first, operator("leaky_relu"), last)
    made = Model(net, engine=engine, seed=3)
    adam = optimizer("adam", learning_rate=0.02)
    return made.prepare(adam, "cross_entropy", ["accuracy", metric("f1"), "confusion_matrix"])


def callbacks(folder: Path) -> list[Any]:
    return [
        Checkpoint(folder / "kept", keep=2, monitor="val_accuracy"),
        EarlyStopping(patience=6),
        CSVLog(folder / "log.csv"),
        JSONLog(folder / "log.jsonl"),
    ]


class Interrupt(Callback):
    """Ends the run in the middle of an epoch, as a kill would."""

    order = 99

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, step: int, logs: Any = None) -> None:
        if step >= self.epoch * 6 + 2:
            raise MemoryError


def fit(made: Model, chosen: list[Any], **options: Any) -> Any:
    return made.fit(
        data(48, 1), data(64, 2), batch_size=8, callbacks=chosen, verbose=0, epochs=30, **options
    )


def logged(folder: Path) -> tuple[list[Any], list[Any]]:
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader((folder / "log.csv").read_text(encoding="utf-8").splitlines()))
    found = [json.loads(line) for line in lines]
    for entry in (*found, *rows):
        del entry["seconds"]
    return found, rows


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_an_interrupted_run_ends_like_an_uninterrupted_one(engine: str, tmp_path: Path) -> None:
    straight, whole = model(engine), callbacks(tmp_path / "a")
    history = fit(straight, whole)
    stop = whole[1]
    assert stop.stopped_epoch == len(history) < 30 and stop.best_epoch == len(history) - 6
    assert history.best()["epoch"] == stop.best_epoch
    assert straight.evaluate(data(64, 2))["loss"] == pytest.approx(stop.best, rel=1e-6)

    for epoch in (2, stop.best_epoch + 2):
        again = callbacks(tmp_path / "b")
        newest = sorted((tmp_path / "b" / "kept").glob("epoch-*"))[-1:]
        made = model(engine)
        with pytest.raises(MemoryError):
            fit(
                made.load(newest[0]) if newest else made,
                [*again, Interrupt(epoch)],
                resume=bool(newest),
            )
    again = callbacks(tmp_path / "b")
    newest = sorted((tmp_path / "b" / "kept").glob("epoch-*"))[-1:]
    made = model(engine).load(newest[0])
    resumed = fit(made, again, resume=True)

    for name, value in straight.state_dict().items():
        np.testing.assert_array_equal(made.state_dict()[name], value)
    assert again[1].state_dict() == stop.state_dict()
    assert logged(tmp_path / "a") == logged(tmp_path / "b")
    assert resumed.step_losses == history.step_losses
    kept = [sorted(p.name for p in (tmp_path / f / "kept").iterdir()) for f in "ab"]
    assert kept[0] == kept[1] and "best.safetensors" in kept[0]


def test_the_best_checkpoint_is_the_best_epoch(tmp_path: Path) -> None:
    history = fit(model("numpy"), callbacks(tmp_path))
    best = model("numpy").load(tmp_path / "kept" / "best.safetensors")
    record = history.best("val_accuracy")
    assert best.progress.epoch == record["epoch"]
    found = best.evaluate(data(64, 2))
    assert found["accuracy"] == record["val_accuracy"]
    assert found["confusion_matrix"] == record["val_confusion_matrix"]
    assert np.trace(found["confusion_matrix"]) == round(64 * found["accuracy"])


def test_training_metrics_are_those_of_all_samples(tmp_path: Path) -> None:
    made = model("jax")
    made.fit(data(50, 1), epochs=1, batch_size=8, verbose=0)
    matrix = np.array(made.history.records[0]["confusion_matrix"])
    assert matrix.sum() == 50
    assert made.history.records[0]["accuracy"] == np.trace(matrix) / 50


def test_watching_validation_without_any_is_refused_before_the_first_step() -> None:
    made = model("numpy")
    with pytest.raises(UsageError, match="there is no validation data"):
        made.fit(data(16, 1), callbacks=[EarlyStopping()], verbose=0)
    assert made.progress.steps == 0


def test_tensorboard_beside_the_compiled_engine(tmp_path: Path) -> None:
    model("jax").fit(data(16, 1), callbacks=[TensorBoard(tmp_path)], verbose=0)
    assert [path.stat().st_size > 200 for path in tmp_path.iterdir()] == [True]


def test_an_ended_run_is_extended_exactly(tmp_path: Path) -> None:
    straight, short = model("numpy"), model("numpy")
    options = {"batch_size": 8, "verbose": 0}
    straight.fit(
        data(48, 1), data(64, 2), callbacks=[EarlyStopping(patience=20)], epochs=14, **options
    )
    stop = EarlyStopping(patience=20)
    short.fit(data(48, 1), data(64, 2), callbacks=[stop], epochs=9, save_dir=tmp_path, **options)
    assert stop.best_epoch is not None and stop.best_epoch < 9
    assert short.evaluate(data(64, 2))["loss"] == pytest.approx(stop.best, rel=1e-6)
    longer = model("numpy").load(tmp_path)
    chosen = [EarlyStopping(patience=20)]
    longer.fit(data(48, 1), data(64, 2), callbacks=chosen, epochs=14, resume=True, **options)
    assert longer.history["loss"] == straight.history["loss"]
    for name, value in straight.state_dict().items():
        np.testing.assert_array_equal(longer.state_dict()[name], value)
