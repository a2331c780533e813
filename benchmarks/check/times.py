"""How long a whole check takes from a cold start: `python -m benchmarks check-times`.

Every row is a command in a process of its own, so that importing the frameworks counts. The first
rows hold an activation of ours against all three frameworks, the others check a framework's.
"""

from __future__ import annotations

import subprocess
import sys
import time

from backprove.tables import text_table

AGAINST = "exact,paddle,torch,jax"
COMMANDS = (
    ("leaky_relu", AGAINST),
    ("gelu", AGAINST),
    ("softmax", AGAINST),
    ("torch:nn.functional.leaky_relu", "exact,paddle,jax"),
    ("paddle:nn.functional.silu", "exact,torch,jax"),
    ("jax:nn.elu", "exact,paddle,torch"),
)
LIMIT = 10.0
"""Seconds that a check of one activation may take."""


def main() -> None:
    """Run each command once and print its wall time."""
    rows = []
    for target, against in COMMANDS:
        seconds = timed(target, against)
        rows.append([target, against, f"{seconds:.1f}", "yes" if seconds < LIMIT else "no"])
    head = ["checked", "against", "seconds", f"below {LIMIT:g} s"]
    print(text_table(head, rows, right=(2,)))


def timed(target: str, against: str) -> float:
    """The seconds that one check takes, its process included."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "backprove", "check", target, "--against", against, "--quiet"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start
