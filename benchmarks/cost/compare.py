"""All counters on all vectors of tests/cost/truth.toml: `python -m benchmarks cost [VECTOR ...]`.

Every peer runs in a process of its own for each vector. Prints what each found, and how often it
was right; writes benchmarks/results/cost.json, and cost.md with the same tables.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.cost.vectors import NAMES, VECTORS, networks, shapes

from backprove.cost.frameworks import cost_of_file
from backprove.cost.frameworks.inputs import parse
from backprove.errors import BackproveError
from backprove.files import write_text
from backprove.oracle.client import installed
from backprove.tables import markdown_table, text_table
from benchmarks.cost import judge, process
from benchmarks.cost.places import OURS, PEERS, Place
from benchmarks.speed.places import THREADS

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results"
PACKAGES = {"torch": "torch", "paddle": "paddlepaddle"}
Answers = dict[str, dict[str, dict[str, Any]]]


def main(names: list[str] | None = None) -> None:
    """Every named vector, or all."""
    names = sys.argv[2:] if names is None else names
    for name in names:
        if name not in VECTORS:
            sys.exit(f"unknown vector {name!r}: known are {', '.join(VECTORS)}")
    found = compare(names or list(VECTORS))
    RESULTS.mkdir(exist_ok=True)
    write_text(RESULTS / "cost.json", json.dumps(found, indent=1) + "\n")
    write_text(RESULTS / "cost.md", report(found, markdown_table))
    print(report(found, text_table))


def compare(names: list[str]) -> Answers:
    """The answer of each counter by vector; several peers run at the same time."""
    found: Answers = {}
    with ThreadPoolExecutor(int(THREADS)) as pool:
        for name in names:
            print(f"{len(found) + 1} of {len(names)}: {name}", file=sys.stderr, flush=True)
            asked = [pool.submit(ask, place, name) for place in PEERS]
            found[name] = {place.name: ours(place, name) for place in OURS}
            try:
                answers = [one.result() for one in asked]
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            found[name] |= {p.name: answer for p, answer in zip(PEERS, answers, strict=True)}
    return found


def ours(place: Place, vector: str) -> dict[str, Any]:
    """Our own answer, in the strict convention."""
    if not installed(place.library):
        return {"absent": PACKAGES[place.library]}
    target = f"{networks(place.library)}::{NAMES[vector]}"
    try:
        result = cost_of_file(target, shapes(vector, place.library), convention="strict")
    except BackproveError as error:
        return {"error": str(error)}
    return {
        "mac": result.operations("forward", "mac"),
        "flop": result.operations("forward"),
        "parameters": result.totals["parameters"]["total"],
        "named": not result.complete,
        "versions": result.versions,
    }


def ask(place: Place, vector: str) -> dict[str, Any]:
    """A peer's answer; {"error": ...} or {"absent": ...} where there is none."""
    inputs, _ = parse(shapes(vector, place.library))
    return process.ask(place, networks(place.library), NAMES[vector], inputs)


def report(found: Answers, table: Any) -> str:
    """Numbers with marks, how often each counter earned each mark, reasons and versions."""
    names = [place.name for place in (*OURS, *PEERS)]
    headings, right = ["network", "truth", *names], tuple(range(1, len(names) + 2))
    return "\n\n".join(
        [
            "Work of the forward pass: multiply-adds, or operations where there are none.",
            table(headings, _rows(found, names, judge.work), right=right),
            "Parameters.",
            table(headings, _rows(found, names, judge.parameters), right=right),
            "How often.",
            _often(found, names, table),
            "\n".join(f"* {mark}: {meaning}" for mark, meaning in judge.MEANINGS.items()),
            "\n".join(f"* {reason}" for reason in _reasons(found, names)),
            ", ".join(_versions(found)) + "\n",
        ]
    )


def _rows(found: Answers, names: list[str], by: Any) -> list[list[str]]:
    rows = []
    for vector, answers in found.items():
        truth = VECTORS[vector]
        work = truth["macs"] or truth.get("flop_strict", 0)
        true = work if by is judge.work else truth["params"]
        cells = [_cell(*by(answers[name], truth)) for name in names]
        rows.append([vector, f"{true:,}", *cells])
    return rows


def _cell(number: float | None, mark: str) -> str:
    """The number with its mark, without one where it is right."""
    if number is None:
        return mark or "-"
    return f"{number:,.0f}" + ("" if mark == judge.RIGHT else f" {mark}")


def _often(found: Answers, names: list[str], table: Any) -> str:
    rows = []
    for name in names:
        pairs = [(answers[name], VECTORS[vector]) for vector, answers in found.items()]
        marks = Counter(judge.work(*pair)[1] for pair in pairs)
        counted = [judge.parameters(*pair) for pair in pairs]
        good = sum(mark == judge.RIGHT for _, mark in counted)
        silent = any(number is not None for number, _ in counted)
        cells = [str(marks[mark]) for mark in judge.MEANINGS]
        rows.append([name, *cells, f"{good} of {len(pairs)}" if silent else "-"])
    headings = ["counter", *judge.MEANINGS, "parameters right"]
    found_right = tuple(range(1, len(headings)))
    return str(table(headings, rows, right=found_right))


def _reasons(found: Answers, names: list[str]) -> list[str]:
    """Why a counter gave no number, each reason once with the vectors that it holds for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for vector, answers in found.items():
        for name in names:
            answer = answers[name]
            if "absent" in answer:
                reasons.setdefault((name, f"{answer['absent']} is not installed"), [])
            for key in {"error", "unfit"} & set(answer):
                reasons.setdefault((name, answer[key]), []).append(vector)
    return [
        f"{name}: {reason}" + (f" ({', '.join(vectors)})" if vectors else "")
        for (name, reason), vectors in reasons.items()
    ]


def _versions(found: Answers) -> list[str]:
    pairs = {
        pair
        for answers in found.values()
        for answer in answers.values()
        for pair in answer.get("versions", {}).items()
    }
    return sorted(f"{name} {version}" for name, version in pairs)
