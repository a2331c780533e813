"""Results as examples for the reports."""

from __future__ import annotations

import math

from backprove import codes
from backprove.findings import Check, Evidence, Finding, Result

HOSTILE = "]]> <b a='1'>&amp;</b> \x00\x1b[2J \ud800 \n::error::x \"q\" 100%, a:b"


def wrong() -> Finding:
    """A wrong gradient with a place."""
    return codes.finding(
        "GRD006",
        parameters={"what": "gradient of b"},
        evidence=[
            Evidence("ratio", 0.125),
            Evidence("yours", math.nan, where="[0]"),
            Evidence("expected", 8.0),
            Evidence("distance", 12, "ULP"),
        ],
        subject="Linear",
        check="gradient of b",
        file="lab 4/mine.py",
        line=7,
        column=9,
        source="        return dy @ w.T, dy",
        fix=["sum over the batch"],
        script="import numpy as np\nprint(1 < 2 & 3)\n",
    )


def convention() -> Finding:
    """Information without a place."""
    return codes.finding(
        "GRD012",
        parameters={"what": "gradient of x", "input": 0.0, "yours": 1.0, "reference": "PyTorch"},
        subject="Linear",
        check="gradient of x",
    )


def crash() -> Finding:
    """A crash that belongs to no check of the list."""
    return codes.finding(
        "GRD020", parameters={"method": "forward", "error": "SIGSEGV"}, subject="Linear"
    )


def linear() -> Result:
    """Every verdict at once."""
    checks = [
        Check("value", "ok"),
        Check("gradient of x", "convention"),
        Check("gradient of b", "wrong"),
        Check("second derivative for x", "undecided", "float16 only"),
        Check("dtype", "wrong", "float64 became float32"),
    ]
    return Result(
        "Linear", [wrong(), convention(), crash()], checks, {"numpy": "2.4"}, seed=7, seconds=1.5
    )


def right() -> Result:
    """Nothing was found."""
    return Result("ReLU", [], [Check("value", "ok")], {}, 0, 0.25)


def hostile() -> Result:
    """Every text is an attack on the format around it."""
    finding = Finding(
        code=HOSTILE,
        level="warn",
        verdict="wrong",
        title="{x}",
        parameters={"x": HOSTILE},
        evidence=[Evidence(HOSTILE, HOSTILE, HOSTILE, HOSTILE)],
        subject=HOSTILE,
        check=HOSTILE,
        file=HOSTILE,
        line=0,
        fix=[HOSTILE],
        script=HOSTILE,
        column=0,
        source=HOSTILE,
    )
    return Result(HOSTILE, [finding], [Check(HOSTILE, "wrong", HOSTILE)], {HOSTILE: HOSTILE})
