"""A finding and a result as text for the terminal and as HTML for a notebook.

Everything that comes from outside (names, values, source lines, a framework's words) is escaped
in the HTML, and stripped of control characters in the text.
"""

from __future__ import annotations

import json
from html import escape
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from backprove.findings import filled, label
from backprove.messages import current_language, render
from backprove.tables import html_table

if TYPE_CHECKING:
    from backprove.findings import Check, Evidence, Finding, Result

COMPARED = ("input", "upstream gradient", "yours", "expected", "ratio")
"""The evidence that is shown first, in this order."""

_LEVELS = {"error": "error", "warn": "warning", "info": "information"}
_VERDICTS = {
    "ok": "ok",
    "wrong": "wrong",
    "convention": "convention",
    "reference wrong": "reference wrong",
    "undecided": "undecided",
    "crashed": "crashed",
}
VERDICT_SENTENCES = {
    "wrong": "{subject} is wrong: {wrong} of {total} checks failed.",
    "nothing": "{subject}: nothing could be checked.",
    "found": "{subject} is not shown to be right: see the findings.",
    "open": "No error was found in {subject}: {ok} of {total} checks are fine, {open} open.",
    "ok": "{subject} is right: all {total} checks are fine.",
}


def clean(text: str) -> str:
    """One line without control characters, which could rule a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def shown(value: Any) -> str:
    """A value as a report shows it: a number with all its digits, a list in brackets."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return clean(json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value))


def measured(evidence: Evidence) -> str:
    """A value with its unit and its place."""
    value = evidence.value
    said = clean(label(value)) if isinstance(value, str) else shown(value)
    text = " ".join(part for part in (said, clean(evidence.unit)) if part)
    return f"{text} @ {clean(evidence.where)}" if evidence.where else text


def place(finding: Finding) -> str:
    """`file:line:col`, or the subject and the check where there is no file."""
    if finding.file is None:
        return clean(" ".join(filter(None, (finding.subject, label(finding.check)))))
    parts = [finding.file]
    if finding.line is not None:
        parts += [str(part) for part in (finding.line, finding.column) if part is not None]
    return clean(":".join(parts))


def headline(finding: Finding) -> str:
    """The one line: `file:line:col level CODE sentence`."""
    words = (place(finding), finding.level, finding.code, finding.sentence)
    return clean(" ".join(filter(None, words)))


def ordered(finding: Finding) -> list[Evidence]:
    """The evidence, what is compared first."""
    ranks = {name: rank for rank, name in enumerate(COMPARED)}
    return sorted(finding.evidence, key=lambda item: ranks.get(item.name, len(ranks)))


def finding_text(finding: Finding) -> str:
    """The line, then the entry with its values, the source line, help and where to read on."""
    lines = [headline(finding)]
    lines += [f"    {clean(label(e.name))}: {measured(e)}" for e in ordered(finding)]
    if finding.source:
        lines += _source(finding)
    lines += [f"    help: {clean(remedy)}" for remedy in finding.remedies]
    lines.append("    " + render("read more: backprove explain {code}", code=clean(finding.code)))
    return "\n".join(lines)


def entry(finding: Finding) -> str:
    """The finding as text with the script that shows it."""
    if not finding.script:
        return finding_text(finding)
    lines = [clean(line) for line in finding.script.strip("\n").splitlines()]
    title = f"    {render('script that shows it')}:"
    return "\n".join([finding_text(finding), title, *(f"        {x}".rstrip() for x in lines)])


MOST_LINES = 12
"""So many lines of a method are shown."""


def _source(finding: Finding) -> list[str]:
    """The lines of the method, numbered where its place is known."""
    lines = dedent(finding.source).rstrip().splitlines()
    shown_lines = lines[:MOST_LINES] + (["..."] if len(lines) > MOST_LINES else [])
    if finding.line is None:
        return [f"    | {clean(line)}" for line in shown_lines]
    width = len(str(finding.line + len(shown_lines)))
    return [
        f"    {finding.line + i:>{width}} | {clean(line)}" for i, line in enumerate(shown_lines)
    ]


def verdict_sentence(result: Result) -> str:
    """The result in one sentence: a diagnosis has its own."""
    if result.diagnosis is not None:
        said = filled(result.diagnosis.sentence, result.diagnosis.parameters)
        return f"{clean(result.subject)}: {clean(said)}"
    verdicts = [check.verdict for check in result.checks]
    numbers = {
        "subject": clean(result.subject),
        "total": len(verdicts),
        "ok": verdicts.count("ok"),
        "wrong": verdicts.count("wrong") + verdicts.count("crashed"),
        "open": verdicts.count("undecided") + verdicts.count("reference wrong"),
    }
    return render(VERDICT_SENTENCES[_kind(result, numbers)], **numbers)


def _kind(result: Result, numbers: dict[str, Any]) -> str:
    if numbers["wrong"]:
        return "wrong"
    if result.exit_code:
        return "found"
    if not numbers["total"]:
        return "nothing"
    return "open" if numbers["open"] else "ok"


def check_line(check: Check) -> str:
    """One check: what came out, what was looked at."""
    text = f"{verdict_word(check.verdict)}  {clean(label(check.name))}"
    return f"{text}: {clean(check.detail)}" if check.detail else text


def verdict_word(verdict: str) -> str:
    """A verdict in the current language."""
    return render(_VERDICTS[verdict])


def level_word(level: str) -> str:
    """A level as a word in the current language; the finding line keeps the fixed word."""
    return render(_LEVELS[level])


def result_text(result: Result) -> str:
    """The findings, then the verdict."""
    return "\n".join([*map(finding_text, result.findings), verdict_sentence(result)])


def finding_html(finding: Finding) -> str:
    """A finding for a notebook."""
    return _page(_finding_piece(finding))


def result_html(result: Result) -> str:
    """A result for a notebook: verdict, findings, checks folded."""
    pieces = [f"<p><strong>{escape(verdict_sentence(result))}</strong></p>"]
    pieces += map(_finding_piece, result.findings)
    if result.checks:
        rows = [[label(c.name), verdict_word(c.verdict), clean(c.detail)] for c in result.checks]
        headings = [render("check"), render("verdict"), render("detail")]
        title = f"{render('all checks')} ({len(rows)})"
        pieces.append(_folded(title, html_table(headings, rows)))
    return _page("".join(pieces))


SECTION = "border-left:4px solid {colour};padding-left:0.8em;margin:0.8em 0"
COLOURS = {"error": "#d32f2f", "warn": "#ed8b00", "info": "#8a8a8a"}
LINES = "margin:0.5em 0;overflow-x:auto"


def _finding_piece(finding: Finding) -> str:
    """Headline and counterexample; of what is told for information only the headline is open."""
    first = f"<code>{escape(headline(finding))}</code>"
    rows = [[clean(label(e.name)), measured(e)] for e in ordered(finding)]
    pieces = [html_table([render("evidence"), render("value")], rows)] if rows else []
    if finding.source:
        source = dedent("\n".join(line.removeprefix("    ") for line in _source(finding)))
        pieces.append(f'<pre style="{LINES}">{escape(source)}</pre>')
    pieces += [f"<p>{escape(remedy)}</p>" for remedy in finding.remedies]
    if finding.script:
        script = f'<pre style="{LINES}">{escape(finding.script)}</pre>'
        pieces.append(_folded(render("script that shows it"), script))
    inner = f"<p>{first}</p>" + "".join(pieces)
    if finding.level == "info" and pieces:
        inner = f"<details><summary>{first}</summary>{''.join(pieces)}</details>"
    style = SECTION.format(colour=COLOURS[finding.level])
    return f'<section style="{style}">{inner}</section>'


def _folded(title: str, inner: str) -> str:
    """Something that a click opens."""
    return f"<details><summary>{escape(title)}</summary>{inner}</details>"


def _page(inner: str) -> str:
    language = "zh-CN" if current_language() == "zh" else "en"
    return f'<div class="backprove-result" lang="{language}">{inner}</div>'
