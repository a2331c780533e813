"""Run one peer on one work in this process: `python one.py PEER FOLDER OPTIONS`.

FOLDER holds the arrays that `work.write_arrays` wrote and work.json. Prints one line of JSON:
seconds of every epoch (the first, with compiling and warming up, apart), test accuracy after the
last, seconds of inference. Only NumPy is imported beside the peer's own library.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np


def main(name: str, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Train, evaluate and time one peer."""
    work = SimpleNamespace(**json.loads((folder / "work.json").read_text()))
    work.arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    spec = importlib.util.spec_from_file_location(
        name, Path(__file__).parent / "peers" / f"{name}.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    began = time.perf_counter()
    peer = module.Peer(work, **options)
    seconds = []
    for order in work.arrays["orders"]:
        start = time.perf_counter()
        peer.epoch(order)
        seconds.append(time.perf_counter() - start)
    return {
        "first": seconds[0],
        "prepared": time.perf_counter() - began - sum(seconds),
        "epochs": seconds[1:],
        "accuracy": _accuracy(peer, work),
        **_inference(peer, work),
        "versions": module.versions(),
        "pools": _pools(),
    }


def _accuracy(peer: Any, work: Any) -> float:
    scores = peer.predict(work.arrays["x_test"])
    return float(np.mean(np.argmax(scores, axis=1) == work.arrays["y_test"]))


def _inference(peer: Any, work: Any) -> dict[str, float]:
    """Median seconds of one call with one image and with 10,000."""
    x = work.arrays["x_test"]
    found = {}
    for rows, times in ((1, 200), (10_000, 10)):
        part, seconds = x[:rows], []
        peer.predict(part)
        for _ in range(times):
            start = time.perf_counter()
            peer.predict(part)
            seconds.append(time.perf_counter() - start)
        found[f"inference_{rows}"] = float(np.median(seconds))
    return found


def _pools() -> list[str]:
    """The thread pools that are loaded, where threadpoolctl is installed."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    return sorted(
        f"{p['internal_api']} {p.get('version')} {p.get('architecture', '')} x{p['num_threads']}"
        for p in threadpool_info()
    )


if __name__ == "__main__":
    result = main(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
    sys.stdout.write("\n" + json.dumps(result) + "\n")
