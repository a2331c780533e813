"""Part 1: LeakyReLU's value and gradient beside Paddle's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from backprove.course import framework_of
from backprove.messages import render
from backprove.ops.activation.leaky_relu import LeakyReLU
from backprove.oracle.client import installed, reference
from backprove.tables import paragraph, text_table

POINTS = (-np.inf, -2.0, -1e-3, -0.0, 0.0, 1e-3, 3.0, np.inf, np.nan)
SAMPLES = 10_000


@dataclass(frozen=True)
class Comparison:
    """An operator beside Paddle's on the same inputs: values y and gradients dx for dy = 1."""

    name: str
    slope: float
    x: Any
    y: Any
    dx: Any
    paddle_y: Any
    paddle_dx: Any

    def verdicts(self) -> list[str]:
        """For each input: "equal", "convention" or "differs"."""
        return [
            verdict(*row, self.slope)
            for row in zip(self.x, self.y, self.dx, self.paddle_y, self.paddle_dx, strict=True)
        ]


def verdict(x: float, y: float, dx: float, paddle_y: float, paddle_dx: float, slope: float) -> str:
    """Compare one input.

    At 0 any value between the two one-sided derivatives is a convention, not an error; at NaN
    there is no derivative, so any gradient is one.
    """
    if not _same(y, paddle_y):
        return "differs"
    if _same(dx, paddle_dx):
        return "equal"
    low, high = min(slope, 1.0), max(slope, 1.0)
    if np.isnan(x) or (x == 0 and low <= dx <= high):
        return "convention"
    return "differs"


def _same(a: float, b: float) -> bool:
    """Equal to four units in the last place, or both NaN."""
    both_nan = bool(np.isnan(a) and np.isnan(b))
    return both_nan or a == b or bool(abs(a - b) <= 4 * np.spacing(max(abs(a), abs(b))))


def compare(place: str | None = None, slope: float = 0.1) -> Comparison | None:
    """Compare our LeakyReLU, or the class of a learner's file, with Paddle; None without Paddle.

    A learner's slope is read off its value at -1.
    """
    if not installed("paddle"):
        return None
    rng = np.random.default_rng(0)
    x = np.concatenate([POINTS, rng.standard_normal(SAMPLES) * 3]).astype(np.float32)
    dy = np.ones_like(x)
    paddle = reference("paddle")
    if place is None:
        op = LeakyReLU(slope)
        y, saved = op.fwd(x)
        name, dx = "LeakyReLU", op.bwd(saved, dy)[0][0]
    else:
        more = np.append(x, np.float32(-1))
        library = framework_of(place)
        worker = reference(library or "paddle")
        found = worker.ask(
            "run_file", place=place, x=more, dy=np.ones_like(more), tensors=library is not None
        )
        name, slope = found["name"], -float(found["y"][-1])
        y, dx = (found[name][:-1].astype(np.float32) for name in ("y", "dx"))
    theirs = paddle.evaluate(
        "F.leaky_relu(x, negative_slope)", {"x": x}, {"negative_slope": slope}, dy
    )
    return Comparison(name, slope, x, y, dx, theirs["y"], theirs["gradients"]["x"])


def show(found: Comparison) -> str:
    """The special points as a table, and what the random points gave."""
    said = found.verdicts()
    words = {
        "equal": render("equal"),
        "convention": render("convention"),
        "differs": render("differs"),
    }
    columns = (found.x, found.y, found.paddle_y, found.dx, found.paddle_dx)
    rows = [[*(f"{c[i]:g}" for c in columns), words[said[i]]] for i in range(len(POINTS))]
    headings = [
        "x",
        render("value"),
        render("Paddle's value"),
        render("gradient"),
        render("Paddle's gradient"),
        render("verdict"),
    ]
    lines = [text_table(headings, rows, right=(0, 1, 2, 3, 4)), ""]
    random = said[len(POINTS) :]
    lines.append(
        render(
            "{name} with slope {slope:g}: of {count:,} more random inputs {equal:,} are equal "
            "to Paddle's in value and gradient.",
            name=found.name,
            slope=found.slope,
            count=len(random),
            equal=random.count("equal"),
        )
    )
    if "differs" in said:
        lines.append(_simplest_difference(found, said))
    if "convention" in said:
        lines.append(
            render(
                "At 0 LeakyReLU has a kink: left derivative {slope:g}, right derivative 1. Paddle "
                "takes the right one, PyTorch and backprove the left one; both are right. "
                "At NaN there is no derivative.",
                slope=found.slope,
            )
        )
    return "\n".join([lines[0], *map(paragraph, lines[1:])])


def _simplest_difference(found: Comparison, said: list[str]) -> str:
    """The differing input that is easiest to work out by hand: finite, and the nearest to -2."""
    wrong = [i for i, word in enumerate(said) if word == "differs"]
    i = min(wrong, key=lambda j: abs(found.x[j] + 2.0) if np.isfinite(found.x[j]) else np.inf)
    return render(
        "{name} differs from Paddle at {count:,} inputs. At x = {x:g} it gives the value {y:g} "
        "(expected {paddle_y:g}) and the gradient {dx:g} (expected {paddle_dx:g}).",
        name=found.name,
        count=len(wrong),
        x=found.x[i],
        y=found.y[i],
        paddle_y=found.paddle_y[i],
        dx=found.dx[i],
        paddle_dx=found.paddle_dx[i],
    )
