"""Peak memory of a whole `backprove train` of the course's network at batch 64, on Linux."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from backprove.tables import text_table


def main() -> None:
    """One epoch in a process of its own, for each engine."""
    rows = []
    for engine in ("jax", "numpy"):
        with tempfile.TemporaryDirectory() as folder:
            words = ["train", "--epochs", "1", "--engine", engine, "-q", "--out", folder + "/run"]
            code = (
                "import sys\nfrom pathlib import Path\n"
                "from backprove.cli import run\n"
                f"run({words!r})\n"
                "status = Path('/proc/self/status').read_text()\n"
                "print(status.split('VmHWM:')[1].split()[0], file=sys.stderr)"
            )
            found = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
        rows.append([engine, f"{int(found.stderr.split()[-1]) / 1024:.0f}"])
    print(text_table(["engine", "peak memory (MiB)"], rows, right=(1,)))
