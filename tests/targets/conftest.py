"""Learners' files for the tests of targets, and running them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backprove.oracle.client import installed
from backprove.targets import Sandbox, Trial, find

X = np.array([-1.0, 0.5, 2.0])


@pytest.fixture
def sandbox(tmp_path) -> Any:
    """`sandbox(text, names="", name="op.py", arguments=None, **limits)` as an open Sandbox."""
    opened: list[Sandbox] = []

    def make(
        text: str, names: str = "", name: str = "op.py", arguments: Any = None, **limits: Any
    ) -> Sandbox:
        file = tmp_path / name
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        target = find(f"{file}::{names}" if names else str(file), arguments)
        opened.append(Sandbox(target, **limits))
        return opened[-1]

    yield make
    for box in opened:
        box.close()


@pytest.fixture
def framework() -> Any:
    """`framework("torch:nn.SiLU", alpha=1.0)` as an open Sandbox; skips what is not installed."""
    opened: list[Sandbox] = []

    def make(text: str, **arguments: Any) -> Sandbox:
        if not text.startswith("numpy:"):
            need(text.partition(":")[0])
        opened.append(Sandbox(find(text, arguments)))
        return opened[-1]

    yield make
    for box in opened:
        box.close()


def need(library: str) -> None:
    """Skip the test where the framework cannot be installed."""
    if not installed(library):
        pytest.skip(f"{library} is not installed")


@pytest.fixture
def one() -> Callable[..., Any]:
    """One outcome on three numbers: `one(box, properties=True)`."""

    def run(box: Sandbox, x: Any = X, **trial: Any) -> Any:
        trial.setdefault("dy", np.ones_like(x))
        return box.run([Trial((x,), **trial)])[0]

    return run
