"""Where a subject without a definition is looked at: inputs, parameters, labels it accepts."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.cells import Tally
from backprove.check.examples import CYCLE
from backprove.check.measured import losses, recipes
from backprove.check.measured.ask import Forward
from backprove.check.measured.examples import Base
from backprove.check.trial import Trial
from backprove.errors import UsageError


def drawn(
    subject: Any, names: list[str], rng: np.random.Generator, tally: Tally
) -> tuple[dict[str, Any], list[recipes.Recipe]]:
    """The subject's parameters, drawn anew (zeros hide mistakes), and the recipes it accepts.

    For parameters of unknown shapes those are tried that fit rows of three numbers.
    """
    sizes = {name: tuple(size) for name, size in subject.facts["parameters"].items()}
    unshaped = subject.facts.get("unshaped", [])
    for shapes in recipes.parameter_shapes(len(unshaped)) if unshaped else ():
        values = _drawn({**sizes, **dict(zip(unshaped, shapes, strict=True))}, rng)
        if len(names) == 1 and _takes(subject, values, rng):
            return values, recipes.ROWS
    values = _drawn({**sizes, **dict.fromkeys(unshaped, (3,))}, rng)
    return values, accepted(subject, names, values, rng, tally)


def _drawn(sizes: dict[str, tuple[int, ...]], rng: np.random.Generator) -> dict[str, Any]:
    return {name: recipes.draw("normal", size, rng) for name, size in sizes.items()}


def _takes(subject: Any, values: dict[str, Any], rng: np.random.Generator) -> bool:
    """Whether forward gives a value for several rows and for one row."""
    points = [(recipe.inputs(rng), values) for recipe in recipes.ROWS]
    return all(recipes.usable(y) for y in Forward(subject, {})(points))


def accepted(
    subject: Any, names: list[str], values: dict[str, Any], rng: np.random.Generator, tally: Tally
) -> list[recipes.Recipe]:
    """The recipes of the first tier of which any works.

    Raises UsageError if none does.
    """
    refusal, inputs = None, ()
    labelled = subject.facts["protocol"] == "chain"
    for tier in recipes.tiers(names, values, labelled):
        good = []
        for recipe in tier:
            inputs = recipe.inputs(rng)
            request: dict[str, Any] = {
                "arguments": {}, "inputs": list(inputs), "values": values, "dy": None,
                "mode": "forward",
            }  # fmt: skip
            (outcome,) = subject.run([request])
            if "ended" in outcome:
                tally.add(_trial_of(inputs, values), outcome, None)
                return []
            refusal = refusal or outcome.get("stopped")
            if recipes.usable(outcome.get("arrays", {}).get("y")):
                good.append(recipe)
        if good:
            return good
    if refusal is not None and refusal.kind in ("no result", "malformed", "exited"):
        tally.add(_trial_of(inputs, values), {"stopped": refusal}, None)
        return []
    raise UsageError(
        "{name}.forward accepts none of the inputs that were tried ({reason}): check the class, "
        "or its arguments (--with)",
        name=subject.facts["name"],
        reason=refusal.error if refusal is not None else "NaN",
    )


def _trial_of(inputs: tuple[Any, ...], values: dict[str, Any]) -> Trial:
    return Trial({}, inputs, np.ones(()), {}, "float64", values)


def bases(
    subject: Any,
    recipe: recipes.Recipe,
    names: list[str],
    values: dict[str, Any],
    rng: np.random.Generator,
    tally: Tally,
) -> list[Base]:
    """Where the subject is looked at: drawn inputs, zeros, special numbers."""
    optional = recipes.optional(recipe, names)
    if any("." in name for name in values) or subject.facts["protocol"] == "labels":
        optional |= {f"d{i}" for i in range(len(names))}
    drawn = recipe.inputs(rng)
    found = [Base({}, drawn, values, optional)]
    if subject.facts["protocol"] == "labels":
        return _labelled(subject, found[0], rng, tally)
    if recipe.draws and recipe.draws[0][0] == "normal" and np.size(drawn[0]) > 3:
        first = drawn[0]
        zeros, special = np.zeros(first.shape), np.resize(np.array(CYCLE), first.shape)
        for purpose, x in (("zeros", zeros), ("special numbers", special)):
            found.append(Base({}, (x, *drawn[1:]), values, optional, purpose=purpose))
    if len(set(recipe.draws)) == 1 < len(recipe.draws):
        equal = (drawn[0],) * len(drawn)
        found.append(Base({}, equal, values, optional, purpose="equal inputs"))
    return found


def _labelled(subject: Any, base: Base, rng: np.random.Generator, tally: Tally) -> list[Base]:
    """The base with the first labels that backward accepts."""
    (y,) = Forward(subject, {})([(base.inputs, base.values)])
    tried = losses.labels_for(y, rng)
    requests = [
        {
            "arguments": {}, "inputs": list(base.inputs), "values": base.values,
            "dy": np.ones(y.shape), "labels": labels,
        }
        for labels in tried
    ]  # fmt: skip
    outcomes = subject.run(requests)
    for labels, outcome in zip(tried, outcomes, strict=True):
        if "arrays" in outcome and not outcome["partly"]:
            return [base._replace(labels=labels)]
    for labels, outcome in zip(tried, outcomes, strict=True):
        if "arrays" in outcome:
            return [base._replace(labels=labels)]
    trial = _trial_of(base.inputs, base.values)
    tally.add(trial, outcomes[0], None)
    return []
