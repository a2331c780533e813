"""The command's help is written without the libraries that training needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, sys
from backprove.cli import run
code = run(json.loads(sys.argv[1]))
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
HEAVY = {"jax", "jaxlib", "numpy", "scipy", "paddle", "torch", "plotly", "mpmath", "PIL", "rich"}


def modules(*words: str) -> set[str]:
    """What is imported when the command has done its work."""
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(words)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    code, names = json.loads(found.stdout.splitlines()[-1])
    assert code == 0
    return set(names)


@pytest.mark.parametrize("words", [("--help",), ("--lang", "zh", "--help"), ("--version",)])
def test_help_imports_no_library_of_training(words: tuple[str, ...]) -> None:
    assert not modules(*words) & HEAVY


@pytest.mark.parametrize("verb", ["train", "explain", "evaluate"])
def test_help_of_a_verb_imports_no_framework(verb: str) -> None:
    assert not modules(verb, "--help") & {"jax", "jaxlib", "paddle", "torch", "plotly", "mpmath"}
