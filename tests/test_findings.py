"""Findings are plain data: written exactly, read exactly, shown late and escaped."""

from __future__ import annotations

import json
import math

import ml_dtypes
import numpy as np
import pytest

from backprove import messages
from backprove.errors import DataError
from backprove.findings import Check, Evidence, Finding, Result, label, plain

HOSTILE = "<script>alert('x')</script>\x1b[31m & \n\"quoted\""


@pytest.fixture(autouse=True)
def _english():
    messages.choose_language("en")
    yield
    messages.choose_language("auto")


def finding(**changes) -> Finding:
    """A finding with all its parts."""
    parts = {
        "code": "GRD001",
        "level": "error",
        "verdict": "wrong",
        "title": "the derivative at {x} is {found}",
        "parameters": {"x": -1.0, "found": 0.1},
        "evidence": [Evidence("ratio", 2.0), Evidence("yours", 0.1), Evidence("expected", 0.05)],
        "subject": "LeakyReLU",
        "check": "gradient of x",
        "file": "mine.py",
        "line": 7,
        "fix": ["divide {found} by two"],
        "script": "print(1 < 2)",
        "column": 5,
        "source": "return dy * (x < 0)",
    }
    return Finding(**{**parts, **changes})


def result(*findings: Finding, **changes) -> Result:
    """A result with one check."""
    checks = [Check("gradient of x", "ok")]
    return Result(**{"subject": "LeakyReLU", "findings": [*findings], "checks": checks} | changes)


VALUES = [
    math.nan,
    math.inf,
    -math.inf,
    -0.0,
    5e-324,
    1.7976931348623157e308,
    0.1,
    2**62,
    True,
    None,
    "NaN",
    "\\NaN",
    "\\\\-Infinity",
    "\\",
    "nan",
    HOSTILE,
    "中文 算子 é",
    [1, [math.nan, "Infinity"], {}],
    {"a": {"b": -math.inf}, "NaN": 1},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_survive_json_exactly(value) -> None:
    before = result(finding(parameters={"x": value}, evidence=[Evidence("yours", value)]))
    text = before.to_json()
    after = Result.from_json(text)
    assert repr(after.findings[0].evidence[0].value) == repr(value)
    assert repr(after.findings[0].parameters["x"]) == repr(value)
    assert type(after.findings[0].evidence[0].value) is type(value)
    assert after.to_json() == text


def test_a_result_survives_json_exactly() -> None:
    before = result(finding(), versions={"numpy": "2"}, seed=3, seconds=0.25)
    assert Result.from_json(before.to_json()) == before
    assert Result.from_json(before.to_json().encode()) == before


def test_half_characters_of_file_names_are_written_as_escapes() -> None:
    before = result(finding(file="caf\udce9.py", parameters={"\ud800": "\ud800"}))
    after = Result.from_json(before.to_json())
    assert after.findings[0].file == "caf\\udce9.py"
    assert after.findings[0].parameters == {"\\ud800": "\\ud800"}


def test_json_is_strict_json() -> None:
    text = result(finding(evidence=[Evidence("yours", math.nan)])).to_json()

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    read = json.loads(text, parse_constant=refuse)
    assert read["findings"][0]["evidence"][0]["value"] == "NaN"
    assert read["format"] == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.1), 0.10000000149011612),
        (np.float64(-0.0), -0.0),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1.0, 2.0]]), [[1.0, 2.0]]),
        (np.array(1.5), 1.5),
        (ml_dtypes.bfloat16(1.5), 1.5),
        (np.array([0.5], dtype=ml_dtypes.bfloat16), [0.5]),
        (np.str_("a"), "a"),
        ((1, 2), [1, 2]),
        (2**80, str(2**80)),
        (1 + 2j, "(1+2j)"),
        (np.complex128(1 + 2j), "(1+2j)"),
        ({1: (np.float16(1),)}, {"1": [1.0]}),
        (int, "<class 'int'>"),
    ],
    ids=repr,
)
def test_values_become_plain(value, expected) -> None:
    found = plain(value)
    assert repr(found) == repr(expected) and type(found) is type(expected)
    assert repr(plain(found)) == repr(found)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"subject": 1}', '{"subject": "a", "findings": [{}]}', b"\xff"]
)
def test_other_text_is_refused_in_one_sentence(text) -> None:
    with pytest.raises(DataError, match="expected the JSON of a result"):
        Result.from_json(text)


def test_an_unknown_verdict_and_a_newer_layout_are_refused() -> None:
    text = result(finding()).to_json()
    with pytest.raises(DataError, match="expected the JSON"):
        Result.from_json(text.replace('"wrong"', '"fishy"'))
    with pytest.raises(DataError, match="layout 2"):
        Result.from_json(text.replace('"format":1', '"format":2'))


@pytest.mark.parametrize(
    ("findings", "checks", "code"),
    [
        ([], [Check("forward", "ok")], 0),
        ([], [Check("forward", "wrong")], 1),
        ([finding(level="info", verdict="convention")], [], 0),
        ([finding(level="info", verdict="reference wrong")], [], 0),
        ([finding(level="warn", verdict="undecided")], [], 1),
        ([finding()], [], 1),
    ],
)
def test_exit_code(findings, checks, code) -> None:
    assert result(*findings, checks=checks).exit_code == code


def test_the_text_holds_every_part_in_order() -> None:
    lines = repr(finding()).splitlines()
    assert lines == [
        "mine.py:7:5 error GRD001 the derivative at -1.0 is 0.1",
        "    yours: 0.1",
        "    expected: 0.05",
        "    ratio: 2.0",
        "    7 | return dy * (x < 0)",
        "    help: divide 0.1 by two",
        "    read more: backprove explain GRD001",
    ]


def test_the_text_is_written_late_in_either_language() -> None:
    found = finding(file=None, title="unknown")
    messages.choose_language("zh")
    assert "x 的梯度" in repr(found) and "应为: 0.05" in repr(found)
    assert "backprove explain GRD001" in repr(found)
    named = finding(title="the {what} is missing", parameters={"what": "gradient of b"})
    assert named.sentence == "没有给出b 的梯度"
    assert label("gradient of x") == "x 的梯度" and label("no such name") == "no such name"
    messages.choose_language("en")
    assert "gradient of x" in repr(found) and label("gradient of x") == "gradient of x"


@pytest.mark.parametrize("title", ["{missing}", "{found.nothing}", "{found:zz}", "{", "{0}"])
def test_a_template_that_cannot_be_filled_is_shown_as_it_stands(title) -> None:
    assert title in repr(finding(title=title))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_html_escapes_everything(language) -> None:
    messages.choose_language(language)
    hostile = finding(
        title="{x}",
        parameters={"x": HOSTILE},
        evidence=[Evidence(HOSTILE, HOSTILE, HOSTILE, HOSTILE)],
        subject=HOSTILE,
        check=HOSTILE,
        file=None,
        fix=[HOSTILE],
        script=HOSTILE,
        source=HOSTILE,
    )
    whole = result(hostile, subject=HOSTILE, checks=[Check(HOSTILE, "wrong", HOSTILE)])
    for page in (hostile._repr_html_(), whole._repr_html_()):
        assert "<script" not in page and "&lt;script" in page
        assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in page
    assert "\x1b" not in repr(whole) and "\x1b" not in repr(hostile)


@pytest.mark.parametrize(
    ("verdicts", "findings", "expected"),
    [
        (["ok", "ok"], [], "LeakyReLU is right: all 2 checks are fine."),
        (["ok", "wrong"], [], "LeakyReLU is wrong: 1 of 2 checks failed."),
        (["ok", "undecided"], [], "1 of 2 checks are fine, 1 open."),
        (["ok"], [finding(level="warn")], "not shown to be right"),
        ([], [], "nothing could be checked"),
    ],
)
def test_the_verdict_in_one_sentence(verdicts, findings, expected) -> None:
    checks = [Check("forward", verdict) for verdict in verdicts]
    assert expected in repr(result(*findings, checks=checks)).splitlines()[-1]


def test_html_shows_the_counterexample_and_folds_what_is_information() -> None:
    wrong, told = finding(evidence=[Evidence("distance", 3.0, "ULP", "[0]")]), finding(level="info")
    page = wrong._repr_html_()
    cells = (
        '<td style="text-align:left">distance</td><td style="text-align:left">3.0 ULP @ [0]</td>'
    )
    assert cells in page and ">7 | return dy * (x &lt; 0)</pre>" in page
    assert page.count("<details>") == 1
    page = result(told)._repr_html_()
    assert "<details><summary><code>mine.py:7:5 info GRD001" in page
