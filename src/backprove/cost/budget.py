"""Budgets: "2M" multiply-adds, and what exceeds them."""

from __future__ import annotations

import re
from decimal import Decimal

from backprove.cost.table import CostResult
from backprove.errors import UsageError
from backprove.messages import render

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}


def amount(text: str, option: str) -> int:
    """The number of "2M", "1.5G", "300_000" or "2e6". Raises UsageError for anything else."""
    match = re.fullmatch(r"([0-9][0-9_,]*(?:\.[0-9]+)?(?:e[0-9]{1,3})?)([kmgbt]?)", text.lower())
    number = Decimal(re.sub("[_,]", "", match[1])) if match else Decimal("0.5")
    value = number * UNITS[match[2]] if match else number
    if value != int(value):
        raise UsageError(
            "expected {option} to be a whole number such as 2000000, 2M, 1.5G or 2e6, "
            "found {found!r}",
            option=option,
            found=text,
        )
    return int(value)


def exceeded(
    result: CostResult, max_params: str | None = None, max_macs: str | None = None
) -> list[str]:
    """A sentence for each budget that the network exceeds. Raises UsageError for a bad number."""
    found = []
    total, limit = result.totals["parameters"]["total"], max_params
    if limit is not None and total > (most := amount(limit, "--max-params")):
        text = render(
            "{found} parameters are more than the budget of {limit}", **_pair(total, most)
        )
        found.append(text)
    if max_macs is not None:
        found += _exceeded_macs(result, amount(max_macs, "--max-macs"))
    return found


def _exceeded_macs(result: CostResult, limit: int) -> list[str]:
    """A budget of multiply-adds also fails where an operator is not known: it may exceed it."""
    if not result.input_shapes or result.convention not in ("headline", "strict"):
        raise UsageError(
            "--max-macs needs a network in the convention headline or strict: "
            "a file of parameters and other conventions have no multiply-adds of their own"
        )
    macs = result.operations("forward", "mac")
    if macs > limit:
        return [
            render(
                "{found} multiply-adds are more than the budget of {limit}", **_pair(macs, limit)
            )
        ]
    if not result.complete_in("forward"):
        return [render("an operator has no formula, so the totals are not complete")]
    return []


def _pair(found: int, limit: int) -> dict[str, str]:
    return {"found": f"{found:,}", "limit": f"{limit:,}"}
