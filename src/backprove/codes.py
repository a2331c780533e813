"""The codes of findings: number, name, level, family, title and status.

The hundreds digit is the family. A code is never reused for something else; gaps are left. The
page of a code lies in `pages/en` and `pages/zh` and is shown by `backprove explain CODE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from backprove.errors import unknown
from backprove.findings import Finding, Level, Verdict
from backprove.messages import render
from backprove.training_codes import FAMILIES as TRAINING_FAMILIES
from backprove.training_codes import NAMES, NOTES, SYMPTOMS
from backprove.training_codes import TITLES as TRAINING_TITLES

FAMILIES = {"GRD0": "operator", **TRAINING_FAMILIES}
"""What the codes of a family are about."""


class Code(NamedTuple):
    """A code; `title` is an English template, `verdict` what its findings usually say.

    The parameter `what` of a title names a check: "value", "gradient of x".
    """

    code: str
    name: str
    level: Level
    verdict: Verdict
    title: str
    status: Literal["stable", "preview"] = "preview"

    @property
    def family(self) -> str:
        """What this code is about, in the current language."""
        return render(FAMILIES[self.code[:4]])


OPERATOR_TITLES = {
    "GRD001": "the {what} is wrong: {yours} at {input}, expected {expected}",
    "GRD002": "the {what} has the shape {found}, expected {expected}",
    "GRD003": "the {what} is {ratio} times the right one everywhere",
    "GRD004": "the {what} has the wrong sign",
    "GRD005": "the {what} is transposed",
    "GRD006": "the {what} is not summed over the batch",
    "GRD007": "the {what} is missing",
    "GRD008": "backward does not use the upstream gradient",
    "GRD009": "{method} changes its input {name}",
    "GRD010": "a second forward overwrites what the backward of the first one needs",
    "GRD011": "the {what} is only as precise as {found}, although the input is {expected}",
    "GRD012": "at the kink {input} the {what} is {yours}: another convention than {reference}",
    "GRD013": "the {what} is not finite: {yours} at {input}, expected {expected}",
    "GRD014": "{dtype} is not precise enough to judge the {what}",
    "GRD015": "the value is wrong: {yours} at {input}, expected {expected}",
    "GRD016": "{method} changes the {kind} {name}",
    "GRD017": "what {method} returns shares its memory with {name}",
    "GRD018": "two calls with the same input give {first} and {second}",
    "GRD019": "the same value gives {yours} at position {position} of {length}, {expected} alone",
    "GRD020": "{method} stopped: {error}",
    "GRD021": "{method} did not finish within {limit} s",
    "GRD022": "the inputs of this check could not have caught a wrong operator",
    "GRD023": "{reference} is wrong: {found} at {input}, expected {expected}",
    "GRD024": "backward is not linear: {factor} times the upstream gradient gives {ratio} times "
    "the {what}",
    "GRD025": "{method} gave back {found}, expected {expected}",
    "GRD026": "differentiating backward again gives {yours} as the {what} at {input}, "
    "expected {expected}",
    "GRD027": "the {what} has the dtype {found} for an input of {expected}",
}

TITLES = dict(sorted((OPERATOR_TITLES | TRAINING_TITLES).items()))


def _all() -> Iterator[Code]:
    yield from _operators()
    for code, name in NAMES.items():
        level: Level = "info" if code in NOTES else "warn" if code in SYMPTOMS else "error"
        verdict: Verdict = {"info": "ok", "warn": "undecided", "error": "wrong"}[level]  # type: ignore[assignment]
        yield Code(code, name, level, verdict, TITLES[code])


def _operators() -> Iterator[Code]:
    rows: list[tuple[str, str, Level, Verdict]] = [
        ("GRD001", "wrong-gradient", "error", "wrong"),
        ("GRD002", "wrong-shape", "error", "wrong"),
        ("GRD003", "constant-scale", "error", "wrong"),
        ("GRD004", "sign-flipped", "error", "wrong"),
        ("GRD005", "transposed", "error", "wrong"),
        ("GRD006", "batch-not-summed", "error", "wrong"),
        ("GRD007", "param-grad-missing", "error", "wrong"),
        ("GRD008", "upstream-ignored", "error", "wrong"),
        ("GRD009", "input-mutated", "error", "wrong"),
        ("GRD010", "stale-cache", "error", "wrong"),
        ("GRD011", "dtype-downcast", "error", "wrong"),
        ("GRD012", "kink-convention", "info", "convention"),
        ("GRD013", "not-finite", "error", "wrong"),
        ("GRD014", "check-limited-by-precision", "info", "undecided"),
        ("GRD015", "forward-mismatch", "error", "wrong"),
        ("GRD016", "argument-mutated", "error", "wrong"),
        ("GRD017", "output-aliases-input", "info", "convention"),
        ("GRD018", "not-deterministic", "error", "wrong"),
        ("GRD019", "position-dependent", "error", "wrong"),
        ("GRD020", "crashed", "error", "crashed"),
        ("GRD021", "timed-out", "error", "crashed"),
        ("GRD022", "vacuous-check", "warn", "undecided"),
        ("GRD023", "reference-wrong", "info", "reference wrong"),
        ("GRD024", "not-linear", "error", "wrong"),
        ("GRD025", "malformed-result", "error", "wrong"),
        ("GRD026", "second-derivative", "error", "wrong"),
        ("GRD027", "dtype-promotion", "warn", "undecided"),
    ]
    for code, name, level, verdict in rows:
        yield Code(code, name, level, verdict, TITLES[code])


CODES: dict[str, Code] = {code.code: code for code in sorted(_all())}
"""Every code, by its number."""


def lookup(word: str) -> Code:
    """The code with that number or name. Raises UsageError naming the nearest one."""
    names = {code.name: code for code in CODES.values()}
    found = CODES.get(word.upper()) or names.get(word.lower())
    if found is None:
        letters = {code[:3] for code in CODES}
        known = CODES if word[:3].upper() in letters or word[-1:].isdigit() else names
        raise unknown("code", word, known)
    return found


def finding(code: str, **fields: Any) -> Finding:
    """A finding with the level, the verdict and the title of its code; `fields` are the rest."""
    known = CODES[code]
    given = {"level": known.level, "verdict": known.verdict, "title": known.title}
    return Finding(code=code, **{**given, **fields})
