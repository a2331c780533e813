"""The answers of several tools in tables: each program, and what share of them is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from backprove.files import write_text
from backprove.tables import markdown_table, text_table
from benchmarks.check.score import share
from benchmarks.doctor.truth import Truth


class Answer(NamedTuple):
    """What one tool says of one program: does something fail, which families, is it repaired."""

    fails: bool
    families: tuple[str, ...]
    repaired: bool = False
    alarm: bool = False
    verdict: str = ""
    seconds: float = 0.0


Tools = dict[str, dict[str, Answer]]
"""The answers of each tool to each program."""


def row(name: str, truth: Truth, answer: Answer) -> list[str]:
    """A line of the table."""
    top = "-" if not truth.families else "yes" if right(truth, answer) else "no"
    if not truth.confirmed:
        top = f"({top})"
    return [
        name,
        answer.verdict,
        " ".join(answer.families),
        " ".join(truth.families) or "nothing wrong",
        top,
        "yes" if answer.repaired else "no",
        f"{answer.seconds:.0f}",
    ]


def right(truth: Truth, answer: Answer) -> bool:
    """Whether the first family that is named is one of the right ones."""
    return bool(answer.families) and answer.families[0] in truth.families


def totals(answers: Tools, truth: dict[str, Truth], table: Callable[..., str] = text_table) -> str:
    """Detection, first cause, repair, precision and recall of families, false alarms, seconds."""
    rows = [[tool, *_numbers(found, truth)] for tool, found in answers.items()]
    head = ["tool", "detected", "first cause right", "repaired", "precision", "recall"]
    return table([*head, "false alarms", "s"], rows, right=range(1, 8))


def tables(answers: Tools, truth: dict[str, Truth], table: Callable[..., str] = text_table) -> str:
    """The doctor's answer to every program, and the totals of all tools."""
    rows = [row(name, truth[name], found) for name, found in answers["doctor"].items()]
    head = ["program", "verdict", "found", "right", "top", "repaired", "s"]
    return f"{table(head, rows, right=(6,))}\n\n{totals(answers, truth, table)}"


def write(answers: Tools, truth: dict[str, Truth], origin: dict[str, Any], path: Path) -> None:
    """Write all answers as JSON and the tables as Markdown, under the name of `path`."""
    found = {"origin": origin, "answers": msgspec.to_builtins(answers)}
    write_text(path.with_suffix(".json"), json.dumps(found, indent=1) + "\n")
    versions = ", ".join(origin["versions"])
    text = f"{tables(answers, truth, markdown_table)}\n\n{versions}, budget {origin['budget']}\n"
    write_text(path.with_suffix(".md"), text)


def _numbers(found: dict[str, Answer], truth: dict[str, Truth]) -> list[str]:
    faulty = [n for n in found if truth[n].confirmed and truth[n].families]
    healthy = [n for n in found if not truth[n].families]
    pairs = [(set(found[n].families), set(truth[n].families)) for n in faulty]
    hits = sum(len(a & b) for a, b in pairs)
    return [
        share([found[n].fails for n in faulty]),
        share([right(truth[n], found[n]) for n in faulty]),
        share([found[n].repaired for n in faulty]),
        f"{hits / max(1, sum(len(a) for a, _ in pairs)):.2f}",
        f"{hits / max(1, sum(len(b) for _, b in pairs)):.2f}",
        share([found[n].alarm for n in healthy]),
        f"{np.mean([a.seconds for a in found.values()]):.1f}",
    ]
