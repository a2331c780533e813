"""The Checkpoint callback: which files there are, and that each of them goes on exactly."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from backprove.errors import UsageError
from backprove.train.callbacks import Checkpoint
from tiny import Tiny


def names(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(".safetensors") for path in folder.iterdir())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["epoch-0005", "epoch-0006", "epoch-0007"]),
        ({"every_epochs": 3}, ["epoch-0003", "epoch-0006"]),
        ({"keep": 1}, ["epoch-0007"]),
        ({"keep": None, "every_epochs": 2}, ["epoch-0002", "epoch-0004", "epoch-0006"]),
    ],
)
def test_the_newest_files_are_kept(tmp_path: Path, options: Any, expected: list[str]) -> None:
    Tiny([Checkpoint(tmp_path / "runs" / "a", **options)]).fit(7)
    assert names(tmp_path / "runs" / "a") == expected


def test_the_best_epoch_is_kept_too(tmp_path: Path) -> None:
    model = Tiny([Checkpoint(tmp_path, keep=1, monitor="val_loss")], [0.3, 0.1, 0.2]).fit(3)
    assert names(tmp_path) == ["best", "epoch-0003"]
    best = Tiny().load(tmp_path / "best.safetensors")
    assert best.progress.epoch == 2
    assert best.weights["weight"][0] == Tiny().fit(2).weights["weight"][0]
    assert model.weights["weight"][0] != best.weights["weight"][0]


def test_saving_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(now)))
    Tiny([Checkpoint(tmp_path, every_epochs=None, every_seconds=3.0)]).fit(3)
    found = names(tmp_path)
    assert len(found) == 3 and all(name.startswith("step-") for name in found)
    assert Tiny().load(tmp_path / f"{found[-1]}.safetensors").progress.steps == int(found[-1][5:])


def test_a_resumed_run_keeps_the_same_files(tmp_path: Path) -> None:
    values = [0.5, 0.1, 0.4, 0.05, 0.3, 0.3]
    Tiny([Checkpoint(tmp_path / "halves", monitor="val_loss")], values).fit(3)
    again = Tiny([Checkpoint(tmp_path / "halves", monitor="val_loss")], values)
    again.load(tmp_path / "halves" / "epoch-0002.safetensors").fit(6)
    straight = Tiny([Checkpoint(tmp_path / "straight", monitor="val_loss")], values).fit(6)
    assert names(tmp_path / "halves") == names(tmp_path / "straight")
    for name in names(tmp_path / "straight"):
        a, b = (
            Tiny().load(tmp_path / folder / f"{name}.safetensors")
            for folder in ("halves", "straight")
        )
        assert a.weights == b.weights and a.progress == b.progress and a.extra == b.extra
    assert straight.weights == again.weights


def test_the_files_of_another_run_are_refused_and_left_alone(tmp_path: Path) -> None:
    Tiny([Checkpoint(tmp_path)]).fit(2)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    with pytest.raises(UsageError, match=r"already holds epoch-0001\.safetensors"):
        Tiny([Checkpoint(tmp_path)]).fit(2)
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_other_files_in_the_folder_are_never_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "epoch-final.safetensors").write_bytes(b"mine")
    Tiny([Checkpoint(tmp_path, keep=1)]).fit(3)
    assert names(tmp_path) == ["epoch-0003", "epoch-final", "notes.txt"]


@pytest.mark.parametrize(
    "options", [{"every_epochs": 0}, {"keep": 0}, {"every_seconds": 0}, {"keep": True}]
)
def test_wrong_options_are_refused(tmp_path: Path, options: Any) -> None:
    with pytest.raises(UsageError):
        Checkpoint(tmp_path, **options)


def test_a_monitor_without_validation_is_refused_before_training(tmp_path: Path) -> None:
    model = Tiny([Checkpoint(tmp_path, monitor="val_loss")])
    with pytest.raises(UsageError, match="Checkpoint watches val_loss"):
        model.fit(1, logs={"validation": False})
    assert model.progress.steps == 0
