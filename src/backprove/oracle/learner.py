"""A learner's operator class in a file, run on the arrays of whichever backend asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprove import lift
from backprove.course import load_operator


def run_file(
    place: str, x: Any, dy: Any, wrap: Callable[[Any], Any], plain: Callable[[Any], Any]
) -> dict[str, Any]:
    """The class's name, its output and the gradient of its input, as NumPy arrays.

    `wrap` makes the arrays that the class gets, `plain` takes what it returns. Raises TypeError
    if backward returns no gradient.
    """
    op = load_operator(place)()
    y, saved = lift.fwd(op, (wrap(x),), {})
    (dx, *_), _ = lift.bwd(op, saved, wrap(dy))
    if dx is None:
        raise TypeError(f"{type(op).__name__}.backward returned None: return the input's gradient")
    return {"name": type(op).__name__, "y": plain(y), "dx": plain(dx)}
