"""Findings as annotations of GitHub Actions: one workflow command a line."""

from __future__ import annotations

from backprove.codes import CODES
from backprove.finding_view import clean
from backprove.findings import Finding, Result, label

_LEVELS = {"error": "error", "warn": "warning", "info": "notice"}


def github_text(*results: Result) -> str:
    """`::error file=F,line=L,col=C,title=CODE name::sentence` for each finding."""
    return "\n".join(_line(finding) for result in results for finding in result.findings)


def _line(finding: Finding) -> str:
    code = CODES.get(finding.code)
    title = f"{finding.code} {code.name}" if code else finding.code
    places = {"file": finding.file, "line": finding.line, "col": finding.column, "title": title}
    known = {name: value for name, value in places.items() if value is not None}
    if finding.file is None:
        known = {"title": title}
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in known.items())
    return f"::{_LEVELS[finding.level]} {properties}::{_data(_sentence(finding))}"


def _sentence(finding: Finding) -> str:
    about = ", ".join(filter(None, (finding.subject, label(finding.check))))
    return clean(f"{about}: {finding.sentence}" if about else finding.sentence)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(clean(text)).replace(":", "%3A").replace(",", "%2C")
