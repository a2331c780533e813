"""Results as JUnit XML: a test suite for each operator, a test case for each of its checks.

A check is a failure if one of its findings is an error or a warning, an error if the operator
crashed, skipped if it is undecided; information is written as output of a case that passes.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from backprove.finding_view import finding_text, headline
from backprove.findings import Check, Finding, Result

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(*results: Result) -> str:
    """One document for all results. Names of checks stay English: they identify the case."""
    root = ElementTree.Element("testsuites", name="backprove check")
    for result in results:
        root.append(_suite(result))
    totals = {name: sum(int(s.get(name, "0")) for s in root) for name in _COUNTED}
    root.attrib |= {name: str(total) for name, total in totals.items()}
    root.set("time", f"{sum(result.seconds for result in results):.3f}")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


_COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def _suite(result: Result) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_allowed(result.subject))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in {**result.versions, "seed": str(result.seed)}.items():
        ElementTree.SubElement(properties, "property", name=_allowed(name), value=_allowed(value))
    known = {check.name for check in result.checks}
    others = dict.fromkeys(f.check or f.code for f in result.findings if f.check not in known)
    for check in [*result.checks, *(Check(name, "ok") for name in others)]:
        found = [f for f in result.findings if (f.check or f.code) == check.name]
        suite.append(_case(result.subject, check, found))
    for name, tag in _COUNTED.items():
        suite.set(name, str(len(list(suite.iter(tag)))))
    suite.set("time", f"{result.seconds:.3f}")
    return suite


def _case(subject: str, check: Check, findings: list[Finding]) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=_allowed(subject), name=_allowed(check.name))
    bad = [finding for finding in findings if finding.level != "info"]
    placed = next((f for f in bad if f.file is not None), None)
    if placed is not None and placed.file is not None:
        case.set("file", _allowed(placed.file))
        if placed.line is not None:
            case.set("line", str(placed.line))
    if bad or check.verdict == "wrong":
        crashed = bool(bad) and all(finding.verdict == "crashed" for finding in bad)
        message = headline(bad[0]) if bad else check.detail
        mark = ElementTree.SubElement(
            case, "error" if crashed else "failure", message=_allowed(message)
        )
        mark.set("type", _allowed(bad[0].code if bad else check.verdict))
        mark.text = _allowed("\n\n".join(map(finding_text, bad)) or check.detail)
    elif check.verdict == "undecided":
        ElementTree.SubElement(case, "skipped", message=_allowed(check.detail))
    informed = [finding for finding in findings if finding.level == "info"]
    if informed:
        output = ElementTree.SubElement(case, "system-out")
        output.text = _allowed("\n\n".join(map(finding_text, informed)))
    return case


def _allowed(text: str) -> str:
    """A text without the characters that XML 1.0 cannot hold, not even escaped."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
