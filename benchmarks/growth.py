"""How the cost of training grows: time over the batch size, memory over the number of rows.

`python -m benchmarks growth` prints both tables and writes benchmarks/results/growth.json.

Memory is that of a whole process which trains 784-256-10 for 2,000 steps from a .npz file: the
peak of its own (anonymous) memory. Pages of the mapped file are in it only where they were copied;
the system keeps what it read of the file as long as nobody needs the room.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from backprove import Linear, Model, ReLU, Sequential
from backprove.tables import text_table
from benchmarks.speed.compare import RESULTS

BATCHES = (1, 4, 16, 64, 256, 1024, 4096)
ROWS = (100_000, 1_000_000)
STEPS = 2000
MEMORY = """
import sys, threading, time
from pathlib import Path
peak = 0
def watch():
    global peak
    while True:
        status = Path("/proc/self/status").read_text()
        peak = max(peak, int(status.split("RssAnon:")[1].split()[0]))
        time.sleep(0.005)
threading.Thread(target=watch, daemon=True).start()
from backprove import Linear, Model, ReLU, Sequential
from backprove.data import load
began = time.perf_counter()
model = Model(Sequential(Linear(784, 256), ReLU(), Linear(256, 10)), engine=sys.argv[2])
model.prepare("adam", "cross_entropy")
model.fit(load(sys.argv[1]), batch_size=64, num_iters=int(sys.argv[3]), epochs=99, verbose=0)
print(peak / 1024, time.perf_counter() - began)
"""


def main() -> None:
    """Both tables."""
    found = {"step": step_times(), "memory": memory()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "growth.json").write_text(json.dumps(found, indent=1) + "\n")
    rows = [[f"{b:,}", f"{s * 1e3:.3f}", f"{s / b * 1e6:.2f}"] for b, s in found["step"].items()]
    print(text_table(["batch", "ms a step", "us a sample"], rows, right=(0, 1, 2)))
    print()
    rows = [
        [f"{r['rows']:,}", r["engine"], f"{r['file_mib']:.0f}", f"{r['peak_mib']:.0f}",
         f"{r['seconds']:.1f}"]
        for r in found["memory"]
    ]  # fmt: skip
    headings = ["rows", "engine", "file (MiB)", "peak of own memory (MiB)", "seconds"]
    print(text_table(headings, rows, right=(0, 2, 3, 4)))


def step_times() -> dict[int, float]:
    """Seconds of a step of the course's network, by the batch size."""
    found = {}
    rng = np.random.default_rng(0)
    x, y = rng.random((8192, 784), np.float32), rng.integers(0, 10, 8192)
    for batch in BATCHES:
        net = Sequential(Linear(784, 1500), ReLU(), Linear(1500, 500), ReLU(), Linear(500, 10))
        model = Model(net).prepare("adam", "cross_entropy")
        steps = max(4, min(200, 20_000 // batch))
        seconds = []
        for _ in range(3):
            began, done = time.perf_counter(), model.progress.steps
            model.fit((x, y), batch_size=batch, epochs=99, num_iters=done + steps, verbose=0)
            seconds.append((time.perf_counter() - began) / steps)
        found[batch] = min(seconds[1:])
    return found


def memory() -> list[dict[str, float | str]]:
    """The peak for each number of rows and each engine."""
    found: list[dict[str, float | str]] = []
    for rows in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.npz"
            write_rows(path, rows)
            for engine in ("jax", "numpy"):
                words = [sys.executable, "-c", MEMORY, str(path), engine, str(STEPS)]
                said = subprocess.run(words, capture_output=True, text=True, check=True)
                peak, seconds = map(float, said.stdout.split())
                found.append(
                    {
                        "rows": rows,
                        "engine": engine,
                        "file_mib": path.stat().st_size / 2**20,
                        "peak_mib": peak,
                        "seconds": seconds,
                    }
                )
    return found


def write_rows(path: Path, rows: int) -> None:
    """An archive of random bytes with labels, made without holding it in memory."""
    whole = path.with_name("x.npy")
    x = np.lib.format.open_memmap(whole, "w+", np.uint8, (rows, 784))
    rng = np.random.default_rng(0)
    for start in range(0, rows, 10_000):
        part = x[start : start + 10_000]
        part[:] = rng.integers(0, 256, part.shape, dtype=np.uint8)
    np.savez(path, x=x, y=rng.integers(0, 10, rows))
    whole.unlink()
