"""CSVLog, JSONLog and TensorBoard: what is in the files, also after kills and resumed runs."""

from __future__ import annotations

import csv
import errno
import json
import math
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorboardX.proto.event_pb2 import Event

from backprove.errors import DependencyError, UsageError
from backprove.train.callbacks import CSVLog, JSONLog, TensorBoard
from tiny import Tiny

LOGS = [JSONLog, CSVLog]
VALUES = [0.5, math.nan, 0.4, None, 0.3, math.inf]


def read(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(text.splitlines()))


def path_of(log: type, folder: Path) -> Path:
    return folder / ("log.jsonl" if log is JSONLog else "log.csv")


@pytest.mark.parametrize("log", LOGS)
def test_every_epoch_is_one_entry(log: type, tmp_path: Path) -> None:
    path = path_of(log, tmp_path / "new" / "folder")
    Tiny([log(path)], VALUES).fit(6)
    found = read(path)
    assert [int(entry["epoch"]) for entry in found] == [1, 2, 3, 4, 5, 6]
    assert [float(entry["val_loss"]) for entry in found[:1]] == [0.5]
    assert found[1]["val_loss"] == "nan" and found[5]["val_loss"] == "inf"
    assert not found[3].get("val_loss")
    assert float(found[2]["learning_rate"]) == 0.1


@pytest.mark.parametrize("log", LOGS)
def test_each_entry_is_in_the_file_before_the_next_epoch(log: type, tmp_path: Path) -> None:
    path = path_of(log, tmp_path)
    seen = []

    class Reader(JSONLog):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            seen.append(len(read(path)) if path.exists() else 0)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None: ...

    Tiny([log(path), Reader(path)]).fit(4)
    assert seen == [0, 1, 2, 3]


def go_on(path: Path, log: type, done: int) -> None:
    model = Tiny([log(path)], VALUES)
    model.fit(done) if done == 0 else model.load(path.parent / f"at-{done}.safetensors")
    model.fit(6)


@pytest.mark.parametrize("log", LOGS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(done=st.integers(1, 5), cut=st.integers(0, 10_000))
def test_a_log_cut_by_a_kill_and_resumed_is_whole(
    log: type, tmp_path: Path, done: int, cut: int
) -> None:
    path = path_of(log, tmp_path)
    path.unlink(missing_ok=True)
    model = Tiny([log(path)], VALUES).fit(done)
    model.save(tmp_path / f"at-{done}")
    safe = len(path.read_bytes())
    straight = Tiny([log(path)], VALUES)
    straight.load(tmp_path / f"at-{done}.safetensors").fit(6)
    whole = path.read_bytes()
    path.write_bytes(whole[: safe + cut % (len(whole) - safe + 1)])
    go_on(path, log, done)
    assert path.read_bytes() == whole
    assert [int(entry["epoch"]) for entry in read(path)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("log", LOGS)
def test_a_new_run_keeps_the_older_log(log: type, tmp_path: Path) -> None:
    path = path_of(log, tmp_path)
    for _ in range(3):
        Tiny([log(path)]).fit(2)
    found = sorted(p.name for p in tmp_path.iterdir())
    suffix = path.suffix
    assert found == sorted([f"log-1{suffix}", f"log-2{suffix}", f"log{suffix}"])
    assert all(len(read(tmp_path / name)) == 2 for name in found)


@pytest.mark.parametrize("log", LOGS)
def test_a_file_that_is_no_log_is_kept(log: type, tmp_path: Path) -> None:
    path = path_of(log, tmp_path)
    path.write_bytes(b"my notes\xff\n[1]\n{}\n")
    Tiny([log(path)]).fit(1)
    assert path.with_name(f"log-1{path.suffix}").read_bytes() == b"my notes\xff\n[1]\n{}\n"
    assert len(read(path)) == 1


@pytest.mark.parametrize("log", LOGS)
def test_a_full_disk_is_one_clear_sentence_and_loses_nothing(
    log: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, original = path_of(log, tmp_path), Path.open
    callback = log(path)
    callback.on_epoch_end(0, {"epoch": 1, "loss": 0.5})
    before = path.read_bytes()

    def full(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        if mode[0] in "aw":
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(self, mode, *args, **options)

    monkeypatch.setattr(Path, "open", full)
    for record in ({"epoch": 2, "loss": 0.4}, {"epoch": 2, "loss": 0.4, "new": 1}):
        with pytest.raises(UsageError, match="the disk is full"):
            callback.on_epoch_end(1, record)
    assert path.read_bytes() == before


def test_csv_gets_a_column_for_a_name_that_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    Tiny([CSVLog(path)], [None, 0.5, None]).fit(3)
    rows = read(path)
    assert [row["val_loss"] for row in rows] == ["", "0.5", ""]
    assert list(rows[0])[-1] == "val_loss"


def test_lists_stand_in_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log = CSVLog(path)
    log.on_epoch_end(0, {"epoch": 1, "matrix": [[1, 2], [3, 4]], "note, odd": 'a "b"\n'})
    log.on_epoch_end(1, {"epoch": 2, "matrix": [[0, 2], [3, 4]], "note, odd": ""})
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert json.loads(rows[0]["matrix"]) == [[1, 2], [3, 4]]
    assert rows[0]["note, odd"] == 'a "b"\n' and rows[1]["epoch"] == "2"


def events(folder: Path) -> list[Any]:
    """The events of all files in a folder, read from their bytes."""
    found = []
    for path in sorted(folder.glob("events.*")):
        data, at = path.read_bytes(), 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            found.append(Event.FromString(data[at + 12 : at + 12 + length]))
            at += 16 + length
    return found


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events(folder):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_tensorboard_gets_steps_and_epochs(tmp_path: Path) -> None:
    Tiny([TensorBoard(tmp_path)], [0.5, 0.25]).fit(2)
    found = scalars(tmp_path)
    assert found["loss/val"] == [(4, 0.5), (8, 0.25)]
    assert [step for step, _ in found["loss/train"]] == [4, 8]
    assert [step for step, _ in found["loss/step"]] == list(range(1, 9))
    assert found["loss/step"][0][1] == 9.0
    assert [value for _, value in found["learning_rate"]] == pytest.approx([0.1] * 8)
    assert set(found) == {"loss/val", "loss/train", "loss/step", "learning_rate", "seconds"}


def test_tensorboard_of_a_resumed_run_replaces_what_came_after(tmp_path: Path) -> None:
    file = Tiny().fit(1).save(tmp_path / "one")
    Tiny([TensorBoard(tmp_path / "events")]).load(file).fit(2)
    starts = [e.step for e in events(tmp_path / "events") if e.HasField("session_log")]
    assert starts == [5]


def test_tensorboard_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    monkeypatch.setattr("backprove.train.callbacks.tensorboard.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install 'backprove\[track\]'"):
        TensorBoard(tmp_path)
