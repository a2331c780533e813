"""Reads an ONNX file: its operators and the shape of every array; nothing is run or unpickled."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backprove.errors import DataError, UsageError

Shape = tuple[int, ...]
STANDARD = ("", "ai.onnx")
"""The domain of the operators that the format itself defines."""


@dataclass
class Graph:
    """The nodes, the shapes by name, the sizes of the parameters, inputs' shapes, outputs' names.

    `opset` is the version of the standard operators, which changes what some of them mean.
    """

    nodes: list[Any]
    shapes: dict[str, Shape]
    parameters: dict[str, int]
    inputs: list[Shape] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    version: str = ""
    opset: int = 0


def read(path: Path, given: list[Shape] | None, batch_size: int | None) -> Graph:
    """The graph of a file, values of outside files left where they are.

    given        the shape of every input, all axes
    batch_size   the length of a first axis that the file leaves open

    Raises UsageError without the package or for an input that does not fit, DataError for a
    damaged file or an axis of unknown length.
    """
    try:
        import onnx
    except ImportError as error:
        raise UsageError(
            "counting an ONNX file needs the package onnx: install backprove[onnx]"
        ) from error
    try:
        model = onnx.load(str(path), load_external_data=False)
        if not model.graph.node:
            raise ValueError("no operators")
        weights = {i.name for i in model.graph.initializer}
        inputs = [i for i in model.graph.input if i.name not in weights]
        shapes = _fixed(inputs, given, batch_size)
        _forget(model.graph)
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (UsageError, DataError):
        raise
    except Exception as error:
        raise DataError(
            "{path} is missing, damaged or not an ONNX file ({reason}): check the path",
            path=str(path),
            reason=str(error) or type(error).__name__,
        ) from error
    graph = model.graph
    whole = {onnx.TensorProto.INT32, onnx.TensorProto.INT64, onnx.TensorProto.BOOL}
    sizes = {i.name: tuple(i.dims) for i in graph.initializer}
    return Graph(
        nodes=list(graph.node),
        shapes={**_known([*graph.input, *graph.value_info, *graph.output]), **sizes},
        parameters={
            i.name: _size(tuple(i.dims)) for i in graph.initializer if i.data_type not in whole
        },
        inputs=shapes,
        outputs=[one.name for one in graph.output],
        version=str(onnx.__version__),
        opset=max((o.version for o in model.opset_import if o.domain in STANDARD), default=0),
    )


def _fixed(inputs: list[Any], given: list[Shape] | None, batch_size: int | None) -> list[Shape]:
    """Writes the chosen lengths into the inputs."""
    if given is not None and len(given) != len(inputs):
        raise UsageError(
            "the ONNX file takes {expected} inputs, --input has {found}: give each, as 4,20;4,30",
            expected=len(inputs),
            found=len(given),
        )
    chosen: list[Shape | None] = [None] * len(inputs) if given is None else list(given)
    return [_fix(one, shape, batch_size) for one, shape in zip(inputs, chosen, strict=True)]


def _fix(one: Any, shape: Shape | None, batch_size: int | None) -> Shape:
    axes = one.type.tensor_type.shape.dim
    if shape is not None and len(shape) != len(axes):
        raise UsageError(
            "input {name} of the ONNX file has {expected} axes, --input has {found}",
            name=one.name,
            expected=len(axes),
            found=len(shape),
        )
    for place, axis in enumerate(axes):
        own = axis.dim_value if axis.HasField("dim_value") else None
        wanted = shape[place] if shape is not None else None
        if place == 0 and wanted is None:
            wanted = batch_size if batch_size is not None else own or 1
        wanted = own if wanted is None else wanted
        if wanted is None or wanted < 1:
            raise DataError(
                "axis {axis} ({symbol}) of input {name} has no known length: give --input with "
                "all axes, such as 64,784",
                axis=place,
                symbol=axis.dim_param or "?",
                name=one.name,
            )
        if own is not None and own != wanted:
            raise UsageError(
                "axis {axis} of input {name} is {expected} in the ONNX file, found {found}",
                axis=place,
                name=one.name,
                expected=own,
                found=wanted,
            )
        axis.dim_value = wanted
    return tuple(axis.dim_value for axis in axes)


def _forget(graph: Any) -> None:
    """Drops shapes that were written for other lengths; they are inferred anew."""
    del graph.value_info[:]
    for one in graph.output:
        one.type.tensor_type.ClearField("shape")


def _known(values: list[Any]) -> dict[str, Shape]:
    found = {}
    for one in values:
        kind = one.type.tensor_type
        if kind.HasField("shape") and all(d.HasField("dim_value") for d in kind.shape.dim):
            found[one.name] = tuple(d.dim_value for d in kind.shape.dim)
    return found


def _size(shape: Shape) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
