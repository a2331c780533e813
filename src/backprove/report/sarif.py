"""Results as SARIF 2.1.0 (OASIS, 2020), for code scanning and editors.

A finding has a physical location where the line of the method at fault is known, otherwise a
logical one: the operator and the check.
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from backprove._version import __version__
from backprove.codes import CODES
from backprove.finding_view import measured, ordered, verdict_sentence
from backprove.findings import Finding, Result, label
from backprove.messages import current_language, render

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warn": "warning", "info": "note"}


def sarif_text(*results: Result) -> str:
    """One log with one run for all results."""
    findings = [finding for result in results for finding in result.findings]
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "backprove",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "language": "zh-CN" if current_language() == "zh" else "en-US",
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(finding, codes) for finding in findings],
        "properties": {"subjects": [_subject(result) for result in results]},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _subject(result: Result) -> dict[str, Any]:
    found = result.diagnosis
    diagnosis: dict[str, Any] = {}
    if found is not None:
        diagnosis = {"conclusion": found.conclusion, "verdict": verdict_sentence(result)}
        diagnosis["fix"] = found.fix
    return {
        "name": result.subject,
        "seed": result.seed,
        "versions": result.versions,
        "checks": [{"name": check.name, "verdict": check.verdict} for check in result.checks],
        **diagnosis,
    }


def _rule(code: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code}
    help_text = render("read more: backprove explain {code}", code=code)
    if known := CODES.get(code):
        rule["name"] = known.name
        rule["defaultConfiguration"] = {"level": _LEVELS[known.level]}
        rule["properties"] = {"tags": [known.status]}
    return {**rule, "help": {"text": help_text}}


def _result(finding: Finding, codes: list[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {"verdict": finding.verdict, "check": finding.check}
    if finding.role:
        properties["role"] = finding.role
    if finding.script:
        properties["script"] = finding.script
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.level],
        "message": {"text": _message(finding)},
        "locations": [_location(finding)],
        "partialFingerprints": {
            "subjectCheckCode/v1": "/".join((finding.subject, finding.check, finding.code))
        },
        "properties": properties,
    }


def _message(finding: Finding) -> str:
    lines = [finding.sentence]
    lines += [f"{label(item.name)}: {measured(item)}" for item in ordered(finding)]
    return "\n".join([*lines, *finding.remedies])


def _location(finding: Finding) -> dict[str, Any]:
    if finding.file is not None:
        place: dict[str, Any] = {"artifactLocation": _artifact(finding.file)}
        if finding.line is not None and finding.line > 0:
            place["region"] = {"startLine": finding.line}
            if finding.column is not None and finding.column > 0:
                place["region"]["startColumn"] = finding.column
            if finding.source:
                place["region"]["snippet"] = {"text": finding.source}
        return {"physicalLocation": place}
    name = "/".join(filter(None, (finding.subject, finding.check))) or finding.code
    return {"logicalLocations": [{"fullyQualifiedName": name, "kind": "function"}]}


def _artifact(file: str) -> dict[str, str]:
    """A file as a URI: an absolute one, or one below the root of the sources."""
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    plain = path.as_posix().encode("utf-8", "backslashreplace")
    return {"uri": quote(plain), "uriBaseId": "%SRCROOT%"}
