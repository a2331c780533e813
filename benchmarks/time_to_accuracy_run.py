"""One training of `time_to_accuracy`: python -m benchmarks.time_to_accuracy_run NAME SEED

Prints one line of JSON: seconds of training at which each accuracy on the test images was first
reached, seconds in all, the accuracy at the end, and seconds since the process began.
"""

from __future__ import annotations

import json
import sys
import time

BEGAN = time.perf_counter()

from backprove.train import config  # noqa: E402
from backprove.train.build import build_model  # noqa: E402
from backprove.train.build_data import build_data  # noqa: E402
from backprove.train.callbacks import Callback  # noqa: E402
from backprove.train.presets import preset  # noqa: E402
from benchmarks.time_to_accuracy import LEVELS  # noqa: E402


class Watch(Callback):
    """Takes the seconds of training and looks at the test images after every stretch of steps."""

    def __init__(self, test) -> None:
        self.test, self.reached, self.looking, self.began = test, {}, 0.0, time.perf_counter()

    def on_train_batch_end(self, step, logs=None) -> None:
        now = time.perf_counter()
        self.look(now - self.began - self.looking)
        self.looking += time.perf_counter() - now

    def look(self, seconds: float) -> float:
        accuracy = self.model.evaluate(self.test)["accuracy"]
        for level in LEVELS:
            if accuracy >= float(level):
                self.reached.setdefault(level, seconds)
        return accuracy


def main(name: str, seed: int) -> dict[str, object]:
    """Train a preset with a seed."""
    tables = preset(name)
    tables["training"]["seed"] = seed
    spec = config.convert(tables)
    data = build_data(spec)
    model = build_model(spec, data.train.task, len(data.train))
    model.evaluate(data.test)
    watch, training = Watch(data.test), spec.training
    began = time.perf_counter()
    model.fit(
        data.train,
        batch_size=training.batch_size,
        epochs=training.epochs,
        callbacks=[watch],
        verbose=0,
        num_iters=training.steps,
    )
    ended = time.perf_counter()
    seconds = ended - began - watch.looking
    accuracy = watch.look(seconds)
    return {
        "seed": seed,
        "seconds": seconds,
        "reached": watch.reached,
        "accuracy": accuracy,
        "command": ended - BEGAN - watch.looking,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
