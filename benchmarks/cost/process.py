"""Asking one counter for one network, in a process of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.cost.places import Place

HERE = Path(__file__).parent
LIMIT = 300


def ask(place: Place, file: Path, network: str, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    """What `one.py` answers; {"error": ...} or {"absent": ...} where there is no number."""
    if not Path(place.python).exists():
        return {"absent": f"{place.counter} (make bench-cost installs it)"}
    words = [
        *(place.python, str(HERE / "one.py"), place.counter),
        *(str(file), network, json.dumps(inputs)),
    ]
    try:
        found = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer after {LIMIT} s"}
    if found.returncode:
        return {"error": (found.stderr.strip().splitlines() or ["no words"])[-1]}
    return dict(json.loads(found.stdout.strip().splitlines()[-1]))
