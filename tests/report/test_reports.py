"""Each report is made from the result alone, keeps its format and can be read in Chinese."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from backprove import messages
from backprove.errors import UsageError
from backprove.findings import Result
from backprove.report import FORMATS, report
from finding_examples import HOSTILE, hostile, linear, right


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_needs_only_the_json_of_the_result(name, language) -> None:
    messages.choose_language(language)
    before = linear().to_json()
    again = Result.from_json(before)
    assert report(name, again) == report(name, linear())
    assert again.to_json() == before


@pytest.mark.parametrize("name", ["text", "concise", "junit", "sarif", "github"])
def test_sentences_are_written_in_the_chosen_language(name) -> None:
    english = report(name, linear())
    messages.choose_language("zh")
    chinese = report(name, linear())
    assert "not summed over the batch" in english and "没有对小批量求和" not in english
    shown = json.loads(chinese) if name == "sarif" else chinese
    assert "没有对小批量求和" in str(shown) and "not summed over the batch" not in str(shown)
    assert "GRD006" in chinese


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'sarif'"):
        report("sarf", right())


def test_concise_text() -> None:
    assert report("concise", linear(), right()).splitlines() == [
        "lab 4/mine.py:7:9 error GRD006 the gradient of b is not summed over the batch",
        "Linear gradient of x info GRD012 at the kink 0.0 the gradient of x is 1.0: "
        "another convention than PyTorch",
        "Linear error GRD020 forward stopped: SIGSEGV",
        "Linear is wrong: 2 of 5 checks failed.",
        "ReLU is right: all 1 checks are fine.",
    ]


def test_full_text_shows_values_source_help_script_and_how_to_repeat() -> None:
    lines = report("text", linear()).splitlines()
    assert lines[:12] == [
        "lab 4/mine.py:7:9 error GRD006 the gradient of b is not summed over the batch",
        "    yours: nan @ [0]",
        "    expected: 8.0",
        "    ratio: 0.125",
        "    distance: 12 ULP",
        "    7 | return dy @ w.T, dy",
        "    help: sum over the batch",
        "    read more: backprove explain GRD006",
        "    script that shows it:",
        "        import numpy as np",
        "        print(1 < 2 & 3)",
        "",
    ]
    assert "1.5 s, seed 7. numpy 2.4" in lines
    assert re.search(r"^gradient of b +wrong$", "\n".join(lines), re.MULTILINE)
    assert lines[-1] == "Linear is wrong: 2 of 5 checks failed."


@pytest.mark.parametrize("name", ["text", "concise", "github"])
def test_text_cannot_rule_the_terminal_or_start_a_line(name) -> None:
    text = report(name, hostile())
    assert "\x1b" not in text and "\x00" not in text and "\ud800" not in text
    assert not [line for line in text.splitlines() if line.startswith("::error::x")]


def test_json_of_one_and_of_several() -> None:
    assert Result.from_json(report("json", linear())) == Result.from_json(linear().to_json())
    several = json.loads(report("json", linear(), right()))
    assert [result["subject"] for result in several] == ["Linear", "ReLU"]


def test_junit_has_a_case_for_each_check() -> None:
    root = ElementTree.fromstring(report("junit", linear(), right()))
    assert root.tag == "testsuites"
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {
        "tests": "7",
        "failures": "2",
        "errors": "1",
        "skipped": "1",
        "time": "1.750",
    }
    cases = {case.get("name"): case for case in root.iter("testcase")}
    states = {name: [part.tag for part in case] for name, case in cases.items()}
    assert states == {
        "value": [],
        "gradient of x": ["system-out"],
        "gradient of b": ["failure"],
        "second derivative for x": ["skipped"],
        "dtype": ["failure"],
        "GRD020": ["error"],
    }
    failure = cases["gradient of b"].find("failure")
    assert failure.get("type") == "GRD006" and "expected: 8.0" in failure.text
    assert cases["gradient of b"].get("line") == "7"
    assert cases["dtype"].find("failure").get("message") == "float64 became float32"
    names = [suite.get("name") for suite in root.iter("testsuite")]
    assert names == ["Linear", "ReLU"]
    assert sum(int(suite.get("tests")) for suite in root.iter("testsuite")) == 7


def test_junit_holds_every_text() -> None:
    document = report("junit", hostile())
    root = ElementTree.fromstring(document.encode("utf-8"))
    failure = root.find(".//failure")
    for part in ("]]>", "<b a='1'>&amp;</b>", "::error::x"):
        assert part in failure.text
    assert "\x1b" not in document and "\ud800" not in document
    assert len(list(root.iter("testcase"))) == 1


@pytest.mark.parametrize("results", [(linear(), right()), (hostile(),), ()], ids=len)
def test_sarif_keeps_the_required_structure(results) -> None:
    log = json.loads(report("sarif", *results))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "backprove"
    rules = driver["rules"]
    identities = [rule["id"] for rule in rules]
    assert len(set(identities)) == len(identities)
    assert len(run["results"]) == sum(len(result.findings) for result in results)
    for found in run["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
        assert found["level"] in ("none", "note", "warning", "error")
        assert found["message"]["text"]
        check_locations(found["locations"])
    for rule in rules:
        assert rule["help"]["text"]
        assert rule.get("defaultConfiguration", {"level": "none"})["level"] != "info"
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    assert all("executionSuccessful" in one for one in run["invocations"])


def check_locations(locations) -> None:
    """A place is physical with a valid URI, or logical with a name."""
    for place in locations:
        if "physicalLocation" in place:
            artifact = place["physicalLocation"]["artifactLocation"]
            assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+", artifact["uri"])
            region = place["physicalLocation"].get("region", {"startLine": 1})
            assert region["startLine"] >= 1 and region.get("startColumn", 1) >= 1
        else:
            assert place["logicalLocations"][0]["fullyQualifiedName"]


def test_sarif_places() -> None:
    found = json.loads(report("sarif", linear()))["runs"][0]["results"]
    place = found[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "lab%204/mine.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == 7 and place["region"]["startColumn"] == 9
    logical = found[1]["locations"][0]["logicalLocations"][0]
    assert logical["fullyQualifiedName"] == "Linear/gradient of x"
    assert [one["level"] for one in found] == ["error", "note", "error"]
    assert "yours: nan @ [0]" in found[0]["message"]["text"]


def test_sarif_of_an_absolute_file() -> None:
    result = linear()
    result.findings[0].file = "/home/é/mine.py"
    place = json.loads(report("sarif", result))["runs"][0]["results"][0]["locations"][0]
    uri = place["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == "file:///home/é/mine.py"


def test_github_annotations() -> None:
    lines = report("github", linear()).splitlines()
    assert lines[0] == (
        "::error file=lab 4/mine.py,line=7,col=9,title=GRD006 batch-not-summed::"
        "Linear, gradient of b: the gradient of b is not summed over the batch"
    )
    assert lines[1].startswith("::notice title=GRD012 kink-convention::")
    assert len(lines) == 3 and report("github", right()) == ""


def test_github_escapes_what_would_end_a_property() -> None:
    (line,) = report("github", hostile()).splitlines()
    properties, _, data = line.removeprefix("::warning ").partition("::")
    pairs = dict(part.split("=", 1) for part in properties.split(","))
    assert list(pairs) == ["file", "line", "col", "title"]
    assert "100%25%2C a%3Ab" in pairs["file"] and HOSTILE.count("%") == 1
    assert "100%25" in data
