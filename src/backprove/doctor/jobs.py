"""What one re-run is asked for and what came out of it: plain numbers that JSON can hold."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from backprove.errors import BackproveError


class Job(msgspec.Struct, frozen=True):
    """One training to be run: the program (as `Program.to_job` gives it), seed, steps.

    steps is 0 for all of the program's own; `watch` is what watching may cost, relative to the
    training (see `observe.Observer`): 0 asks for no trace.
    """

    subject: Any
    seed: int
    steps: int = 0
    watch: float = 0.0


class Outcome(msgspec.Struct):
    """What came out of one training.

    metric   accuracy or R^2 on the rows that were trained on, NaN if the run overflowed
    steps    how many were done; total_steps all that the program has
    held_out the same on rows that were held out; None if there are none
    loss     the mean loss of the last steps; curve: (step, loss) at some steps
    stopped  the step at which the loss or a parameter stopped being finite; None if never
    trace    what was watched, as `Trace.to_json` gives it; None if nothing was
    seconds  what the steps took, the first one taken as long as the others
    error    the words of the exception that ended it, "" if none did
    late     whether it was a time limit that ended it
    """

    seed: int
    steps: int = 0
    total_steps: int = 0
    metric: float = math.nan
    held_out: float | None = None
    first_loss: float = math.nan
    loss: float = math.nan
    curve: list[tuple[int, float]] = []
    stopped: int | None = None
    trace: dict[str, Any] | None = None
    seconds: float = 0.0
    error: str = ""
    late: bool = False

    @property
    def finite(self) -> bool:
        """Whether the run came to its end without NaN or infinity and without an error."""
        return self.stopped is None and not self.error and math.isfinite(self.metric)


def words(error: Exception) -> str:
    """What an exception says; of those that are not ours, its class as well."""
    return str(error) if isinstance(error, BackproveError) else f"{type(error).__name__}: {error}"
