"""Test accuracy with float32 and with bfloat16 products: does the declared precision cost any?

`python -m benchmarks precision [--seeds N]` trains 784-1500-500-10 for three epochs at batch size
64 from the same ten seeds in both precisions, prints every accuracy, the means and the mean of the
paired differences with its standard error, and writes benchmarks/results/precision.json.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import sys

from backprove import CrossEntropy, Model
from backprove.data import load
from backprove.optim import Adam
from backprove.tables import text_table
from backprove.train.engine import PRECISIONS
from benchmarks.speed.compare import RESULTS
from benchmarks.speed.work import WORKS, network

EPOCHS = 3


def main() -> None:
    """Train both from every seed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks precision")
    parser.add_argument("--seeds", type=int, default=10)
    seeds = range(parser.parse_args(sys.argv[2:]).seeds)
    found = {name: [accuracy(seed, name) for seed in seeds] for name in PRECISIONS}
    about = {"date": datetime.date.today().isoformat(), "epochs": EPOCHS, "accuracy": found}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "precision.json").write_text(json.dumps(about, indent=1) + "\n")
    print(table(found))


def accuracy(seed: int, precision: str) -> float:
    """The share of the test images that are right after training."""
    work = WORKS["course-64"]
    train, test = load("mnist"), load("mnist", split="test")
    model = Model(network(work), engine="torch-compiled", precision=precision, seed=seed)
    model.prepare(Adam(work.learning_rate), CrossEntropy(), ["accuracy"])
    pair = (train.x.reshape(len(train.x), -1), train.y)
    model.fit(pair, batch_size=work.batch_size, epochs=EPOCHS, verbose=0)
    held_out = (test.x.reshape(len(test.x), -1), test.y)
    return float(model.evaluate(held_out)["accuracy"])


def table(found: dict[str, list[float]]) -> str:
    """A row for each seed, and what the differences come to."""
    wide, half = (found[name] for name in PRECISIONS)
    differences = [b - a for a, b in zip(wide, half, strict=True)]
    rows = [
        [str(i), f"{a:.2%}", f"{b:.2%}", f"{100 * d:+.2f}"]
        for i, (a, b, d) in enumerate(zip(wide, half, differences, strict=True))
    ]
    error = statistics.stdev(differences) / len(differences) ** 0.5 if len(wide) > 1 else 0.0
    means = [statistics.mean(x) for x in (wide, half, differences)]
    rows.append(
        ["mean", f"{means[0]:.3%}", f"{means[1]:.3%}", f"{100 * means[2]:+.3f} ± {100 * error:.3f}"]
    )
    return text_table(["seed", *PRECISIONS, "points"], rows, right=(1, 2, 3))
