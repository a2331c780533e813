"""A library is imported by its own bridge only."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIBRARIES = {"jax", "torch", "paddle"}


@pytest.mark.parametrize("name", ["", ".jax", ".torch", ".paddle"])
def test_only_the_library_of_the_bridge_is_imported(name) -> None:
    script = (
        f"import sys, backprove.ops, backprove.bridge{name};"
        f"print(*({LIBRARIES} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    if "No module named" in done.stderr:
        pytest.skip(f"{name[1:]} is not installed")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ([name[1:]] if name else [])
