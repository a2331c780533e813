"""Test accuracy of 784-1500-500-10 after three epochs, for five seeds."""

from __future__ import annotations

import tempfile
from pathlib import Path

from backprove.tables import text_table
from backprove.train import config
from backprove.train.run import train_run


def main() -> None:
    """Train with the default configuration and the seeds 0 to 4."""
    rows, found = [], []
    for seed in range(5):
        with tempfile.TemporaryDirectory() as folder:
            spec = config.convert({"training": {"seed": seed}})
            result = train_run(spec, Path(folder) / "run", verbose=False)
        found.append(result.measures["accuracy"])
        rows.append([str(seed), f"{found[-1]:.4f}", f"{result.seconds:.1f}"])
    rows.append(["mean", f"{sum(found) / len(found):.4f}", ""])
    rows.append(["lowest", f"{min(found):.4f}", ""])
    print(text_table(["seed", "test accuracy", "seconds"], rows, right=(1, 2)))
