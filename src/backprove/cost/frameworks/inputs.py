"""What `--input` says of a framework's network: "64,784", "4,20;4,30", "10:int64", "x=2,3"."""

from __future__ import annotations

import re
from typing import Any

from backprove.errors import UsageError

PART = re.compile(r"(?:([A-Za-z_]\w*)=)?(\d+(?:,\d+)*|\(\)):?([a-z]+\d*)?")


def parse(text: str | None) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Positional and keyword inputs, each a shape with all its axes and a dtype.

    Raises UsageError if there is none or one is not understood.
    """
    if text is None:
        raise UsageError(
            "the shape of the network's input is not known: give --input with all axes, the batch "
            "first, such as 64,784; several inputs as 4,20;4,30; whole numbers as 10:int64"
        )
    inputs: list[dict[str, Any]] = []
    keywords: dict[str, dict[str, Any]] = {}
    for part in text.replace(" ", "").split(";"):
        match = PART.fullmatch(part)
        if match is None:
            raise UsageError(
                "expected --input to be shapes such as 64,784, 4,20;4,30, 10:int64 or mask=8,8, "
                "found {found!r}",
                found=text,
            )
        name, numbers, dtype = match.groups()
        if re.search(r"(^|,)0+(,|$)", numbers):
            raise UsageError("expected lengths from 1 on in --input, found {found!r}", found=text)
        shape = [] if numbers == "()" else [int(n) for n in numbers.split(",")]
        one = {"shape": shape, "dtype": dtype or "float32"}
        if name is None:
            inputs.append(one)
        else:
            keywords[name] = one
    return inputs, keywords
