"""What is worth trying on a program: the explanations that people reach for first.

Each idea is an edit with the cause family that it speaks for. They are tried beside what the
trace suggests, so that a popular explanation that is wrong gets refuted with numbers, and so that
a cause that nobody thought of shows by what repairs it (a neutrality search).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from backprove.doctor import edits
from backprove.doctor.edits import Edit
from backprove.doctor.spec import Spec
from backprove.train.config import split_name

Purpose = Literal["repair", "refute", "popular", "reference"]

LONGER = 4
"""The idea that the training is too short is tried with so many times as many steps."""


class Idea(NamedTuple):
    """An edit to try: the family it speaks for, why it is tried, and how much longer it runs."""

    edit: Edit
    family: str
    purpose: Purpose = "popular"
    longer: int = 1


def popular(spec: Spec) -> list[Idea]:
    """The explanations that a forum would offer, where they apply to this program."""
    rate, ideas = spec.training.learning_rate, []
    ideas += [
        Idea(edits.learning_rate(spec, rate / 10), "lr-high"),
        Idea(edits.learning_rate(spec, rate * 10), "lr-low"),
    ]
    kinds = activations(spec)
    if "relu" in kinds:
        ideas += [
            Idea(edits.activation(spec, "leaky_relu"), "dead-step"),
            Idea(edits.activation(spec, "prelu"), "dead-step"),
        ]
    if "sigmoid" in kinds:
        ideas.append(Idea(edits.activation(spec, "tanh"), "vanish"))
    if kinds:
        start = "he_normal" if "relu" in kinds else "xavier_uniform"
        ideas.append(Idea(edits.initializer(spec, start), "init-small"))
    if kinds and spec.network.normalization is None:
        ideas.append(Idea(edits.batch_norm(spec), "masking"))
    if name_of(spec.training.optimizer) != "adam":
        ideas.append(Idea(edits.optimizer(spec, "adam", 1e-3), "masking"))
    ideas.append(Idea(edits.longer(spec, LONGER), "epochs", longer=LONGER))
    return ideas


def activations(spec: Spec) -> list[str]:
    """The names of the hidden activations."""
    network = spec.network
    count = len(network.layers) - 2
    named = network.activations if network.activations is not None else [network.activation] * count
    return [name_of(one) for one in named]


def name_of(named: object) -> str:
    """The name in a name or a table with a name."""
    return split_name(named, "name")[0].lower()  # type: ignore[arg-type]
