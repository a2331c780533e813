"""One result, many renderings. Each is a pure function of results and gives text."""

from __future__ import annotations

from collections.abc import Callable

from backprove.errors import unknown
from backprove.findings import Result
from backprove.report.github import github_text
from backprove.report.json import json_text
from backprove.report.junit import junit_text
from backprove.report.sarif import sarif_text
from backprove.report.text import concise_text, full_text

FORMATS: dict[str, Callable[..., str]] = {
    "text": full_text,
    "concise": concise_text,
    "json": json_text,
    "junit": junit_text,
    "sarif": sarif_text,
    "github": github_text,
}
"""The formats by name. json, junit and sarif are stable, the others are for people."""


def report(format: str, *results: Result) -> str:
    """The results in a format. Raises UsageError for an unknown format."""
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    return FORMATS[format](*results)
