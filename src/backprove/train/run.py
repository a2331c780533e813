"""A training run with a folder of its own: what `backprove train` does.

The folder holds config.toml, checkpoint.safetensors, history.jsonl and result.json.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from backprove.data import Dataset
from backprove.errors import UsageError
from backprove.files import write_text
from backprove.train import checkpoint
from backprove.train import config as configuration
from backprove.train.build import build_model
from backprove.train.build_data import build_data
from backprove.train.callbacks import Callback, EarlyStopping, JSONLog
from backprove.train.config import Config
from backprove.train.inputs import fitting_shape
from backprove.train.model import Model


class TrainingResult(NamedTuple):
    """What a run reached: measures on the test data, the model, its folder, the time it took."""

    config: Config
    model: Model
    measures: dict[str, Any]
    test_size: int
    seconds: float
    folder: Path
    sample_shape: tuple[int, ...]


def train_run(
    config: Config, folder: Path | None = None, *, resume: bool = False, verbose: bool = True
) -> TrainingResult:
    """Train by a configuration, evaluate on the test data, write the run's folder.

    Raises UsageError if the folder already holds a run and `resume` is False.
    """
    folder = folder or _next_folder(config.data.name)
    file = checkpoint.file_of(folder / "checkpoint")
    if file.exists() and not resume:
        raise UsageError(
            "{folder} already holds a run: go on with --resume, or choose another --out",
            folder=str(folder),
        )
    data = build_data(config)
    model = build_model(config, data.train.task, len(data.train))
    model.about = {"config": msgspec.to_builtins(config), "data": about(data.train)}
    if resume:
        model.load(file)
    began = time.perf_counter()
    spec = config.training
    callbacks: list[Any] = [ConfigFile(config, folder), JSONLog(folder / "history.jsonl")]
    if spec.early_stopping is not None:
        callbacks.append(EarlyStopping(**spec.early_stopping))
    model.fit(
        data.train,
        data.validation,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        shuffle=spec.shuffle,
        callbacks=callbacks,
        verbose=int(verbose),
        save_dir=file,
        num_iters=spec.steps,
        resume=resume,
    )
    measures = model.evaluate(data.test)
    seconds = time.perf_counter() - began
    shape = fitting_shape((1, *data.train.x.shape[1:]), model.net)[1:]
    result = TrainingResult(config, model, measures, len(data.test), seconds, folder, shape)
    write_text(folder / "result.json", _json(result))
    return result


class ConfigFile(Callback):
    """Writes config.toml when training begins: not before all that is given was found right."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config, self.folder = config, folder

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        configuration.write(self.config, self.folder / "config.toml")


def about(data: Dataset) -> dict[str, Any]:
    """What a checkpoint remembers of its data."""
    return {"classes": list(data.class_names or ()), "task": data.task}


def _json(result: TrainingResult) -> str:
    found = {
        "test": result.measures,
        "test_size": result.test_size,
        "seconds": result.seconds,
        "history": result.model.progress.records,
        "config": msgspec.to_builtins(result.config),
    }
    return msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"


def _next_folder(data: str) -> Path:
    stem = Path(data).stem or "run"
    numbers = (n for n in range(1, 1_000_000) if not (Path("runs") / f"{stem}-{n}").exists())
    return Path("runs") / f"{stem}-{next(numbers)}"


def resumed_config(folder: Path) -> dict[str, Any]:
    """The configuration of the run in a folder, from its checkpoint."""
    _, header = checkpoint.read(checkpoint.file_of(folder / "checkpoint"))
    found: dict[str, Any] = header["config"]
    return found


def load_run(path: Path) -> tuple[Model, Config, dict[str, Any]]:
    """(model, configuration, what is known of the data) of a run's folder or checkpoint."""
    file = checkpoint.file_of(path / "checkpoint" if path.is_dir() else path)
    _, header = checkpoint.read(file)
    if "config" not in header:
        raise UsageError(
            "{path} holds a model without its configuration: it was saved by Model.save; "
            "load it in Python with Model(net).load",
            path=str(file),
        )
    config = configuration.convert(header["config"])
    samples = (header["plan"] or {}).get("samples", 0)
    model = build_model(config, header["data"]["task"], samples)
    return model.load(file), config, header["data"]
