"""Which of several proved explanations comes first, and which are named together."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from backprove.doctor import edits
from backprove.doctor.accepted import accepted
from backprove.doctor.claims import claims
from backprove.doctor.decide import Interval, Judged
from backprove.doctor.hypothesis import Hypothesis, Mediator
from doctor.programs import clusters

SPEC = clusters()
CONFIRMED = Judged("confirmed", 3, 3, 0.8, Interval(0.7, 0.9))


def examination(ideas, quantities=None, given=0.0, **reached):
    """What claims ask of an examination in which every edit repaired the program."""
    known = {edit.id: edit for edit in ideas}
    progress = {"as given": [given], **{e.id: [reached.get(e.kind, 1.0)] for e in ideas}}
    quantities = quantities or {}
    return SimpleNamespace(
        ideas=known,
        edit=known.get,
        before=[given],
        attainable=1.0,
        judged=lambda name: CONFIRMED,
        quantity=lambda name, arm: quantities.get((name, arm)),
        laboratory=SimpleNamespace(
            progress=lambda name, seeds=None: progress[name], seeds=lambda count: [0]
        ),
    )


def families(found):
    return [claim.hypothesis.family for claim in found]


LONGER = edits.longer(SPEC, 4)
TANH, LEAKY = edits.activation(SPEC, "tanh"), edits.activation(SPEC, "leaky_relu")
START = edits.initializer(SPEC, "he_normal")
FASTER = edits.learning_rate(SPEC, 1.0)
EPOCHS = Hypothesis("epochs", "OPT510", 0.6, edits=[LONGER])
LOW = Hypothesis("lr-low", "OPT502", 0.5, edits=[FASTER])


@pytest.mark.parametrize(("slope", "first"), [(0.1, "vanish"), (2.0, "epochs")])
def test_more_steps_come_behind_a_defect_that_its_repair_takes_away(slope, first) -> None:
    fades = Hypothesis(
        "vanish", "ACT305", 0.7, edits=[TANH], mediator=Mediator("gradient slope", "below", 1.0)
    )
    exam = examination([TANH, LONGER], {("gradient slope", TANH.id): slope})
    assert families(claims(exam, [fades, EPOCHS]))[0] == first


@pytest.mark.parametrize(("silent", "first"), [(0.0, "init-small"), (0.9, "dead-step")])
def test_deaths_are_the_effect_of_weights_whose_repair_prevents_them(silent, first) -> None:
    dead = Hypothesis(
        "dead-step", "ACT301", 0.7, edits=[LEAKY], mediator=Mediator("silent", "below", 0.2)
    )
    small = Hypothesis(
        "init-small", "INI202", 0.5, edits=[START], mediator=Mediator("signal", "above", 0.1)
    )
    quantities = {
        ("signal", START.id): 1.0, ("silent", START.id): silent, ("silent", LEAKY.id): 0.0,
    }  # fmt: skip
    exam = examination([LEAKY, START], quantities)
    assert families(claims(exam, [dead, small]))[0] == first


def test_what_was_alive_at_the_start_was_hardly_born_dead() -> None:
    born = Hypothesis(
        "dead-born", "ACT304", 0.5, edits=[LEAKY], mediator=Mediator("born dead", "zero")
    )
    alive = {("born dead", "as given"): 0.0, ("born dead", LEAKY.id): 0.0}
    dead = {**alive, ("born dead", "as given"): 1.0}
    found = {
        name: claims(examination([LEAKY], quantities, given=given), [born])[0]
        for name, quantities, given in (
            ("alive", alive, 0.0), ("dead", dead, 0.0), ("spared", alive, 1.0)
        )
    }  # fmt: skip
    assert [claim.moved for claim in found.values()] == [False, True, None]
    assert found["alive"].weight < found["dead"].weight == found["spared"].weight


@pytest.mark.parametrize(
    ("after", "reached", "first"),
    [(0.5, 0.7, "scale-x"), (9.0, 0.7, "lr-high"), (0.5, 1.0, "lr-high")],
)
def test_a_step_is_too_large_because_of_what_makes_the_loss_steep(after, reached, first) -> None:
    smaller, scaled = edits.learning_rate(SPEC, 0.01), edits.scale_inputs(SPEC)
    high = Hypothesis(
        "lr-high",
        "OPT501",
        0.9,
        edits=[smaller],
        mediator=Mediator("early overshoot", "below", 6.0),
    )
    scale = Hypothesis("scale-x", "DAT101", 0.5, edits=[scaled])
    quantities = {("early overshoot", smaller.id): 0.5, ("early overshoot", scaled.id): after}
    exam = examination([smaller, scaled], quantities, learning_rate=reached)
    assert families(claims(exam, [high, scale]))[0] == first


def named(exam, hypotheses):
    return families(accepted(exam, hypotheses, claims(exam, hypotheses)))


def test_larger_and_more_steps_are_named_together() -> None:
    exam = examination([LONGER, FASTER, TANH])
    fades = Hypothesis("vanish", "ACT305", 0.1, edits=[TANH])
    assert sorted(named(exam, [EPOCHS, LOW, fades])) == ["epochs", "lr-low"]


def test_a_new_head_speaks_for_all_it_changes_unless_less_is_enough() -> None:
    head, plain = edits.head(SPEC, "classes", 3), edits.output(SPEC, None)
    units = Hypothesis("out-units", "LOS407", 0.9, edits=[head])
    loss = Hypothesis("loss", "LOS406", 0.6, edits=[head])
    output = Hypothesis("out-act", "ACT303", 0.95, edits=[plain, head])
    assert named(examination([head]), [units, loss]) == ["out-units", "loss"]
    assert named(examination([plain, head]), [output, loss]) == ["out-act"]


def test_rows_that_are_mixed_up_hold_no_signal() -> None:
    mend = edits.no_mistake(SPEC, "shuffled_labels")
    mixed = Hypothesis("data-bug", "DAT106", 0.5, edits=[mend])
    assert named(examination([mend]), [mixed]) == ["data-bug"]
    silent = Hypothesis("no-signal", "DAT107", 0.5)
    assert named(examination([mend]), [silent, mixed]) == ["data-bug", "no-signal"]
