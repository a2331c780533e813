"""A diagnosis as text: the verdict, causes, effects and symptoms, every re-run, the fix."""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import structs

from backprove.diagnosis import Diagnosis, Rerun
from backprove.finding_view import clean, finding_text, verdict_sentence
from backprove.findings import Evidence, Finding, Result, filled, label
from backprove.messages import render
from backprove.report.seen import seen_text
from backprove.tables import paragraph, text_table

_ROLES = {
    "cause": "Causes, confirmed by re-runs",
    "effect": "Effects of the cause",
    "symptom": "Symptoms, not proved to be causes",
    "": "Also seen",
}
_STANDINGS = {
    "confirmed": "repairs it",
    "refuted": "refuted",
    "undecided": "undecided",
    "help": "helps, not enough",
    "control": "control",
    "as given": "as given",
}


def diagnosis_text(result: Result) -> str:
    """Everything that a diagnosis says; the result must hold one."""
    found = result.diagnosis
    assert found is not None
    blocks = [paragraph(verdict_sentence(result))]
    for role in _ROLES:
        title = render(_ROLES[role])
        blocks += _group(title, [f for f in result.findings if f.role == role])
    if found.reruns:
        blocks += [_heading(found), rerun_table(found.reruns)]
    if found.fix:
        blocks.append(render("The smallest change that repairs it, in the configuration:"))
        blocks.append("\n".join(f"    {clean(line)}" for line in found.fix))
    if found.seen is not None:
        blocks.append(seen_text(found.seen))
    blocks.append(_price(found))
    return "\n\n".join(blocks)


def _group(title: str, findings: Iterable[Finding]) -> list[str]:
    listed = [finding_text(_rounded(finding)) for finding in findings]
    return [title + "\n" + "\n".join(listed)] if listed else []


def _rounded(finding: Finding) -> Finding:
    """The finding with measured values in four digits; the result itself keeps all of them."""
    return structs.replace(finding, evidence=[_in_four_digits(e) for e in finding.evidence])


def _in_four_digits(evidence: Evidence) -> Evidence:
    if not isinstance(evidence.value, float) or not math.isfinite(evidence.value):
        return evidence
    return structs.replace(evidence, value=float(f"{evidence.value:.4g}"))


def _heading(found: Diagnosis) -> str:
    text = render(
        "Trained again with one thing changed: {metric} after {steps} steps. A constant answer "
        "reaches {floor:.3g}, the best re-run {attainable:.3g}; a repair has to reach {level:.3g}.",
        metric=label(found.metric_name),
        steps=found.steps,
        floor=found.floor,
        attainable=found.attainable,
        level=found.level,
    )
    return paragraph(text)


def rerun_table(reruns: Iterable[Rerun]) -> str:
    """The re-runs: change, how many seeds reached the level, the metric by seed, what it proves."""
    rows = [
        [
            clean(filled(rerun.phrase, rerun.parameters)),
            f"{rerun.worked}/{len(rerun.metric)}",
            " ".join(map(short, rerun.metric)),
            gain(rerun),
            measure(rerun, "overshoot", ".3g"),
            measure(rerun, "silent", ".0%"),
            render(_STANDINGS[rerun.standing]),
        ]
        for rerun in reruns
    ]
    headings = [
        render("change"),
        render("repaired"),
        render("by seed"),
        render("gain [95 %]"),
        render("step / stable"),
        render("silent units"),
        render("proves"),
    ]
    return text_table(headings, rows)


def short(value: float) -> str:
    """A metric in three digits; overflow as NaN."""
    return f"{value:.3f}" if math.isfinite(value) and abs(value) < 100 else f"{value:.3g}"


def gain(rerun: Rerun) -> str:
    """The mean gain of progress with its interval; nothing for the unchanged program."""
    if rerun.standing == "as given" or len(rerun.metric) < 2:
        return "-"
    return f"{rerun.effect:+.2f} [{rerun.low:+.2f}, {rerun.high:+.2f}]"


def measure(rerun: Rerun, name: str, form: str) -> str:
    """Something that was seen on the way, or nothing."""
    value = rerun.measures.get(name, math.nan)
    return format(value, form) if math.isfinite(value) else "-"


def _price(found: Diagnosis) -> str:
    text = render(
        "Run again: {steps:,} steps, as many as {trainings:.1f} times the original training.",
        steps=found.spent_steps,
        trainings=found.spent_trainings,
    )
    if found.interrupted:
        text += " " + render("Ctrl-C ended it: this is what was found until then.")
    elif found.cut_short:
        text += " " + render("The budget ended it: a larger --budget may tell more.")
    return paragraph(text)
