"""What the re-runs add up to: the conclusion, the roles of the findings, the table, the fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove import codes
from backprove.diagnosis import Conclusion, Diagnosis, Rerun, Standing
from backprove.doctor import spec as specs
from backprove.doctor.accepted import accepted
from backprove.doctor.claim import Claim, mediated
from backprove.doctor.decide import ENOUGH, LEAST, WORKS
from backprove.doctor.edits import PHRASES, Edit
from backprove.doctor.examination import GIVEN, MISTAKES, PLACEBO, WHOLE, Examination, median
from backprove.doctor.failures import stopped
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.margins import margins, near
from backprove.doctor.outlook import nothing_to_learn, trains
from backprove.doctor.sentences import REFERENCE, SENTENCES, phrase
from backprove.findings import Evidence, Finding


class Judgement:
    """The conclusion from an examination and the claims that it left."""

    def __init__(
        self,
        exam: Examination,
        hypotheses: Sequence[Hypothesis],
        proved: Sequence[Claim],
        series: tuple[str, list[Edit]] | None = None,
    ) -> None:
        self.exam, self.hypotheses, self.proved = exam, hypotheses, list(proved)
        self.series = series
        self.name, self.conclusion = self._conclude()

    def _conclude(self) -> tuple[str, Conclusion]:
        exam = self.exam
        mistaken = bool(self.proved) and self.proved[0].hypothesis.family in MISTAKES
        if trains(exam) and not mistaken:
            return "healthy", "healthy"
        if self.series is not None:
            return "series", "causes"
        if self.proved:
            first = self.proved[0]
            if first.partial:
                return "partly", "causes"
            if exam.ideas[first.arm].longer > 1 or first.hypothesis.family == "epochs":
                return "too few steps", "too few steps"
            return "causes", "causes"
        if stopped(exam):
            return "stopped", "undecided"
        if not exam.before or (exam.cut_short and not exam.ideas):
            return "cut short", "undecided"
        if nothing_to_learn(exam):
            return "no signal", "no signal"
        whole = 2 * exam.steps >= exam.total_steps and not exam.cut_short
        reached = [p >= max(ENOUGH * exam.attainable, LEAST) for p in exam.before]
        if whole and sum(reached) >= WORKS * len(reached):
            return "spared", "healthy"
        return ("cut short", "undecided") if exam.cut_short else ("undecided", "undecided")

    @property
    def fix(self) -> str:
        """The arm of the smallest change that repairs it; "" if there is none."""
        if self.conclusion not in ("causes", "too few steps") or self.name == "partly":
            return ""
        return self.series[0] if self.series is not None else self.proved[0].arm

    def diagnosis(self) -> Diagnosis:
        """Everything that is reported beside the findings."""
        exam, fix = self.exam, self.fix
        scale = 1.0 - exam.floor
        program = exam.program.edited(exam.edit(fix)) if fix else exam.program
        return Diagnosis(
            self.conclusion,
            SENTENCES[self.name],
            self._parameters(),
            exam.metric_name,
            exam.floor,
            exam.floor + scale * exam.attainable,
            exam.floor + scale * min(1.0, exam.level),
            self._reruns(),
            specs.difference(exam.spec, program.spec),
            fix,
            exam.edit(fix).changes if fix else {},
            None,
            exam.steps,
            exam.laboratory.spent,
            exam.laboratory.spent / max(exam.total_steps, 1),
            exam.cut_short,
        )

    def _parameters(self) -> dict[str, Any]:
        exam = self.exam
        found: dict[str, Any] = {"metric": exam.metric_name, "floor": exam.floor}
        found["value"] = self._metric(GIVEN)
        found["error"] = stopped(exam)
        if self.fix:
            judged = exam.judged(self.fix)
            found |= {"worked": judged.worked, "seeds": judged.seeds}
            found |= {"repair": phrase(exam.edit(self.fix))}
            found |= {"before": self._metric(GIVEN), "after": self._metric(self.fix)}
            found |= {"factor": exam.ideas[self.fix].longer}
        if self.name == "partly":
            found["help"] = phrase(exam.edit(self.proved[0].arm))
        causes = [self._title(claim.hypothesis) for claim in self.proved]
        if causes:
            found |= {"cause": causes[0], "causes": causes}
        return found

    def _title(self, hypothesis: Hypothesis) -> dict[str, Any]:
        known = codes.CODES[hypothesis.code]
        return {"template": known.title, "parameters": dict(hypothesis.parameters)}

    def _metric(self, name: str) -> float:
        exam = self.exam
        return exam.floor + (1.0 - exam.floor) * median(exam.laboratory.progress(name))

    def _reruns(self) -> list[Rerun]:
        exam = self.exam
        rows = [self._rerun(GIVEN, "as given", {}, "as given")]
        if WHOLE in exam.laboratory.outcomes:
            steps = {"steps": exam.total_steps}
            rows.append(self._rerun(WHOLE, "as given, all {steps} steps", steps, "as given"))
        if PLACEBO in exam.laboratory.outcomes:
            rows.append(self._rerun(PLACEBO, PHRASES["placebo"], {}, "control"))
        order = {"confirmed": 0, "help": 1, "undecided": 2, "refuted": 3, "control": 4}
        tried = []
        for name, idea in exam.ideas.items():
            if name in exam.aliases:
                continue
            said = phrase(idea.edit)
            if idea.purpose == "reference":
                count = {"count": len(idea.edit.parts or (idea.edit,))}
                said = {"template": REFERENCE, "parameters": count}
            row = self._rerun(name, said["template"], said["parameters"], self._standing(name))
            row.family, row.popular = idea.family, idea.purpose == "popular"
            if row.metric:
                tried.append(row)
        return rows + sorted(tried, key=lambda row: (order[row.standing], -row.effect))

    def _standing(self, name: str) -> Standing:
        judged = self.exam.judged(name)
        if judged.decision != "confirmed" and judged.interval.low > 0.05:
            return "help"
        return judged.decision

    def _rerun(
        self, name: str, template: str, parameters: dict[str, Any], standing: Standing
    ) -> Rerun:
        exam = self.exam
        found = exam.laboratory.outcomes.get(name, {})
        outcomes = [found[seed] for seed in sorted(found)]
        row = Rerun(name, template, parameters, standing=standing)
        row.metric = [exam.laboratory.value(o) for o in outcomes]
        row.loss = [o.loss for o in outcomes]
        row.steps = max((o.steps for o in outcomes), default=0)
        if standing == "as given":
            row.worked = sum(p >= exam.level for p in exam.laboratory.progress(name))
        else:
            judged = exam.judged(name)
            row.worked, row.effect = judged.worked, judged.effect
            row.low, row.high = judged.interval
        for quantity in ("overshoot", "silent"):
            value = exam.quantity(quantity, name)
            if value is not None:
                row.measures[quantity] = value
        return row

    def findings(self, symptoms: Sequence[Finding]) -> list[Finding]:
        """Causes first, then effects, then symptoms; nothing is an error without a re-run."""
        exam = self.exam
        if self.conclusion == "healthy":
            good = margins(exam) if self.name == "healthy" else near(exam)
            return [*good, *(_as(finding, "", "info") for finding in symptoms)]
        causes = [self._cause(claim) for claim in self._causes()]
        told = {finding.code for finding in causes}
        rest = [self._rest(finding) for finding in symptoms if finding.code not in told]
        ends = {"undecided": "RUN705", "no signal": "DAT107"}
        if (code := ends.get(self.conclusion)) and code not in {finding.code for finding in rest}:
            rest.append(codes.finding(code, role="symptom", level="warn"))
        return causes + sorted(rest, key=lambda finding: finding.role != "effect")

    def _causes(self) -> list[Claim]:
        """The claims that are called causes: those of one repair, or those that act in series."""
        if self.conclusion not in ("causes", "too few steps"):
            return []
        if self.series is not None:
            return self.proved
        return accepted(self.exam, self.hypotheses, self.proved)

    def _cause(self, claim: Claim) -> Finding:
        hypothesis = claim.hypothesis
        evidence = [*hypothesis.evidence]
        if claim.moved is not None and hypothesis.mediator is not None:
            name = hypothesis.mediator.quantity
            before, after = self.exam.quantity(name, GIVEN), self.exam.quantity(name, claim.arm)
            evidence.append(Evidence(name, before, where="as given"))
            evidence.append(Evidence(name, after, where=claim.arm))
        return codes.finding(
            hypothesis.code,
            parameters=dict(hypothesis.parameters),
            evidence=evidence,
            subject=hypothesis.family,
            role="cause",
            level="error",
        )

    def _rest(self, finding: Finding) -> Finding:
        """A symptom whose own cure was refuted, or that is gone once it trains, is an effect."""
        rivals = [h for h in self.hypotheses if h.code == finding.code]
        for rival in rivals:
            refuted = [e for e in rival.edits if e.id in self.exam.ideas]
            all_refuted = refuted and all(
                self.exam.judged(e.id).decision == "refuted" for e in refuted
            )
            if self.fix and (all_refuted or mediated(self.exam, rival, self.fix)):
                return _as(finding, "effect", "info")
        return _as(finding, "symptom", "warn" if finding.level == "error" else finding.level)


def _as(finding: Finding, role: Any, level: Any) -> Finding:
    finding.role, finding.level = role, level
    return finding
