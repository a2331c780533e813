"""Which Python runs which peer, with which options and threads."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PEERS_PYTHON = Path(__file__).parents[2] / ".venv-peers" / "bin" / "python"
THREADS = str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Place:
    """One row of the table: a peer's file, its options, its precision, its Python."""

    name: str
    peer: str
    precision: str = "float32"
    options: dict[str, Any] = field(default_factory=dict)
    own_python: bool = True
    threads: bool = True
    relu_only: bool = False

    @property
    def python(self) -> str:
        """The project's own Python, or that of the peers that do not live beside it."""
        return sys.executable if self.own_python else str(PEERS_PYTHON)

    def environment(self) -> dict[str, str]:
        """The environment of the process: all cores, unless the peer's own default is asked for."""
        kept = {k: v for k, v in os.environ.items() if k not in VARIABLES}
        return kept | (dict.fromkeys(VARIABLES, THREADS) if self.threads else {})


PLACES = (
    Place("backprove", "ours"),
    Place("backprove, numpy engine", "ours", options={"engine": "numpy"}),
    Place("backprove, torch-compiled engine", "ours", options={"engine": "torch-compiled"}),
    Place(
        "backprove, torch-compiled engine, bf16",
        "ours",
        "bfloat16",
        {"engine": "torch-compiled", "precision": "bf16"},
    ),
    Place("JAX + Optax, one jitted scan", "jax_optax", own_python=False),
    Place("PyTorch eager, fused Adam", "torch_loop"),
    Place("PyTorch eager, Adam", "torch_loop", options={"fused": False}),
    Place("PyTorch torch.compile", "torch_loop", options={"compiled": True}),
    Place("PyTorch autocast, fused Adam", "torch_loop", "bfloat16", {"bf16": True}),
    Place("Paddle loop", "paddle_loop"),
    Place("Paddle Model.fit", "paddle_loop", options={"fit": True}),
    Place("Paddle Model.fit, its own threads", "paddle_loop", options={"fit": True}, threads=False),
    Place("Keras 3 on JAX", "keras_fit", own_python=False),
    Place("scikit-learn MLPClassifier", "sklearn_fit", own_python=False, relu_only=True),
    Place("tinygrad", "tinygrad_loop", own_python=False),
    Place("Thinc", "thinc_fit", own_python=False, relu_only=True),
)
