"""Whether what a counter answers is the truth of a vector of tests/cost/truth.toml.

Multiply-adds are compared where the network has any, else operations of the strict convention.
A counter is taken at its own unit: its multiply-adds, or half of its operations. A silent zero is
a 0 for work that is there, by a counter that names nothing it left out.
"""

from __future__ import annotations

from typing import Any

RIGHT, MIXED, WRONG = "right", "mixed", "wrong"
NAMED, SILENT, CRASHED = "named", "silent zero", "crashed"
UNFIT, ABSENT = "unfit", "absent"
MEANINGS = {
    RIGHT: "the true number",
    MIXED: "multiply-adds with additions of biases or elements of activations among them",
    WRONG: "another number",
    NAMED: "too little, but what was left out is named",
    SILENT: "0 for work that is there, without a word",
    CRASHED: "the counter raised",
    UNFIT: "the counter takes no such inputs",
    ABSENT: "the counter is not installed",
}


def work(answer: dict[str, Any], truth: dict[str, Any]) -> tuple[float | None, str]:
    """The number that is held against the truth, in multiply-adds if there are any; its mark."""
    failed = _failed(answer)
    if failed:
        return None, failed
    true = truth["macs"] or truth["flop_strict"]
    found = _multiply_adds(answer) if truth["macs"] else answer.get("flop", answer.get("mac"))
    if found == true:
        return found, RIGHT
    if truth["macs"] and found in _mixtures(truth):
        return found, MIXED
    if answer.get("named") and found < true:
        return found, NAMED
    return found, WRONG if found else SILENT


def parameters(answer: dict[str, Any], truth: dict[str, Any]) -> tuple[int | None, str]:
    """The number of parameters and its mark; the mark is empty if none are counted."""
    failed = _failed(answer)
    if failed or "parameters" not in answer:
        return None, failed
    found = answer["parameters"]
    if found == truth["params"]:
        return found, RIGHT
    return found, WRONG if found else SILENT


def _failed(answer: dict[str, Any]) -> str:
    marks = {"absent": ABSENT, "unfit": UNFIT, "error": CRASHED}
    return next((mark for key, mark in marks.items() if key in answer), "")


def _multiply_adds(answer: dict[str, Any]) -> float:
    if "mac" in answer:
        return int(answer["mac"])
    return int(answer["flop"]) / 2


def _mixtures(truth: dict[str, Any]) -> set[int]:
    biases, elements = truth.get("bias_adds", 0), truth.get("act_elements", 0)
    return {truth["macs"] + extra for extra in (biases, elements, biases + elements) if extra}
