"""Every number of a count worked out: "64 * 784 * 1,500 = 75,264,000 multiply-adds"."""

from __future__ import annotations

from backprove.cost.table import CostResult, Row, Step
from backprove.messages import render
from backprove.tables import NARROWEST, screen_width, wrap

PASSES = {
    "forward": "forward",
    "loss": "loss, forward",
    "dx": "backward: dX",
    "dweight": "backward: dW",
    "dbias": "backward: db",
    "optimizer": "optimizer",
}
KINDS = {
    "mac": "multiply-adds",
    "flop": "FLOP",
    "cheap": "cheap",
    "trans": "transcendental",
    "random": "random",
}


def explain(result: CostResult) -> str:
    """The formula of each row with its numbers, in the current language; wrapped in a terminal."""
    width = screen_width()
    lines = [line for row in result.rows for line in _lines(row)]
    return "\n".join(lines if width is None else (part for x in lines for part in _cut(x, width)))


def _cut(line: str, width: int) -> list[str]:
    """A line in lines of that width, those behind the first further to the right."""
    indent = len(line) - len(line.lstrip())
    first, *rest = wrap(line.strip(), max(width - indent - 2, NARROWEST))
    return [" " * indent + first, *(" " * (indent + 2) + part for part in rest)]


def _lines(row: Row) -> list[str]:
    lines = [f"{row.name}  {row.operator}"]
    if row.tied_to is not None:
        lines.append("  " + render("shares the parameters of {name}", name=row.tied_to))
    if not row.known:
        lines.append("  " + render("no formula is known"))
    worked = dict(row.worked)
    last = {k: worked.pop(k) for k in list(worked) if row.steps and k.startswith("optimizer")}
    for key, text in worked.items():
        lines.append(_equation(row, key, text))
    lines += [_step(step) for step in row.steps if any(step.counts.values())]
    return [*lines, *(_equation(row, key, text) for key, text in last.items())]


def _equation(row: Row, key: str, text: str) -> str:
    label, value = _labelled(row, key)
    result = f"{value:,}"
    return f"  {label}: {text if text == result else f'{text} = {result}'}"


def _step(step: Step) -> str:
    """forward, addmm: 64 x 784 x 100; bias 64 x 100: 5,017,600 multiply-adds, 10,041,600 FLOP."""
    name = step.operation if step.calls == 1 else f"{step.calls} x {step.operation}"
    found = [f"{n:,} {render(KINDS[kind])}" for kind, n in step.counts.items() if n]
    return "  " + ": ".join(
        part
        for part in (f"{render(PASSES[step.passed])}, {name}", step.formula, ", ".join(found))
        if part
    )


def _labelled(row: Row, key: str) -> tuple[str, int]:
    """What a number is, in words, and its value."""
    if key == "parameters":
        return render("parameters"), row.parameters
    pass_, _, kind = key.rpartition(".")
    named = render(PASSES[pass_]) if pass_ in PASSES else f"{render('backward')}: {pass_}"
    return f"{named}, {render(KINDS[kind])}", row.amount(pass_, kind)
