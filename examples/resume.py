"""A training that is interrupted and goes on, with the same bits as one that never stopped.

The interruption is a real Ctrl-C: a callback sends the signal in the middle of the first epoch.
`fit` ends the running step, saves and raises KeyboardInterrupt.

    python examples/resume.py
"""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from backprove import LeakyReLU, Linear, Model, Sequential
from backprove.data import load
from backprove.ops import Dropout
from backprove.train.callbacks import Callback

EPOCHS, STOP_AT = 3, 8


class Impatience(Callback):
    """Presses Ctrl-C once `STOP_AT` steps are done."""

    def on_train_batch_end(self, step: int, logs: dict[str, Any] | None = None) -> None:
        if step >= STOP_AT:
            signal.raise_signal(signal.SIGINT)


def new_model() -> Model:
    net = Sequential(Linear(784, 64), LeakyReLU(), Dropout(0.2), Linear(64, 10))
    return Model(net, seed=3).prepare("adam", "cross_entropy", ["accuracy"])


def main() -> None:
    data = load("mnist").take(range(2500))
    whole = new_model()
    whole.fit(data, epochs=EPOCHS, verbose=0)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        try:
            new_model().fit(data, epochs=EPOCHS, verbose=0, save_dir=path, callbacks=[Impatience()])
        except KeyboardInterrupt:
            print("interrupted; saved in", path.with_suffix(".safetensors").name)
        resumed = new_model().load(path)
        done = resumed.progress
        print(f"going on in epoch {done.epoch + 1}, after {done.samples} of {len(data)} samples")
        resumed.fit(data, epochs=EPOCHS, verbose=0, resume=True)

    ours, theirs = resumed.state_dict(), whole.state_dict()
    equal = all(np.array_equal(ours[name], theirs[name]) for name in theirs)
    print(f"last loss, never stopped: {whole.step_losses[-1]!r}")
    print(f"last loss, interrupted:   {resumed.step_losses[-1]!r}")
    print("all parameters are equal, bit for bit:", equal)


if __name__ == "__main__":
    main()
