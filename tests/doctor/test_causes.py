"""Small programs with one mistake each: the trace speaks for the right family of causes."""

from __future__ import annotations

import copy

import pytest

from backprove import messages
from backprove.codes import CODES, finding
from backprove.doctor.causes import FAMILIES, hypotheses
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.facts import facts
from backprove.doctor.observe import THOROUGH, observe
from backprove.doctor.quantities import QUANTITIES
from backprove.doctor.spec import changed, convert

CLASSES = {
    "data": {"name": "iris", "scale_inputs": "standard", "test": 0.0},
    "network": {"layers": [4, 16, 16, 3], "activation": "relu", "initializer": "he_normal"},
    "training": {
        "loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.1, "batch_size": 16,
        "epochs": 20,
    },
}  # fmt: skip
NUMBERS = {
    "data": {
        "name": "friedman", "scale_inputs": "standard", "scale_targets": "standard", "test": 0.0,
        "options": {"samples": 200},
    },
    "network": {"layers": [10, 16, 16, 1], "activation": "relu", "initializer": "he_normal"},
    "training": {
        "loss": "mse", "optimizer": "sgd", "learning_rate": 0.02, "batch_size": 20, "epochs": 20,
    },
}  # fmt: skip
BASES = {"classes": CLASSES, "numbers": NUMBERS}
SQUASHED = {"network.activation": "sigmoid", "network.layers": [4, 8, 8, 8, 8, 8, 3]}

MISTAKES = [
    ("classes", {"training.learning_rate": 50.0}, "lr-high"),
    ("numbers", {"training.learning_rate": 5.0}, "lr-high"),
    ("classes", {"training.learning_rate": 1e-5}, "lr-low"),
    ("classes", {"training.epochs": 1, "training.learning_rate": 0.02}, "epochs"),
    ("classes", {"network.initializer": {"name": "constant", "value": 0.05}}, "init-symmetry"),
    ("classes", {"network.initializer": {"name": "normal", "std": 0.01}}, "init-small"),
    ("classes", {"network.initializer": {"name": "normal", "std": 5.0},
                 "network.activation": "tanh"}, "init-large"),
    ("classes", {"network.bias_initializer": {"name": "constant", "value": -50.0}}, "dead-born"),
    ("classes", {**SQUASHED, "network.initializer": "xavier_uniform"}, "vanish"),
    ("classes", {"network.activation": "exp", "network.layers": [4, 8, 8, 8, 8, 3]}, "explode"),
    ("numbers", {"network.activation": "linear"}, "missing-act"),
    ("numbers", {"data.scale_targets": None, "network.output": "sigmoid"}, "out-act"),
    ("numbers", {"network.output": "softmax"}, "out-act"),
    ("numbers", {"network.layers": [10, 16, 4], "mistakes.broadcast_targets": True}, "out-units"),
    ("classes", {"network.output": "softmax"}, "double-softmax"),
    ("classes", {"training.loss": {"name": "cross_entropy", "reduction": "sum"}},
     "loss-reduction"),
    ("numbers", {"mistakes.broadcast_targets": True}, "broadcast"),
    ("classes", {"mistakes.softmax_over_batch": True}, "loss-impl"),
    ("classes", {"mistakes.ascent": True}, "ascent"),
    ("classes", {"mistakes.weight_gradient": "doubled"}, "grad-bug"),
    ("classes", {"mistakes.activation_gradient": "missing"}, "grad-bug"),
    ("classes", {"mistakes.kept_gradients": True}, "update-bug"),
    ("classes", {"mistakes.frozen": ["0"]}, "update-bug"),
    ("classes", {"training.weight_decay": 1.0}, "over-reg"),
    ("classes", {"data.scale_inputs": {"name": "divide", "by": 1e-4}}, "scale-x"),
    ("numbers", {"data.scale_targets": {"name": "divide", "by": 1e-5}}, "scale-y"),
    ("classes", {"mistakes.shuffled_labels": True}, "no-signal"),
    ("numbers", {"mistakes.shuffled_inputs": True}, "data-bug"),
    ("classes", {"training.batch_size": 150, "training.epochs": 8,
                 "training.learning_rate": 0.02}, "batch"),
    ("classes", {"training.optimizer": {"name": "adam", "eps": 0.5},
                 "training.learning_rate": 1e-3}, "opt"),
]  # fmt: skip
MEASURED = {"broadcast", "loss-impl", "ascent", "grad-bug", "update-bug", "double-softmax"}
"""Families that an exact test decides: they must not be suspected where nothing is wrong."""


def suspicions(base, changes):
    """The hypotheses about a program, and its trace."""
    spec = changed(convert(copy.deepcopy(BASES[base])), changes)
    found = ConfigSubject(spec)
    known = facts(*found.start(0).probe_data)
    trace = observe(found, 0, share=THOROUGH)
    return hypotheses(trace, known, spec), trace


@pytest.mark.parametrize(("base", "changes", "family"), MISTAKES, ids=lambda x: str(x)[:40])
def test_a_mistake_is_suspected_among_the_first(base, changes, family) -> None:
    found, _ = suspicions(base, changes)
    ranks = [h.family for h in found]
    assert family in ranks[:4], ranks
    chosen = found[ranks.index(family)]
    assert chosen.edits or family == "no-signal"
    for language in ("en", "zh"):
        messages.choose_language(language)
        assert "{" not in finding(chosen.code, parameters=chosen.parameters).sentence
    messages.choose_language("auto")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"network.activation": "leaky_relu", "training.optimizer": "adam",
         "training.learning_rate": 1e-3},
        {"network.dropout": 0.2, "training.optimizer": "momentum", "training.learning_rate": 0.01},
        {"network.normalization": "batch_norm_1d"},
    ],
    ids=["plain", "adam", "momentum", "norm"],
)  # fmt: skip
def test_exact_tests_accuse_no_program_that_is_right(base, changes) -> None:
    found, trace = suspicions(base, changes)
    assert not MEASURED & {h.family for h in found}
    assert trace.head.lost < 1e-3 and trace.head.safe and trace.updates.wrong < 1e-2


def test_every_hypothesis_names_a_code_and_known_quantities() -> None:
    for base, changes, _ in MISTAKES[:8]:
        for h in suspicions(base, changes)[0]:
            assert h.code in CODES and 0 < h.prior <= 1
            assert h.mediator is None or h.mediator.quantity in QUANTITIES
            ids = [edit.id for edit in h.edits]
            assert len(ids) == len(set(ids))


def test_families_are_files_of_their_own() -> None:
    assert len({family.__name__ for family in FAMILIES}) == len(FAMILIES)


def test_a_step_that_is_too_large_names_the_step_and_the_stable_one() -> None:
    found, trace = suspicions("classes", {"training.learning_rate": 50.0})
    high = next(h for h in found if h.family == "lr-high")
    assert high.parameters["stable"] < 50.0 and high.parameters["step"] >= 1
    assert high.step is not None and high.step < trace.steps
    assert {"activation=leaky_relu", "initializer=he_normal"} <= {e.id for e in high.refuters}
    assert all(e.changes["training.learning_rate"] < 50.0 for e in high.edits)
