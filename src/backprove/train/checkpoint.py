"""Checkpoints: one safetensors file with the state's arrays and a JSON header.

The header says what the file is: the format, the network, how far training came, and a digest of
the arrays, so that a damaged file is refused. Writing replaces the file atomically.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from backprove._version import __version__
from backprove.errors import CheckpointError
from backprove.files import replacing

FORMAT = 1
SUFFIX = ".safetensors"


def file_of(path: str | Path) -> Path:
    """The checkpoint file of a path: a run folder's, or the path with its suffix."""
    path = Path(path)
    if path.is_dir():
        return path / f"checkpoint{SUFFIX}"
    return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)


def write(path: Path, tree: dict[str, Any], about: dict[str, Any]) -> None:
    """Write the arrays of a state tree and what is to be known about them."""
    arrays = {k: np.asarray(v, order="C") for k, v in flatten(tree).items()}
    header = msgspec.json.encode({**about, "format": FORMAT, "backprove": __version__})
    body = save(arrays, {"backprove": header.decode(), "digest": digest(arrays, header)})
    with replacing(path) as stream:
        stream.write(body)


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(state tree, header). Raises CheckpointError for a missing, foreign or damaged file."""
    if not path.is_file():
        raise CheckpointError("there is no checkpoint {path}: check the path", path=str(path))
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            "{path} is damaged or not a checkpoint ({reason}): use an older checkpoint",
            path=str(path),
            reason=str(error),
        ) from error
    if "backprove" not in metadata:
        raise CheckpointError(
            "{path} was not written by backprove (its header is missing): "
            "load its arrays with safetensors and hand them to net.load_state_dict",
            path=str(path),
        )
    if metadata.get("digest") != digest(arrays, metadata["backprove"].encode()):
        raise CheckpointError(
            "{path} is damaged: its contents do not match their digest; use an older checkpoint",
            path=str(path),
        )
    header: dict[str, Any] = msgspec.json.decode(metadata["backprove"])
    if header.get("format") != FORMAT:
        raise CheckpointError(
            "{path} has the checkpoint format {found}, expected {expected}: "
            "use the version of backprove that wrote it ({version})",
            path=str(path),
            found=header.get("format"),
            expected=FORMAT,
            version=header.get("backprove"),
        )
    return unflatten(arrays), header


def digest(arrays: dict[str, Any], header: bytes) -> str:
    """BLAKE2 of the header and of the arrays' names, dtypes, shapes and bytes."""
    found = hashlib.blake2b(header, digest_size=16)
    for name in sorted(arrays):
        x = np.asarray(arrays[name], order="C")
        found.update(f"{name} {x.dtype.name} {x.shape}".encode())
        found.update(x.reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A tree of arrays as one dictionary; names are joined by "/"."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= flatten(value, f"{prefix}{name}/")
        else:
            found[prefix + name] = np.asarray(value)
    return found


def unflatten(arrays: dict[str, Any]) -> dict[str, Any]:
    """The tree of a flat dictionary."""
    tree: dict[str, Any] = {}
    for path, value in arrays.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return tree
