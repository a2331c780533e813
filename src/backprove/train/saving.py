"""Saving and loading a model, and what its callbacks keep between two runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from backprove.errors import CheckpointError
from backprove.net import check_state
from backprove.train import checkpoint
from backprove.train.plain import from_plain, to_plain
from backprove.train.progress import Plan, Progress
from backprove.train.step import initial_state, ordered

if TYPE_CHECKING:
    from backprove.train.trainable import Trainable


def save(model: Trainable, path: str | Path) -> Path:
    """Write a checkpoint, replacing an older one: parameters and all that training needs."""
    remember_callbacks(model)
    model.progress.schedule = model.schedule.state()
    file = checkpoint.file_of(path)
    tree = {
        **model.host_state(),
        "step_losses": np.asarray(model.step_losses, dtype=np.float32),
        "callbacks": model.kept_arrays,
    }
    about = {
        "network": repr(model.net),
        "optimizer": repr(model.optimizer),
        "seed": model.seed,
        "plan": None if model.plan is None else msgspec.to_builtins(model.plan),
        "progress": to_plain(msgspec.to_builtins(model.progress)),
        **model.about,
    }
    checkpoint.write(file, tree, about)
    return file


def load(model: Trainable, path: str | Path) -> None:
    """Take over a checkpoint: parameters, optimizer, random key, progress.

    Raises CheckpointError if it is missing, damaged or of another network or optimizer.
    """
    tree, about = checkpoint.read(checkpoint.file_of(path))
    losses = tree.pop("step_losses", np.zeros(0))
    model.kept_arrays = tree.pop("callbacks", {})
    check_state(model.net, {**tree.get("params", {}), **tree.get("stats", {})})
    expected = initial_state(model.program(), model.seed)
    if checkpoint.flatten(tree).keys() != checkpoint.flatten(expected).keys():
        raise CheckpointError(
            "the checkpoint was made with the optimizer {found}, expected {expected}: "
            "prepare the model with the same optimizer, or take its weights alone "
            "with load_state_dict",
            found=about.get("optimizer"),
            expected=repr(model.optimizer),
        )
    model.seed = about["seed"]
    model.progress = msgspec.convert(from_plain(about["progress"]), Progress)
    model.plan = None if about["plan"] is None else msgspec.convert(about["plan"], Plan)
    model.step_losses = [float(v) for v in losses]
    model.schedule.restore(model.progress.schedule)
    model.hold(ordered(tree, expected))


def start_callbacks(model: Trainable, resume: bool) -> None:
    """Tell the callbacks their model and, if a run is resumed, what they knew of it."""
    for callback in model.callbacks:
        callback.set_model(model)
    for name, callback in _stateful(model.callbacks):
        if resume and name in model.progress.callbacks:
            callback.load_state_dict(model.progress.callbacks[name])
            if hasattr(callback, "load_arrays"):
                callback.load_arrays(model.kept_arrays.get(name, {}))


def remember_callbacks(model: Trainable) -> None:
    """Take down what the callbacks know, for a checkpoint or the next `fit`."""
    stateful = _stateful(model.callbacks)
    model.progress.callbacks = {name: c.state_dict() for name, c in stateful}
    model.kept_arrays = {name: c.arrays() for name, c in stateful if hasattr(c, "arrays")}


def _stateful(callbacks: Sequence[Any]) -> list[tuple[str, Any]]:
    """Callbacks that keep something, named by their class and their number within it."""
    found, counts = [], Counter[str]()
    for callback in callbacks:
        if hasattr(callback, "state_dict"):
            kind = type(callback).__name__
            found.append((f"{kind}-{counts[kind]}", callback))
            counts[kind] += 1
    return found
