"""What `backprove train` says at the end."""

from __future__ import annotations

from typing import Any

from backprove.cost import cost
from backprove.messages import render
from backprove.tables import paragraph, text_table
from backprove.train.run import TrainingResult


def show_training(result: TrainingResult) -> str:
    """Measures, parameters, compute, time and place of a run, as text."""
    held_out = result.config.data.test > 0
    title = render("Result on the test data") if held_out else render("Result on the training data")
    lines = [str(result.model.history), "", title, measures(result)]
    return "\n".join([*lines, "", render("Size and compute"), size(result), "", place(result)])


def measures(result: TrainingResult) -> str:
    """The test measures as a small table."""
    rows = [[name, shown(value)] for name, value in result.measures.items()]
    rows.append([render("samples"), f"{result.test_size:,}"])
    return text_table([render("measure"), render("value")], rows, right=(1,))


def size(result: TrainingResult) -> str:
    """Parameters, multiply-adds and FLOP of a training step, with the convention named."""
    batch = result.config.training.batch_size
    model = result.model
    one = cost(model.net, result.sample_shape)
    step = cost(model.net, result.sample_shape, batch_size=batch, optimizer=model.optimizer)
    passes = ("forward", "backward")
    products = 2 * sum(step.operations(p, "mac") for p in passes)
    rest = sum(step.operations(p) for p in passes) - products
    parameters, update = step.totals["parameters"]["total"], step.operations("optimizer")
    least = "" if step.complete else "≥ "
    rows = [
        [render("parameters"), f"{parameters:,}"],
        [
            render("forward, one sample (multiply-adds)"),
            f"{least}{one.operations('forward', 'mac'):,}",
        ],
        [render("forward and backward, batch {batch} (FLOP)", batch=batch), f"{least}{products:,}"],
        [render("biases and activations (FLOP)"), f"{least}{rest:,}"],
        [render("optimizer (FLOP)"), f"{update:,}"],
        [render("training step without the loss (FLOP)"), f"{least}{step.operations('step'):,}"],
    ]
    note = render(
        "Headline convention: FLOP = 2 x multiply-adds + one per bias and activation element."
    )
    return (
        text_table([render("quantity"), render("number")], rows, right=(1,))
        + "\n"
        + paragraph(note)
    )


def place(result: TrainingResult) -> str:
    """Time, and where everything was saved."""
    text = render(
        "{seconds:.1f} s. Saved in {folder}: checkpoint.safetensors, config.toml, "
        "history.jsonl, result.json",
        seconds=result.seconds,
        folder=str(result.folder),
    )
    return paragraph(text)


def shown(value: Any) -> str:
    """A measure as text: four digits behind the point, lists one after the other."""
    if isinstance(value, list):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    return f"{value:.4f}" if isinstance(value, float) else f"{value}"
