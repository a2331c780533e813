"""The configuration of a training run, as a TOML file or as options of the command line.

    [data]
    name = "mnist"            # mnist, iris, a recipe, a folder of IDX files, FILE.npz, FILE.csv
    transforms = ["to_tensor"]

    [network]
    layers = [784, 1500, 500, 10]
    activation = "leaky_relu" # or {name = "leaky_relu", negative_slope = 0.1}

    [training]
    optimizer = "adam"
    learning_rate = 1e-3
    batch_size = 64
    epochs = 3

A fourth table, [mistakes], trains with mistakes on purpose. Every key is checked; an unknown one is
refused with the nearest that exists.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec
import tomli_w

from backprove.errors import UsageError, nearest
from backprove.files import write_text

COURSE = (784, 1500, 500, 10)
"""The sizes of the network that the course trains on MNIST."""

Named = str | dict[str, Any]
"""The name of something, or a table with its name and options."""


class DataConfig(msgspec.Struct, forbid_unknown_fields=True):
    """Which data, what is the target, what is held out, how rows and batches are prepared.

    options are those of the reader or recipe. scale_inputs and scale_targets change all rows once,
    by what the training rows say (see `train.scaling`); targets turns labels into what a loss needs
    (see `train.targets`). With test = 0 no row is held out and the training rows are measured.
    """

    name: str = "mnist"
    options: dict[str, Any] = {}
    target: str | None = None
    validation: float = 0.0
    test: float = 0.2
    transforms: list[Named] = []
    limit: int | None = None
    scale_inputs: Named | None = None
    scale_targets: Named | None = None
    targets: Named | None = None


class NetworkConfig(msgspec.Struct, forbid_unknown_fields=True):
    """A feed-forward network: sizes from the input to the output, and what stands between.

    activations: one for each hidden layer, in place of `activation`; output: behind the last.
    """

    layers: list[int] = msgspec.field(default_factory=lambda: list(COURSE))
    activation: Named = "leaky_relu"
    activations: list[Named] | None = None
    output: Named | None = None
    initializer: Named | None = None
    bias_initializer: Named | None = None
    bias: bool = True
    normalization: Named | None = None
    dropout: float = 0.0
    input_dropout: float = 0.0


class TrainingConfig(msgspec.Struct, forbid_unknown_fields=True):
    """Loss, optimizer, and how long and where to train. steps: stop after so many in all."""

    loss: Named = "cross_entropy"
    optimizer: Named = "adam"
    learning_rate: float = 1e-3
    schedule: Named | None = None
    monitor: str | None = None
    weight_decay: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    accumulate: int = 1
    batch_size: int = 64
    epochs: int = 3
    steps: int | None = None
    shuffle: bool = True
    seed: int = 0
    engine: str = "jax"
    device: str = "cpu"
    precision: str = "float32"
    metrics: list[Named] | None = None
    early_stopping: dict[str, Any] | None = None


WrongGradient = Literal["missing", "negative", "doubled"]


class MistakesConfig(msgspec.Struct, forbid_unknown_fields=True):
    """Mistakes to be made on purpose, in order to see what they do; see `train.mistakes`.

    shuffled_inputs      the rows of x are shuffled without y
    shuffled_labels      the labels are a random permutation of themselves
    shifted_labels       every label belongs to the row so many places before
    broadcast_targets    targets (N,) against outputs (N, 1): N x N pairs; or one target, K outputs
    softmax_over_batch   a softmax cross-entropy, written by hand, that sums over the rows
    ascent               the update has the wrong sign
    kept_gradients       gradients are never set to zero between steps
    frozen               parameters that are never updated: "0.weight", or "0" for both of a layer
    activation_gradient, weight_gradient, bias_gradient
                         a wrong backward formula: "missing", "negative" or "doubled"
    """

    shuffled_inputs: bool = False
    shuffled_labels: bool = False
    shifted_labels: int = 0
    broadcast_targets: bool = False
    softmax_over_batch: bool = False
    ascent: bool = False
    kept_gradients: bool = False
    frozen: list[str] = []
    activation_gradient: WrongGradient | None = None
    weight_gradient: WrongGradient | None = None
    bias_gradient: WrongGradient | None = None


class Config(msgspec.Struct, forbid_unknown_fields=True):
    """A whole training run."""

    data: DataConfig = msgspec.field(default_factory=DataConfig)
    network: NetworkConfig = msgspec.field(default_factory=NetworkConfig)
    training: TrainingConfig = msgspec.field(default_factory=TrainingConfig)
    mistakes: MistakesConfig = msgspec.field(default_factory=MistakesConfig)


def read(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises UsageError if it is missing or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError("there is no file {path}: check the path", path=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "{path} is not a TOML file in UTF-8: {reason}", path=str(path), reason=str(error)
        ) from error
    except OSError as error:
        raise UsageError(
            "cannot read {path}: {reason}", path=str(path), reason=error.strerror or str(error)
        ) from error


def convert(tables: dict[str, Any]) -> Config:
    """A checked configuration. Raises UsageError for unknown keys and values of a wrong type."""
    _refuse_unknown(tables, Config, "")
    try:
        return msgspec.convert(tables, Config)
    except msgspec.ValidationError as error:
        raise UsageError("the configuration is wrong: {reason}", reason=str(error)) from error


def _refuse_unknown(tables: Any, struct: Any, place: str) -> None:
    for key, value in tables.items():
        fields = {f.name: f for f in msgspec.structs.fields(struct)}
        if key not in fields and not place:
            raise UsageError(
                "unknown table [{key}]: did you mean [{nearest}]? Known are {known}.",
                key=key,
                nearest=nearest(key, fields),
                known=", ".join(fields),
            )
        if key not in fields:
            raise UsageError(
                "unknown key {key!r} in {place}: did you mean {nearest!r}? Known are {known}.",
                key=key,
                place=place,
                nearest=nearest(key, fields),
                known=", ".join(fields),
            )
        kind = fields[key].type
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
            _refuse_unknown(value, kind, f"[{key}]")


def write(config: Config, path: Path) -> None:
    """Write the whole configuration as TOML, so that a change of defaults does not change it.

    TOML has no null: what is None is left out.
    """
    tables = {
        table: {k: v for k, v in values.items() if v is not None}
        for table, values in msgspec.to_builtins(config).items()
    }
    if config.mistakes == MistakesConfig():
        del tables["mistakes"]
    write_text(path, tomli_w.dumps(tables, multiline_strings=False))


def split_name(named: Named, kind: str) -> tuple[str, dict[str, Any]]:
    """(name, options) of a name or a table. Raises UsageError for a table without a name."""
    if isinstance(named, str):
        return named, {}
    options = dict(named)
    name = options.pop("name", None)
    if not isinstance(name, str):
        raise UsageError("{kind} is a table without a name: add name = '...'", kind=kind)
    return name, options
