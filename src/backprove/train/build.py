"""From a configuration to network, optimizer and model; `build_data` makes the data."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from typing import Any

from backprove import ops
from backprove.data.transform_config import from_config
from backprove.errors import UsageError
from backprove.initializers import INITIALIZERS, initializer
from backprove.net import Sequential
from backprove.op import Op
from backprove.optim import ClipByNorm, ClipByValue, optimizer, schedule
from backprove.optim.schedules import SCHEDULES
from backprove.train.config import (
    Config,
    Named,
    NetworkConfig,
    TrainingConfig,
    split_name,
)
from backprove.train.metrics import metric, settle
from backprove.train.mistakes import (
    with_wrong_backward,
    with_wrong_loss,
    with_wrong_metric,
    with_wrong_update,
)
from backprove.train.model import Model


def build_network(spec: NetworkConfig) -> Sequential:
    """A chain of linear layers with normalisation, activation and dropout between them.

    Raises UsageError for fewer than two sizes or a size below 1.
    """
    sizes = spec.layers
    if len(sizes) < 2 or min(sizes) < 1:
        raise UsageError(
            "expected layers to be two or more sizes of at least 1, found {found}: "
            "for example 784,500,10",
            found=",".join(map(str, sizes)),
        )
    hidden = _hidden(spec)
    parts: list[Op] = [ops.operator("Dropout", p=spec.input_dropout)] if spec.input_dropout else []
    for i, (n, m) in enumerate(pairwise(sizes)):
        parts.append(_linear(spec, n, m))
        if i < len(sizes) - 2:
            parts += _between(spec, m, hidden[i])
    if spec.output is not None:
        parts += _activation(spec.output)
    return Sequential(*parts)


def _hidden(spec: NetworkConfig) -> list[Named]:
    """The activation of every hidden layer."""
    count = len(spec.layers) - 2
    if spec.activations is None:
        return [spec.activation] * count
    if len(spec.activations) != count:
        raise UsageError(
            "expected one entry in activations for each of the {count} hidden layers, found "
            "{found}: the activation behind the last layer is `output`",
            count=count,
            found=len(spec.activations),
        )
    return spec.activations


def _linear(spec: NetworkConfig, n: int, m: int) -> Op:
    starts: dict[str, Any] = {}
    if spec.initializer is not None:
        name, options = split_name(spec.initializer, "initializer")
        starts["weight_init"] = initializer(name, **options)
    if spec.bias_initializer is not None:
        name, options = split_name(spec.bias_initializer, "initializer")
        if "fan_in" in _fields_of(INITIALIZERS.get(name)):
            options.setdefault("fan_in", n)
        starts["bias_init"] = initializer(name, **options)
    return ops.operator("Linear", in_features=n, out_features=m, bias=spec.bias, **starts)


def _between(spec: NetworkConfig, width: int, activation: Named) -> list[Op]:
    parts: list[Op] = []
    if spec.normalization is not None:
        name, options = split_name(spec.normalization, "normalization")
        size = "num_features" if "batch" in name.lower() else "normalized_shape"
        parts.append(ops.operator(name, "normalization", **{size: width}, **options))
    parts += _activation(activation)
    if spec.dropout:
        parts.append(ops.operator("Dropout", p=spec.dropout))
    return parts


def _activation(named: Named) -> list[Op]:
    """The operator of an activation. "linear" is none, and "exp" stands among the arithmetic."""
    name, options = split_name(named, "activation")
    if name.lower() in ("linear", "identity"):
        return []
    kind = "elementwise" if name.lower() == "exp" else "activation"
    return [ops.operator(name, kind, **options)]


def _named(named: Any, kind: str) -> Op:
    name, options = split_name(named, kind)
    return ops.operator(name, kind, **options)


def build_model(config: Config, task: str = "classification", samples: int = 0) -> Model:
    """The model of a configuration, prepared for training on so many samples."""
    spec = config.training
    net = with_wrong_backward(config.mistakes, build_network(config.network))
    model = Model(
        net,
        engine=spec.engine,
        device=spec.device,
        precision=spec.precision,
        seed=spec.seed,
    )
    loss = _named(spec.loss, "loss")
    named = spec.metrics
    if named is None:
        named = ["accuracy"] if task == "classification" else ["r2"]
    pairs = [split_name(m, "metrics") for m in named]
    return model.prepare(
        with_wrong_update(config.mistakes, build_optimizer(spec, samples)),
        with_wrong_loss(config.mistakes, loss),
        [
            with_wrong_metric(config.mistakes, settle(metric(name, **options), type(loss).__name__))
            for name, options in pairs
        ],
        transforms=build_transforms(config.data.transforms),
        accumulate_grad_batches=spec.accumulate,
        monitor=spec.monitor,
    )


def build_transforms(named: list[Named]) -> Any:
    """The transforms one after the other, or None. Raises UsageError for an unknown one."""
    steps = [split_name(t, "transforms") for t in named]
    return from_config({"name": name, **options} for name, options in steps) if steps else None


def build_optimizer(spec: TrainingConfig, samples: int = 0) -> Any:
    """The optimizer with its schedule, weight decay and clipping.

    A schedule that needs a number of steps and is given none lasts for the whole training.
    """
    name, options = split_name(spec.optimizer, "optimizer")
    rate: Any = spec.learning_rate
    if spec.schedule is not None:
        kind, settings = split_name(spec.schedule, "schedule")
        if "steps" in _fields_of(SCHEDULES.get(kind)) and kind != "warm_up" and samples:
            settings.setdefault("steps", updates(spec, samples))
        rate = schedule(kind, learning_rate=spec.learning_rate, **settings)
    if spec.clip_norm is not None and spec.clip_value is not None:
        raise UsageError("expected clip_norm or clip_value, found both: choose one")
    if spec.clip_norm is not None:
        options["clip"] = ClipByNorm(spec.clip_norm)
    if spec.clip_value is not None:
        options["clip"] = ClipByValue(spec.clip_value)
    if spec.weight_decay:
        options["weight_decay"] = spec.weight_decay
    return optimizer(name, learning_rate=rate, **options)


def updates(spec: TrainingConfig, samples: int) -> int:
    """How many updates the whole training does."""
    whole = -(-samples // spec.batch_size) * spec.epochs
    return (whole if spec.steps is None else min(whole, spec.steps)) // spec.accumulate


def _fields_of(cls: Any) -> list[str]:
    return [] if cls is None else [f.name for f in fields(cls)]
