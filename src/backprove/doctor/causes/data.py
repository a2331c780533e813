"""no-signal, data-bug, labels: inputs that say nothing about the targets, or cannot.

A simple reader that predicts left-out rows better than chance proves a signal. Its failure proves
nothing (XOR of many bits escapes it), so the doctor also looks at rows that were held out.
"""

from __future__ import annotations

from backprove.doctor import edits
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

SORTED = 0.3
CONFLICTS = 0.2


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about the rows themselves."""
    evidence = [
        Evidence("best simple reader", facts.signal, "correlation"),
        Evidence("the same with permuted targets", facts.signal_limit, "correlation"),
    ]
    found = []
    if not facts.has_signal and facts.rows >= 30:
        names = ("shuffled_inputs", "shuffled_labels", "shifted_labels")
        found += [
            Hypothesis("no-signal", "DAT107", 0.5, evidence=evidence),
            Hypothesis(
                "data-bug", "DAT106", 0.45, evidence=evidence, edits=edits.mistakes(spec, *names)
            ),
        ]
    if facts.conflicts > CONFLICTS:
        conflicts = Evidence("rows with the same inputs and another target", facts.conflicts)
        found.append(
            Hypothesis(
                "labels", "DAT110", 0.2,
                parameters={"share": facts.conflicts}, evidence=[conflicts],
            )
        )  # fmt: skip
    if facts.runs < SORTED and not spec.training.shuffle and trace.batch_size < facts.rows:
        neighbours = Evidence("neighbours that differ, relative to shuffled rows", facts.runs)
        found.append(
            Hypothesis(
                "data-bug", "DAT109", 0.6, evidence=[neighbours], edits=[edits.shuffle(spec)]
            )
        )
    return found
