"""Constructor arguments that a name tells: sizes of layers, a layer's name."""

from __future__ import annotations

from typing import Any

from backprove.targets.constructor import MODELS

SIZES = (
    (("hidden", "mid"), 4),
    (("out", "class", "units", "target"), 2),
    (("kernel", "filter"), 2),
    (("in_", "input", "feature", "dim", "size", "channels", "normalized_shape", "n_in"), 3),
)
NAMES = ("name", "prefix", "scope", "tag")


def guessed(name: str) -> Any:
    """A value for an argument without default; None if its name tells nothing.

    Sizes differ from each other, so that a transposed or unsummed gradient shows.
    """
    word = name.lower()
    if word in NAMES:
        return "layer"
    if word in ("fan_in", "d", "n", "num_inputs", "n_features"):
        return 3
    if word in ("fan_out", "m", "k", "num_outputs"):
        return 2
    for words, size in SIZES:
        if any(part in word for part in words):
            return size
    return None


def guesses_for(takes: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A value for every argument that is needed and was not given; none if any name is strange."""
    absent = [n for n in takes["needed"] if n not in given and n.lower() not in MODELS]
    found = {name: guessed(name) for name in absent}
    return {} if None in found.values() else found
