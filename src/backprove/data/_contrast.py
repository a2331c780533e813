"""The rule contrast-lost: data scaled twice, so that samples hardly differ any more.

ToTensor brings bytes to [0, 1]; Normalize(127.5, 127.5), meant for bytes, then squeezes them into
[-1, -0.992]: their standard deviation is 0.0024 in place of 0.61, and a network trains as if all
inputs were one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove.errors import DataError, UsageError

SMALLEST_STD = 0.05
_LOOKED_AT = 1024


def refuse_wrong_order(steps: Sequence[Any]) -> None:
    """Raise UsageError if the steps by themselves show a mistake, whatever the data are.

    That is a known range of values made narrower than 0.05, or a movement that fills in 0 after
    Normalize has made the background something else.
    """
    span: tuple[float, float] | None = None
    shifted = None
    for step in steps:
        fill = getattr(step, "fill", None)
        if shifted is not None and fill == 0:
            raise UsageError(
                "expected {step} before {normalize}, found it behind, where the background is no "
                "longer {fill}: exchange the two, or use fill=None",
                step=type(step).__name__,
                normalize=shifted,
                fill=fill,
            )
        if hasattr(step, "span"):
            span = step.span(span)
            if span is not None and span[1] - span[0] < SMALLEST_STD:
                raise UsageError(
                    "contrast-lost: expected values that differ by about 1 after the transforms, "
                    "found that {step} squeezes them into [{low:.4g}, {high:.4g}]: ToTensor has "
                    "already divided by 255; leave it out, or use Normalize(0.5, 0.5)",
                    step=step,
                    low=span[0],
                    high=span[1],
                )
        if np.any(getattr(step, "mean", 0.0)):
            shifted = step


def refuse_lost_contrast(transform: Any, x: Any) -> None:
    """Raise DataError if the transform leaves the samples x with a deviation below 0.05.

    This sees what the steps alone do not show, such as data that were already in [0, 1] divided
    by 255. Data that were as flat before are let through. Looks at 1,024 samples at most.
    """
    before = np.asarray(x[:: max(1, len(x) // _LOOKED_AT)])
    after = np.asarray(transform(before, training=False))
    old, new = (float(np.std(a.astype(np.float64))) for a in (before, after))
    if new < SMALLEST_STD and new < old:
        raise DataError(
            "contrast-lost: expected a standard deviation of about 1 after the transforms, found "
            "{new:.2g} (before: {old:.2g}): the data are scaled twice or by the wrong numbers; "
            "the deviation of bytes is about 80, of values in [0, 1] about 0.3",
            new=new,
            old=old,
        )
