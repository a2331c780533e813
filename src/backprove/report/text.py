"""Results as text for people."""

from __future__ import annotations

from backprove.finding_view import (
    clean,
    entry,
    headline,
    verdict_sentence,
    verdict_word,
)
from backprove.findings import Result, label
from backprove.messages import render
from backprove.report.diagnosis import diagnosis_text
from backprove.tables import text_table


def concise_text(*results: Result) -> str:
    """A line for each finding, and one for the verdict."""
    lines = []
    for result in results:
        lines += [headline(finding) for finding in result.findings]
        lines.append(verdict_sentence(result))
    return "\n".join(lines)


def full_text(*results: Result) -> str:
    """Every finding with its evidence and script, the checks, and how to repeat them."""
    return "\n\n\n".join(map(_one, results))


def _one(result: Result) -> str:
    if result.diagnosis is not None:
        return f"{diagnosis_text(result)}\n\n{_repeat(result)}"
    blocks = [entry(finding) for finding in result.findings]
    if result.checks:
        blocks.append(_checks(result))
    blocks.append(_repeat(result))
    blocks.append(verdict_sentence(result))
    return "\n\n".join(blocks)


def _checks(result: Result) -> str:
    rows = [
        [clean(label(check.name)), verdict_word(check.verdict), clean(check.detail)]
        for check in result.checks
    ]
    return text_table([render("check"), render("verdict"), render("detail")], rows)


def _repeat(result: Result) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    text = render(
        "{seconds:.1f} s, seed {seed}. {versions}",
        seconds=result.seconds,
        seed=result.seed,
        versions=clean(versions),
    )
    return text.rstrip()
