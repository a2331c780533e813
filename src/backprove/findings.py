"""What a check, a count or a diagnosis says: findings with their evidence, and the result.

A finding holds an English template and its parameters, never a finished sentence, so that one
result can be read in English or Chinese. A result is plain data: `Result.to_json` and
`Result.from_json` give back exactly what was put in. JSON has no NaN and no infinity: they are
written as the texts "NaN", "Infinity" and "-Infinity"; a text that reads like one of these
gets a backslash in front.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec
import numpy as np

from backprove.diagnosis import Diagnosis
from backprove.errors import DataError
from backprove.messages import chinese, current_language, render

Level = Literal["error", "warn", "info"]
Role = Literal["", "cause", "effect", "symptom", "convention"]
Verdict = Literal["wrong", "convention", "reference wrong", "undecided", "crashed", "ok"]

FORMAT = 1
"""The number of the JSON layout; a reader refuses a newer one."""

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_NAMED = ("gradient of {name}", "second derivative for {name}")


class Evidence(msgspec.Struct):
    """One measured value: what, how much, its unit and the place in the array or network.

    `name` is a short English word or phrase; yours, expected and ratio are shown together.
    """

    name: str
    value: Any
    unit: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        self.value = plain(self.value)


class Check(msgspec.Struct):
    """One thing that was looked at ("gradient of x") and what came out.

    `detail` is a sentence that is finished already, such as an exception's own words.
    """

    name: str
    verdict: Verdict
    detail: str = ""


class Finding(msgspec.Struct):
    """One thing that was found, with its evidence, its place and what to do about it.

    `title` and the sentences of `fix` are English templates, filled with `parameters`. `file`,
    `line`, `column` and `source` say where the method at fault stands; `script` shows the
    finding with NumPy alone. `role` says what a diagnosis calls it: a cause, which a re-run has
    confirmed; an effect of a cause; a symptom, which nothing was proved about.
    """

    code: str
    level: Level
    verdict: Verdict
    title: str
    parameters: dict[str, Any] = {}
    evidence: list[Evidence] = []
    subject: str = ""
    check: str = ""
    file: str | None = None
    line: int | None = None
    fix: list[str] = []
    script: str = ""
    column: int | None = None
    source: str = ""
    role: Role = ""

    def __post_init__(self) -> None:
        self.parameters = {str(name): plain(value) for name, value in self.parameters.items()}

    @property
    def sentence(self) -> str:
        """The title in the current language."""
        return filled(self.title, self._named())

    @property
    def remedies(self) -> list[str]:
        """The sentences of `fix` in the current language."""
        return [filled(template, self._named()) for template in self.fix]

    def _named(self) -> dict[str, Any]:
        """The parameters; `what` names a check, so it is put into the current language."""
        what = self.parameters.get("what")
        return self.parameters | ({"what": label(what)} if isinstance(what, str) else {})

    def __repr__(self) -> str:
        from backprove.finding_view import finding_text

        return finding_text(self)

    def _repr_html_(self) -> str:
        from backprove.finding_view import finding_html

        return finding_html(self)


class Result(msgspec.Struct):
    """Everything that was found out about one subject, and how to find it out again.

    `diagnosis` is what the doctor adds; None for a check or a count.
    """

    subject: str
    findings: list[Finding] = []
    checks: list[Check] = []
    versions: dict[str, str] = {}
    seed: int = 0
    seconds: float = 0.0
    format: int = FORMAT
    diagnosis: Diagnosis | None = None

    @property
    def exit_code(self) -> int:
        """1 if a finding is an error or a warning or a check came out wrong, else 0.

        What is told for information (a convention at a kink, a reference that is wrong, the
        limits of a precision) leaves 0.
        """
        found = any(finding.level != "info" for finding in self.findings)
        return int(found or any(check.verdict == "wrong" for check in self.checks))

    def to_json(self) -> str:
        """The result as JSON."""
        return msgspec.json.encode(without_gaps(msgspec.to_builtins(self))).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Result:
        """Read what `to_json` wrote. Raises DataError if it is something else."""
        try:
            found = msgspec.convert(with_gaps(msgspec.json.decode(text)), cls)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DataError(
                "expected the JSON of a result, found something else ({reason}): "
                "write it with --format json",
                reason=str(error),
            ) from error
        if found.format > FORMAT:
            raise DataError(
                "expected a result of layout {known} or older, found layout {found}: "
                "update backprove",
                known=FORMAT,
                found=found.format,
            )
        return found

    def __repr__(self) -> str:
        from backprove.finding_view import result_text

        return result_text(self)

    def _repr_html_(self) -> str:
        from backprove.finding_view import result_html

        return result_html(self)


def filled(template: str, parameters: dict[str, Any]) -> str:
    """A template with its parameters in the current language.

    A parameter {"template": ..., "parameters": ...} is such a sentence itself. A template whose
    parameters are missing is shown as it stands: a report is never lost.
    """
    parameters = {name: _inner(value) for name, value in parameters.items()}
    try:
        return render(template, **parameters)
    except (AttributeError, LookupError, TypeError, ValueError):
        return template


def _inner(value: Any) -> Any:
    if isinstance(value, dict) and "template" in value:
        return filled(str(value["template"]), dict(value.get("parameters", {})))
    if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
        return "; ".join(str(_inner(item)) for item in value)
    return value


def label(name: str) -> str:
    """The name of a check, an evidence or a verdict in the current language.

    "gradient of x" is translated around the learner's own name x; a name that is in no catalog
    is shown as it stands.
    """
    if current_language() != "zh":
        return name
    for template in _NAMED:
        start = template.removesuffix("{name}")
        if name.startswith(start):
            return chinese()[template].replace("{name}", name.removeprefix(start))
    return chinese().get(name, name)


def plain(value: Any) -> Any:
    """A value as JSON knows it: numbers, texts, booleans, None, lists and dictionaries.

    Arrays become lists, NumPy numbers become Python numbers; whole numbers of more than 63 bits
    and anything else become texts.
    """
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain_numpy(value)
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, float):
        return float(value)
    return _plain_array(value)


def _plain_numpy(value: Any) -> Any:
    if value.dtype.kind == "V" or value.dtype.name == "bfloat16":
        value = np.asarray(value, dtype=np.float64)
    return plain(value.tolist())


def _plain_array(value: Any) -> Any:
    """An array of another library by its `tolist`, everything else by its text."""
    try:
        return plain(value.tolist())
    except (AttributeError, TypeError, ValueError):
        return str(value)


def without_gaps(value: Any) -> Any:
    """NaN and infinities as texts, half characters as escapes, for JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, str):
        value = _without_halves(value)
        return "\\" + value if value.lstrip("\\") in _NOT_FINITE else value
    if isinstance(value, dict):
        return {_without_halves(key): without_gaps(item) for key, item in value.items()}
    return [without_gaps(item) for item in value] if isinstance(value, list) else value


def _without_halves(text: str) -> str:
    """A text with half characters, which file names may hold, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def with_gaps(value: Any) -> Any:
    """The reverse of `without_gaps`."""
    if isinstance(value, str):
        if value in _NOT_FINITE:
            return _NOT_FINITE[value]
        return value[1:] if value.lstrip("\\") in _NOT_FINITE else value
    if isinstance(value, dict):
        return {key: with_gaps(item) for key, item in value.items()}
    return [with_gaps(item) for item in value] if isinstance(value, list) else value
