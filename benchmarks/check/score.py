"""The kill score: how many wrong operators each checker finds. `python -m benchmarks check`."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from backprove.tables import text_table
from benchmarks.check.mutants import all_mutants

JUDGES = ("backprove", "gradcheck", "check_grads")
EQUIVALENTS = Path(__file__).with_name("equivalents.toml")


def main() -> None:
    """Run each checker in a process of its own, and print what they found and missed."""
    same = equivalents()
    verdicts = {judge: run(judge) for judge in JUDGES}
    listed, rows = all_mutants(), []
    for judge, found in verdicts.items():
        right = [v["caught"] for k, v in found.items() if k.startswith("right ")]
        found = {k: v for k, v in found.items() if not k.startswith("right ")}
        by_hand = [v["caught"] for k, v in found.items() if k in listed]
        automatic = [v["caught"] for k, v in found.items() if k not in listed and k not in same]
        rows.append([judge, share(by_hand), share(automatic), f"{sum(right)} of {len(right)}"])
    head = ["checker", "listed mutants", "mutants of our sources", "right ones accused"]
    print(text_table(head, rows, right=(1, 2, 3)))
    print(f"{len(same)} mutants that change nothing are left out (equivalents.toml)")
    for name, verdict in verdicts["backprove"].items():
        right = name.startswith("right ")
        if name not in same and (verdict["raised"] or verdict["caught"] == right):
            word = "accused" if right else "missed"
            word = f"check raised {verdict['raised']}" if verdict["raised"] else word
            print(f"{name}: {word}")


def equivalents() -> dict[str, str]:
    """The reason for each automatic mutant that computes the same as the operator."""
    entries = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8")).get("equivalent", [])
    return {entry["id"]: entry["reason"] for entry in entries}


def run(judge: str) -> dict[str, dict[str, Any]]:
    """The verdicts of one checker by the id of the operator."""
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.check.judges", judge],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    lines = map(json.loads, found.stdout.splitlines())
    return {line.pop("id"): line for line in lines}


def share(caught: list[bool]) -> str:
    """`39 of 41 (95 %)`."""
    part = 100 * sum(caught) / max(len(caught), 1)
    return f"{sum(caught)} of {len(caught)} ({part:.1f} %)"
