"""The parameters in a safetensors file: its header is read, the arrays are not."""

from __future__ import annotations

from math import prod
from pathlib import Path

from safetensors import SafetensorError, safe_open

from backprove._version import __version__
from backprove.cost.table import CostResult, Row
from backprove.cost.worked import Worked, text_of, worked
from backprove.errors import DataError

OURS = "params/"
"""How the names of parameters begin in a checkpoint of our own."""


def cost_of_weights(path: Path) -> CostResult:
    """A row for each array. Of a checkpoint of our own only the parameters are counted.

    Raises DataError if the file is missing, damaged or of another format.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            own = "backprove" in (file.metadata() or {})
            slices = {name: file.get_slice(name) for name in file.keys()}
            shapes = {name: tuple(s.get_shape()) for name, s in slices.items()}
            kinds = {name: str(s.get_dtype()) for name, s in slices.items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise DataError(
            "{path} is missing, damaged or not a safetensors file ({reason}): check the path",
            path=str(path),
            reason=str(error),
        ) from error
    chosen = [name for name in shapes if not own or name.startswith(OURS)]
    rows = [
        _row(name.removeprefix(OURS) if own else name, shapes[name], kinds[name]) for name in chosen
    ]
    total = sum(row.parameters for row in rows)
    return CostResult(
        subject=path.name,
        batch_size=1,
        input_shapes=[],
        convention="headline",
        rows=rows,
        totals={
            "parameters": {"total": total, "used": 0, "trainable": total, "tied": 0, "buffers": 0},
            "operations": {},
            "memory": {},
            "moved": {},
            "complete": True,
        },
        versions={"backprove": __version__},
    )


def _row(name: str, shape: tuple[int, ...], kind: str) -> Row:
    size = prod(worked(shape), start=Worked(1))
    text = text_of(size)
    return Row(
        name=name.removeprefix(OURS),
        operator=kind,
        parameters=int(size),
        trainable=int(size),
        output_shape=shape,
        formula=f"parameters = {text}",
        worked={"parameters": text},
    )
