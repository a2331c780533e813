"""Part 3: ten layers of ReLU with learning rate 2.0, and the same network with 0.1."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from backprove.data import Dataset, load
from backprove.data.transforms import Normalize
from backprove.errors import DivergenceError
from backprove.messages import render
from backprove.net import Sequential
from backprove.op import Op
from backprove.ops.activation.relu import ReLU
from backprove.ops.linear.linear import Linear
from backprove.optim import SGD
from backprove.tables import paragraph, text_table
from backprove.train.model import Model
from backprove.train.watch import watched

SIZES = (784, *(128,) * 9, 10)
SAMPLES = 12_000
PROBES = 2_000
STEPS = 300


@dataclass(frozen=True)
class Outcome:
    """One training: the loss at some steps, why it stopped, dead units before and after."""

    learning_rate: float
    losses: list[float]
    stopped: str
    accuracy: float
    dead_before: list[float]
    dead_after: list[float]

    @property
    def converged(self) -> bool:
        """Clearly better than guessing: above 30 % where guessing gives 10 %."""
        return self.accuracy > 0.3


def network() -> Sequential:
    """Ten linear layers with ReLU between them, Xavier weights and zero biases."""
    parts: list[Op] = []
    for n, m in pairwise(SIZES):
        parts += [Linear(n, m), ReLU()]
    return Sequential(*parts[:-1])


def experiment(learning_rate: float, seed: int = 0, verbose: int = 1) -> Outcome:
    """Train for 300 steps of 64 images and look at the units that are silent on all probes."""
    data = load("mnist").take(range(SAMPLES))
    model = Model(network(), seed=seed)
    model.prepare(
        SGD(learning_rate), "cross_entropy", ["accuracy"], transforms=Normalize(127.5, 127.5)
    )
    probes = data.take(range(PROBES))
    before = dead_shares(model, probes)
    stopped = ""
    try:
        model.fit(data, batch_size=64, epochs=2, num_iters=STEPS, verbose=verbose)
    except DivergenceError as error:
        stopped = str(error)
    accuracy = model.evaluate(probes)["accuracy"]
    return Outcome(
        learning_rate, model.step_losses, stopped, accuracy, before, dead_shares(model, probes)
    )


def dead_shares(model: Model, probes: Dataset) -> list[float]:
    """For each ReLU layer, the share of units that are 0 for every probe; NaN if one is NaN."""
    shares: list[float] = []

    def record(name: str, op: Op, kind: str, y: Any) -> None:
        if isinstance(op, ReLU):
            broken = bool(np.any(np.isnan(y)))
            shares.append(np.nan if broken else float(np.mean(np.all(y <= 0, axis=0))))

    x = Normalize(127.5, 127.5)(probes.x.reshape(len(probes), -1))
    with np.errstate(all="ignore"):
        watched(model.net, record).fwd(x, **model.state_dict())
    return shares


def show(outcomes: list[Outcome]) -> str:
    """The losses and the dead units of every layer side by side, and what happened in words."""
    return "\n\n".join([_losses(outcomes), _dead(outcomes), *map(_words, outcomes)])


def _losses(outcomes: list[Outcome]) -> str:
    steps = [1, 2, 3, 5, 10, 20, 50, 100, 200, STEPS]
    headings = [render("step"), *(_title(o) for o in outcomes)]
    rows = [
        [str(s), *(f"{o.losses[s - 1]:.4g}" if s <= len(o.losses) else "-" for o in outcomes)]
        for s in steps
    ]
    return render("Loss") + "\n" + text_table(headings, rows, right=range(len(headings)))


def _dead(outcomes: list[Outcome]) -> str:
    headings = [render("layer"), render("at the start"), *(_title(o) for o in outcomes)]
    rows = []
    for layer, start in enumerate(outcomes[0].dead_before):
        ends = (_share(o.dead_after[layer]) for o in outcomes)
        rows.append([str(layer + 1), _share(start), *ends])
    title = render("Units that are 0 for all {count:,} probe images", count=PROBES)
    return title + "\n" + text_table(headings, rows, right=range(len(headings)))


def _share(share: float) -> str:
    return "NaN" if np.isnan(share) else f"{share:.0%}"


def _title(outcome: Outcome) -> str:
    return render("learning rate {rate:g}", rate=outcome.learning_rate)


def _words(outcome: Outcome) -> str:
    if outcome.converged:
        text = render(
            "Learning rate {rate:g}: it trains; accuracy {accuracy:.1%} after {steps} steps.",
            rate=outcome.learning_rate,
            accuracy=outcome.accuracy,
            steps=len(outcome.losses),
        )
    else:
        text = render(
            "Learning rate {rate:g}: it does not converge; accuracy {accuracy:.1%}, where guessing "
            "gives 10%.",
            rate=outcome.learning_rate,
            accuracy=outcome.accuracy,
        )
    return paragraph(f"{text} {outcome.stopped}".rstrip())
