"""`backprove cost`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from backprove.cli.status_line import status_line
from backprove.cost import traffic
from backprove.cost.budget import exceeded
from backprove.cost.count import cost as count
from backprove.cost.explain import explain as explained
from backprove.cost.frameworks import cost_of_file
from backprove.cost.frameworks.inputs import parse
from backprove.cost.onnx_count import cost_of_onnx
from backprove.cost.rendering import comma_separated, markdown, side_by_side
from backprove.cost.table import CostResult
from backprove.cost.timing.told import Told
from backprove.cost.weights import cost_of_weights
from backprove.errors import UsageError, unknown
from backprove.messages import render
from backprove.op import Op
from backprove.tables import markdown_table, text_table
from backprove.targets import parse_given
from backprove.train import config as configuration
from backprove.train.build import build_network, build_optimizer
from backprove.train.config import Config
from backprove.train.run import load_run

FORMATS: dict[str, Callable[[CostResult], str]] = {
    "table": str,
    "json": CostResult.json,
    "csv": comma_separated,
    "markdown": markdown,
}


ENGINES = ("jax", "numpy")
"""Those whose steps are timed."""


@dataclass(frozen=True)
class Options:
    """What is asked of every network alike."""

    input: str | None
    batch_size: int | None
    optimizer: str | None
    loss: str | None
    convention: str
    activation: str
    arguments: dict[str, Any]
    abstract: bool
    measure: bool | str = False
    cache: bool = True


def cost(
    target: Annotated[
        str,
        typer.Argument(
            help=render(
                "A run's folder, a TOML file, sizes (784,1500,500,10), a safetensors or ONNX file "
                "or FILE.py::NAME, a network of Paddle or PyTorch."
            )
        ),
    ],
    input: Annotated[
        str | None,
        typer.Option(
            help=render(
                "Shape of one sample, such as 784 or 28,28; of FILE.py::NAME and ONNX files with "
                "all axes: 64,784."
            )
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help=render("Samples in a step; the run's own, or 1."))
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(help=render("Optimizer: sgd, momentum, adam ... or none."))
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help=render("Loss, by the name of its operator, or none."))
    ] = None,
    activation: Annotated[
        str, typer.Option(help=render("Activation between the layers."))
    ] = "leaky_relu",
    given: Annotated[
        list[str] | None,
        typer.Option("--with", help=render("An argument for the constructor: negative_slope=0.1.")),
    ] = None,
    convention: Annotated[
        str,
        typer.Option(
            help=render(
                "headline, strict, or a tool: paddle, torch, fvcore, thop, ptflops, calflops."
            )
        ),
    ] = "headline",
    abstract: Annotated[
        bool,
        typer.Option(
            "--abstract",
            help=render("Of FILE.py::NAME: from shapes alone; nothing is allocated or run."),
        ),
    ] = False,
    format: Annotated[str, typer.Option(help=render("table, json, csv or markdown."))] = "table",
    explain: Annotated[
        bool, typer.Option("--explain", help=render("Show every number worked out."))
    ] = False,
    moved: Annotated[
        bool, typer.Option("--bytes", help=render("Show bytes moved and FLOP a byte by pass."))
    ] = False,
    measure: Annotated[
        bool,
        typer.Option(
            "--measure",
            help=render(
                "Time a step of our own network, and predict it from this machine's rates."
            ),
        ),
    ] = False,
    engine: Annotated[
        str, typer.Option(help=render("Engine that is timed: jax or numpy."))
    ] = "jax",
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help=render("Time the machine's rates anew."))
    ] = False,
    compare: Annotated[
        str | None, typer.Option(help=render("Another network to show beside this one."))
    ] = None,
    max_params: Annotated[
        str | None, typer.Option(help=render("Exit with 1 above so many parameters: 2M."))
    ] = None,
    max_macs: Annotated[
        str | None, typer.Option(help=render("Exit with 1 above so many multiply-adds: 2M."))
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help=render("Exit with 1 if an operator has no formula."))
    ] = False,
) -> int:
    """Parameters, compute and memory, an operator a row."""
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    arguments = parse_given(given or [])
    options = Options(
        input, batch_size, optimizer, loss, convention, activation, arguments, abstract
    )
    options = replace(options, measure=measure and engine, cache=not no_cache)
    if compare is None and Path(target).suffix in (".safetensors", ".onnx"):
        _refuse_idle(Path(target).suffix, options)
    result = _count(target, options)
    missed = exceeded(result, max_params, max_macs)
    if compare is not None:
        typer.echo(_compared(result, _count(compare, options), format))
    else:
        typer.echo(FORMATS[format](result))
        if moved and result.input_shapes:
            typer.echo("\n" + _traffic(result, format), err=format in ("json", "csv"))
        if explain:
            typer.echo("\n" + explained(result), err=format != "table")
    if strict and not result.complete:
        missed.append(render("an operator has no formula, so the totals are not complete"))
    for sentence in dict.fromkeys(missed):
        typer.echo(sentence, err=True)
    return 1 if missed else 0


def _count(target: str, options: Options) -> CostResult:
    path = Path(target)
    code = target.partition("::")[0].endswith(".py")
    own = path.suffix not in (".safetensors", ".onnx") and not code
    if options.measure and not own:
        raise UsageError(
            "--measure times networks of our own: a run's folder, a TOML file or sizes, found "
            "{found!r}",
            found=target,
        )
    if code:
        return _of_framework(target, options)
    if options.arguments:
        raise UsageError(
            "--with sets the arguments of FILE.py::NAME: leave it out for other targets"
        )
    if path.suffix == ".safetensors":
        return cost_of_weights(path)
    if path.suffix == ".onnx":
        shapes = None if options.input is None else parse(options.input)[0]
        given = None if shapes is None else [tuple(one["shape"]) for one in shapes]
        return cost_of_onnx(
            path,
            given,
            batch_size=options.batch_size,
            convention=options.convention,
            optimizer=_chosen(options.optimizer, None, "adam"),
            loss=_chosen(options.loss, None, "cross_entropy"),
        )
    net, config = _network(target, path, options.activation)
    with status_line() as told:
        return _of_ours(net, config, target, options, told)


def _of_ours(
    net: Op, config: Config | None, target: str, options: Options, told: Told
) -> CostResult:
    return count(
        net,
        _shape(options.input),
        batch_size=_batch_size(options, config),
        optimizer=_chosen(options.optimizer, config and _optimizer_of(config), "adam"),
        loss=_chosen(options.loss, config and _loss_of(config), "cross_entropy"),
        convention=options.convention,
        subject=target,
        measure=options.measure,
        cache=options.cache,
        told=told,
    )


def _refuse_idle(suffix: str, options: Options) -> None:
    """Raise UsageError for an option that changes nothing of a file of this kind."""
    given = {"--abstract": options.abstract}
    if suffix == ".safetensors":
        given["--optimizer"] = options.optimizer is not None
        given["--loss"] = options.loss is not None
        given["--input"] = options.input is not None
        given["--batch-size"] = options.batch_size is not None
        given["--convention"] = options.convention != "headline"
    for option, there in given.items():
        if there:
            raise UsageError(
                "{option} changes nothing of a {suffix} file: leave it out",
                option=option,
                suffix=suffix,
            )


def _of_framework(target: str, options: Options) -> CostResult:
    if options.batch_size is not None:
        raise UsageError(
            "the --input of a Paddle or PyTorch network has all axes, the batch among them: "
            "leave --batch-size out"
        )
    return cost_of_file(
        target,
        options.input,
        arguments=options.arguments,
        abstract=options.abstract,
        optimizer=_chosen(options.optimizer, None, "adam"),
        loss=_chosen(options.loss, None, "cross_entropy"),
        convention=options.convention,
    )


def _network(target: str, path: Path, activation: str) -> tuple[Op, Config | None]:
    """The network, and its configuration if it has one."""
    if path.suffix == ".toml":
        config = configuration.convert(configuration.read(path))
        return build_network(config.network), config
    if path.is_dir():
        model, config, _ = load_run(path)
        return model.net, config
    sizes = _whole_numbers(target)
    if sizes is None:
        raise UsageError(
            "expected a run's folder, a TOML file, sizes such as 784,1500,500,10, a "
            "safetensors or ONNX file or FILE.py::NAME, found {found!r}: check the path",
            found=target,
        )
    tables = {"network": {"layers": sizes, "activation": activation}}
    return build_network(configuration.convert(tables).network), None


def _batch_size(options: Options, config: Config | None) -> int:
    if options.batch_size is not None:
        return options.batch_size
    return 1 if config is None else config.training.batch_size


def _optimizer_of(config: Config) -> Any:
    """The optimizer with a constant learning rate: a schedule costs nothing."""
    return build_optimizer(msgspec.structs.replace(config.training, schedule=None))


def _loss_of(config: Config) -> Any:
    from backprove import ops

    name, settings = configuration.split_name(config.training.loss, "loss")
    return ops.operator(name, "loss", **settings)


def _chosen(given: str | None, own: Any, usual: str) -> Any:
    """What was given; "none" is None; else the configuration's own, else the usual one."""
    if given is not None:
        return None if given == "none" else given
    return usual if own is None else own


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    found = _whole_numbers(text)
    if found is None:
        raise UsageError(
            "expected --input to be whole numbers with commas, such as 784 or 28,28; "
            "found {found!r}",
            found=text,
        )
    return tuple(found)


def _whole_numbers(text: str) -> list[int] | None:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        return None


def _traffic(result: CostResult, format: str) -> str:
    if format == "markdown":
        return markdown_table(*traffic.cells(result), right=traffic.RIGHT)
    return traffic.text(result)


def _compared(first: CostResult, second: CostResult, format: str) -> str:
    if format == "json":
        return f"[{first.json()},\n{second.json()}]"
    headings, rows = side_by_side(first, second)
    if format == "markdown":
        return markdown_table(headings, rows, right=(1, 2, 3, 4))
    if format == "csv":
        raise UsageError("--compare has the formats table, json and markdown, found csv")
    return text_table(headings, rows, right=(1, 2, 3, 4))
