"""A very small model that trains: one weight by gradient descent, with the model's attributes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file


class Tiny:
    """Fits y = w x to w = 3. Its validation losses can be prescribed, to make it overfit."""

    def __init__(self, callbacks: Sequence[Any] = (), val_losses: Sequence[float | None] = ()):
        self.callbacks = list(callbacks)
        self.val_losses = val_losses
        self.weights = {"weight": np.zeros(1)}
        self.progress = SimpleNamespace(steps=0, epoch=0)
        self.stop_training = False
        self.extra: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        return self.weights

    def load_state_dict(self, values: dict[str, Any]) -> None:
        self.weights = {k: np.array(v) for k, v in values.items()}

    def save(self, path: Path) -> Path:
        file = path.with_name(path.name + ".safetensors")
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = [c for c in self.callbacks if hasattr(c, "state_dict")]
        about = {
            "steps": self.progress.steps,
            "epoch": self.progress.epoch,
            "callbacks": [c.state_dict() for c in kept],
        }
        arrays = dict(self.weights)
        for i, callback in enumerate(kept):
            if hasattr(callback, "arrays"):
                arrays |= {f"{i}/{k}": v for k, v in callback.arrays().items()}
        save_file(arrays, file, {"about": json.dumps(about, allow_nan=False)})
        return file

    def load(self, file: Path) -> Tiny:
        from safetensors import safe_open

        with safe_open(file, framework="numpy") as opened:
            about = json.loads(opened.metadata()["about"])
        arrays = load_file(file)
        self.weights = {"weight": arrays.pop("weight")}
        self.progress = SimpleNamespace(steps=about["steps"], epoch=about["epoch"])
        self.extra = {"callbacks": about["callbacks"], "arrays": arrays}
        return self

    def fit(self, epochs: int, steps: int = 4, logs: dict[str, Any] | None = None) -> Tiny:
        """Train until there are `epochs` in all; from where `load` left off, if it was called."""
        self.stop_training = False
        self._begin(logs or {"epochs": epochs})
        try:
            while self.progress.epoch < epochs and not self.stop_training:
                self._epoch(self.progress.epoch, steps)
        finally:
            self._call("on_train_end")
        return self

    def _begin(self, logs: dict[str, Any]) -> None:
        self._call("set_model", self)
        kept = [c for c in self.callbacks if hasattr(c, "state_dict")]
        for i, callback in enumerate(kept if self.extra else []):
            callback.load_state_dict(self.extra["callbacks"][i])
            if hasattr(callback, "load_arrays"):
                start, arrays = f"{i}/", self.extra["arrays"]
                callback.load_arrays(
                    {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
                )
        self._call("on_train_begin", logs)

    def _epoch(self, epoch: int, steps: int) -> None:
        self._call("on_epoch_begin", epoch, {})
        losses = []
        for i in range(steps):
            error = self.weights["weight"][0] - 3.0
            losses.append(error * error)
            self.weights["weight"] -= 0.1 * error
            self.progress.steps += 1
            done = {"loss": losses[-1], "learning_rate": 0.1}
            done |= {"steps_done": i + 1, "steps_total": steps}
            self._call("on_train_batch_end", self.progress.steps, done)
        self.progress.epoch += 1
        record = {"epoch": epoch + 1, "step": self.progress.steps, "loss": float(np.mean(losses))}
        if epoch < len(self.val_losses) and self.val_losses[epoch] is not None:
            record["val_loss"] = self.val_losses[epoch]
        record |= {"learning_rate": 0.1, "seconds": 0.5}
        self._call("on_epoch_end", epoch, record)

    def _call(self, hook: str, *arguments: Any) -> None:
        for callback in sorted(self.callbacks, key=lambda c: c.order):
            getattr(callback, hook)(*arguments)
