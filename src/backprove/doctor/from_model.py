"""From a `Model` and its data to the configuration that trains the same network afresh.

    spec = spec_of(model, (x, y), folder, batch_size=64, epochs=3)

The data are written into the folder, since re-runs happen in processes of their own.
"""

from __future__ import annotations

import inspect
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from backprove.data import Dataset
from backprove.data.transform_config import to_config
from backprove.doctor.spec import Spec, convert
from backprove.errors import UsageError
from backprove.initializers import INITIALIZERS, Constant, XavierUniform
from backprove.net import Sequential
from backprove.op import Op
from backprove.ops import operators
from backprove.ops.linear.linear import Linear
from backprove.ops.regularization.dropout import Dropout
from backprove.optim.accumulation import Accumulated
from backprove.train.from_objects import metric_tables, optimizer_tables
from backprove.train.inputs import checked, positive
from backprove.train.model import Model


def spec_of(
    model: Model,
    data: Any,
    folder: Path,
    *,
    batch_size: int = 64,
    epochs: int = 1,
    shuffle: bool = True,
) -> Spec:
    """The configuration of a model that would be fitted to the data in this way.

    data: a Dataset or (x, y). Raises UsageError for a network that is not a chain of linear
    layers, activations, normalisation and dropout, all hidden layers built alike.
    """
    positive(batch_size=batch_size, epochs=epochs)
    dataset = checked(data, model.net, model.loss, "data")
    transforms = [] if model.transforms is None else to_config(model.transforms)
    optimizer: Any = model.optimizer
    every = optimizer.every if isinstance(optimizer, Accumulated) else 1
    tables = {
        "data": {**_written(dataset, folder / "data.npz"), "transforms": transforms},
        "network": network_table(model.net),
        "training": {
            "loss": described(model.loss),
            **optimizer_tables(optimizer.optimizer if every > 1 else optimizer),
            "accumulate": every,
            "metrics": metric_tables(model.metrics) or None,
            "batch_size": batch_size,
            "epochs": epochs,
            "shuffle": shuffle,
            "seed": model.seed,
        },
    }
    return convert(tables)


def _written(data: Dataset, file: Path) -> dict[str, Any]:
    options: dict[str, Any] = {"task": data.task}
    if data.class_names is not None:
        options["class_names"] = list(data.class_names)
    np.savez(file, x=data.x, y=data.y)
    return {"name": str(file), "options": options, "test": 0.0}


def network_table(net: Op) -> dict[str, Any]:
    """The table [network] of a chain. Raises UsageError if it is none."""
    parts: list[Any] = list(net.parts.values()) if isinstance(net, Sequential) else []
    linear = [i for i, op in enumerate(parts) if type(op) is Linear]
    if not linear:
        raise _other(net)
    head, tail = parts[: linear[0]], parts[linear[-1] + 1 :]
    between = [parts[a + 1 : b] for a, b in pairwise(linear)]
    layers = [parts[i] for i in linear]
    found = [_between(group) for group in between]
    same = {k: v for k, v in (found[0] if found else {}).items() if k != "activation"}
    if any({k: v for k, v in f.items() if k != "activation"} != same for f in found):
        raise _other(net)
    if len(tail) > 1 or len(head) > 1 or any(type(op) is not Dropout for op in head):
        raise _other(net)
    table: dict[str, Any] = {
        "layers": [layers[0].in_features, *(op.out_features for op in layers)],
        "activations": [f["activation"] for f in found],
        "output": _activation(tail[0]) if tail else None,
        "input_dropout": head[0].p if head else 0.0,
        **same,
        **_starts(net, layers),
    }
    return {k: v for k, v in table.items() if v is not None}


def _between(group: list[Any]) -> dict[str, Any]:
    """What stands between two linear layers: normalisation, activation, dropout, in this order."""
    found: dict[str, Any] = {"activation": "linear"}
    order = -1
    for op in group:
        home = type(op).__module__
        kinds = (".normalization." in home, _is_activation(op), type(op) is Dropout)
        if True not in kinds or kinds.index(True) <= order:
            raise _other(op)
        order = kinds.index(True)
        if order == 0:
            sizes = ("num_features", "normalized_shape")
            found["normalization"] = described(op, without=sizes)
        elif order == 1:
            found["activation"] = _activation(op)
        else:
            found["dropout"] = op.p
    return found


def _is_activation(op: Op) -> bool:
    return ".ops.activation." in type(op).__module__ or type(op).__name__ == "Exp"


def _activation(op: Op) -> Any:
    if not _is_activation(op):
        raise _other(op)
    return described(op)


def _starts(net: Op, layers: list[Any]) -> dict[str, Any]:
    weights, biases = ([getattr(op, f"_{k}_init") for op in layers] for k in ("weight", "bias"))
    if len({op.bias for op in layers}) > 1 or any(w != weights[0] for w in weights):
        raise _other(net)
    start = {"initializer": weights[0], "bias_initializer": biases[0]}
    usual: dict[str, Any] = {"initializer": XavierUniform(), "bias_initializer": Constant(0.0)}
    found = {k: _initializer(v) for k, v in start.items() if v != usual[k]}
    return {"bias": layers[0].bias, **found}


def _initializer(start: Any) -> Any:
    names = {cls: name for name, cls in reversed(INITIALIZERS.items())}
    if type(start) not in names:
        raise _other(start)
    return {"name": names[type(start)], **vars(start)}


def described(op: Op, without: tuple[str, ...] = ()) -> Any:
    """An operator as a name, or a table with the arguments that are not the usual ones.

    Raises UsageError for an operator that is not one of ours.
    """
    cls = type(op)
    if operators().get(cls.__name__) is not cls:
        raise _other(op)
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(cls).parameters.items():
        if name in without or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        value = getattr(op, name)
        if value != parameter.default:
            found[name] = list(value) if isinstance(value, tuple) else value
    return {"name": cls.__name__, **found} if found else cls.__name__


def _other(thing: Any) -> UsageError:
    return UsageError(
        "expected a chain of linear layers with normalisation, an activation and dropout between "
        "them, all built alike, found {found!r}: the doctor can train only what it can describe",
        found=thing,
    )
