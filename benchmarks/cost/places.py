"""The counters that are compared, and which Python runs each."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

PEERS_PYTHON = Path(__file__).parents[2] / ".venv-cost-peers" / "bin" / "python"


@dataclass(frozen=True)
class Place:
    """One column of the table: a counter of `one.py` and the library whose networks it reads."""

    name: str
    counter: str
    library: str = "torch"
    own_python: bool = False

    @property
    def python(self) -> str:
        """The project's own Python, or that of the counters that are no dependency of it."""
        return sys.executable if self.own_python else str(PEERS_PYTHON)


OURS = (
    Place("ours, PyTorch", "ours", own_python=True),
    Place("ours, Paddle", "ours", "paddle", own_python=True),
)
PEERS = (
    Place("paddle.flops", "paddle_flops", "paddle", own_python=True),
    Place("paddle.flops, repaired", "paddle_repaired", "paddle", own_python=True),
    Place("FlopCounterMode", "flop_counter_mode", own_python=True),
    Place("fvcore", "fvcore"),
    Place("thop", "thop"),
    Place("ptflops", "ptflops"),
    Place("ptflops, aten", "ptflops_aten"),
    Place("torchinfo", "torchinfo"),
    Place("calflops", "calflops"),
)
