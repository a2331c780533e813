"""The vectors of truth.toml, the network of each in `networks`, and the shapes of its inputs."""

from __future__ import annotations

import tomllib
from pathlib import Path

HERE = Path(__file__).parent
VECTORS = {v["id"]: v for v in tomllib.loads((HERE / "truth.toml").read_text())["vector"]}
NAMES = {
    "mlp-leaky-b1": "mlp",
    "mlp-leaky-b64": "mlp",
    "mlp-functional-act": "Functional",
    "mlp-raw-matmul": "Raw",
    "shared-called-3": "CalledThree",
    "shared-two-parents": "two_parents",
    "linear-subclass": "subclass",
    "root-extra-vector": "RootVector",
    "root-own-plus-sublayers": "RootOwn",
    "linear-3d": "linear_3d",
    "lstm-100": "lstm",
    "sdpa-12x64x64": "Attention",
    "bilinear": "bilinear",
    "scan-10": "Scan",
    "mlp-784-256-10": "small_mlp",
    "layernorm-train-b64": "layer_norm",
    "broadcast-product-sum": "Broadcast",
    "mha-1000": "SelfAttention",
    "embedding-10": "embedding",
    "residual-block": "ResidualBlock",
}
SHAPES = {
    "sdpa-12x64x64": "1,12,64,64;1,12,64,64;1,12,64,64",
    "broadcast-product-sum": "4,8;8,5",
    "embedding-10": "10:int64",
}
PADDLE = {
    "lstm-100": "1,100,64",
    "sdpa-12x64x64": "1,64,12,64;1,64,12,64;1,64,12,64",
    "mha-1000": "1,1000,100",
}
"""Where Paddle expects the axes in another order."""


def networks(library: str) -> Path:
    """The file with the networks of PyTorch or Paddle."""
    return HERE / "networks" / f"nets_{library}.py"


def shapes(vector: str, library: str) -> str:
    """The inputs of a vector as `--input` takes them."""
    given = VECTORS[vector]
    inputs = [given[k] for k in ("input", "input2") if k in given]
    found = SHAPES.get(vector, ";".join(",".join(map(str, i)) for i in inputs))
    return PADDLE.get(vector, found) if library == "paddle" else found
