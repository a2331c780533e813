"""Every edit changes what it says, can be built, and is told in both languages."""

from __future__ import annotations

import pytest

from backprove import messages
from backprove.doctor import edits
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.spec import Spec, changed, convert, difference
from backprove.errors import UsageError


def moons(**training) -> Spec:
    """A small network with an odd head, so that every edit has something to do."""
    tables = {
        "data": {"name": "moons", "options": {"samples": 40}, "test": 0.0},
        "network": {
            "layers": [2, 6, 4, 1],
            "activations": ["tanh", "relu"],
            "output": "sigmoid",
            "dropout": 0.2,
            "initializer": {"name": "constant", "value": 0.1},
        },
        "training": {
            "loss": {"name": "mse", "reduction": "sum"},
            "optimizer": {"name": "momentum", "momentum": 0.5},
            "metrics": [{"name": "accuracy", "threshold": 0.5}],
            "learning_rate": 0.1,
            "batch_size": 8,
            "steps": 10,
            "shuffle": False,
            "weight_decay": 0.1,
            **training,
        },
        "mistakes": {"ascent": True},
    }
    return convert(tables)


MADE = {
    "learning_rate": lambda s: edits.learning_rate(s, 0.0123456),
    "warm_up": lambda s: edits.warm_up(s, 5),
    "optimizer": lambda s: edits.optimizer(s, "adam", 1e-3),
    "constants": edits.usual_constants,
    "clipping": lambda s: edits.clip_norm(s, 1.0),
    "weight_decay": edits.weight_decay,
    "longer": lambda s: edits.longer(s, 3),
    "batch_size": lambda s: edits.batch_size(s, 4),
    "shuffle": edits.shuffle,
    "activation": lambda s: edits.activation(s, {"name": "leaky_relu", "negative_slope": 0.1}),
    "initializer": lambda s: edits.initializer(s, "he_normal"),
    "normalization": edits.batch_norm,
    "hidden_layers": lambda s: edits.hidden_layers(s, [3]),
    "relu_he": edits.relu_he,
    "dropout": lambda s: edits.dropout(s, 0.5),
    "no_dropout": edits.no_dropout,
    "output": lambda s: edits.output(s, "softplus"),
    "linear_output": lambda s: edits.output(s, None),
    "loss": lambda s: edits.loss(s, "l1"),
    "reduction": edits.reduction,
    "head": lambda s: edits.head(s, "classes", 2),
    "scale_inputs": edits.scale_inputs,
    "input_range": lambda s: edits.scale_inputs(s, "range"),
    "no_mistake": lambda s: edits.no_mistake(s, "ascent"),
}


@pytest.mark.parametrize("kind", MADE)
def test_an_edit_does_what_it_says(kind) -> None:
    spec = moons()
    edit = MADE[kind](spec)
    assert edit.kind == kind and edit.masking == (kind in edits.MASKING)
    assert difference(spec, changed(spec, edit.changes))
    run = ConfigSubject(spec).edited(edit).start(0)
    run.step()
    assert run.step_count == 1
    english = str(edit)
    messages.choose_language("zh")
    try:
        assert str(edit) != english or not english.isascii()
    finally:
        messages.choose_language("auto")


def test_every_kind_of_edit_is_made_above_or_needs_other_data() -> None:
    other = {"placebo", "scale_targets", "target_range", "targets"}
    assert MADE.keys() | other == edits.PHRASES.keys()


def test_edits_of_targets() -> None:
    spec = moons()
    assert edits.placebo(spec).changes == {}
    number = ConfigSubject(spec).edited(edits.targets(spec, "number"))
    assert number.task == "regression"
    for edit in (edits.scale_targets(spec), edits.scale_targets(spec, "range")):
        run = number.edited(edit).start(0)
        assert run.probe_data[1].min() < 0 and edit.kind.endswith(("targets", "range"))


def test_steps_grow_with_the_length_and_as_batches_shrink() -> None:
    spec = moons()
    assert changed(spec, edits.longer(spec, 3).changes).training.steps == 30
    assert changed(spec, edits.batch_size(spec, 4).changes).training.steps == 20
    kept = edits.batch_size(spec, 4, keep_steps=True)
    assert changed(spec, kept.changes).training.steps == 10


def test_depth_and_width_keep_input_output_and_an_activation() -> None:
    spec = moons()
    deep = changed(spec, edits.depth(spec, 3).changes).network
    assert deep.layers == [2, 6, 6, 6, 1] and deep.activation == "tanh"
    assert changed(spec, edits.width(spec, 0.5).changes).network.layers == [2, 3, 2, 1]
    none = changed(spec, edits.depth(spec, 0).changes).network
    assert none.layers == [2, 1]


def test_a_head_for_each_kind_of_target() -> None:
    spec = moons()
    heads = {kind: edits.head(spec, kind, 3).changes for kind in edits.HEADS}
    assert heads["labels"]["training.metrics"] == ["binary_accuracy"]
    assert all(h["network.layers"] == [2, 6, 4, 3] for h in heads.values())
    assert [h["training.loss"] for h in heads.values()] == list(edits.HEADS.values())
    with pytest.raises(UsageError, match="kind of target"):
        edits.head(spec, "class", 2)


def test_combined_edits_are_one_edit_and_keep_their_parts() -> None:
    spec = moons()
    first = edits.combined(edits.learning_rate(spec, 0.5), edits.batch_norm(spec))
    whole = edits.combined(first, edits.learning_rate(spec, 0.25))
    assert [p.kind for p in whole.parts] == ["learning_rate", "normalization", "learning_rate"]
    assert whole.masking and whole.changes["training.learning_rate"] == 0.25
    assert str(whole).count(" + ") == 2 and whole.id.count("+") == 2


def test_mistakes_that_are_made_have_an_edit_each() -> None:
    spec = changed(moons(), {"mistakes.frozen": ["0"], "mistakes.weight_gradient": "negative"})
    assert [e.id for e in edits.mistakes(spec)] == [
        "no_mistake=ascent",
        "no_mistake=frozen",
        "no_mistake=weight_gradient",
    ]
    assert [e.id for e in edits.mistakes(spec, "ascent", "kept_gradients")] == ["no_mistake=ascent"]
    cured = changed(spec, edits.combined(*edits.mistakes(spec)).changes)
    assert edits.mistakes(cured) == []
    with pytest.raises(UsageError, match="did you mean 'ascent'"):
        edits.no_mistake(spec, "ascnt")
