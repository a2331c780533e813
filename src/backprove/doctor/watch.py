"""A callback that watches a `fit` and speaks up early, without training anything again.

watch = Watch(probes=x[:500])
model.fit(data, callbacks=[watch])
watch.findings
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from backprove import codes
from backprove.doctor.slopes import silent_units
from backprove.findings import Finding
from backprove.train.callbacks import Callback
from backprove.train.watch import watched

RISEN = 3.0
"""A loss that rises to so many times its first value is told."""

TITLES = {
    "broken": "the loss is not finite at step {step}",
    "rising": "the loss runs away: {loss:.3g} at step {step}, {first:.3g} at the start",
    "dead": "at step {step} all {units} units of {layer} give 0 for every probe",
}
"""What is said, an English template each."""

Logs = dict[str, Any]


class Watch(Callback):
    """Warns once of each: a loss that is not finite, one that runs away, a layer that is dead.

    probes   rows as the network takes them, on which silent units are counted; without them only
             the loss is watched
    every    so many runs of steps lie between two looks at the probes

    What was found stays in `findings`; `backprove doctor` or `diagnose` say why.
    """

    def __init__(self, probes: Any = None, every: int = 10) -> None:
        self.probes, self.every = probes, max(1, every)
        self.findings: list[Finding] = []
        self._first, self._looks = math.nan, 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.findings, self._first, self._looks = [], math.nan, 0

    def on_train_batch_end(self, step: int, logs: Logs | None = None) -> None:
        loss = float((logs or {}).get("loss", math.nan))
        if math.isnan(self._first):
            self._first = loss
        if not math.isfinite(loss):
            self._tell("RUN702", "broken", step=step)
        elif loss > RISEN * abs(self._first):
            self._tell("RUN702", "rising", step=step, loss=loss, first=self._first)
        self._looks += 1
        if self.probes is not None and self._looks % self.every == 1 % self.every:
            self._look(step)

    def _look(self, step: int) -> None:
        def record(name: str, op: Any, kind: str, value: Any) -> None:
            y = np.asarray(value)
            if kind == "output" and silent_units(type(op).__name__, y, y).all():
                self._tell("ACT301", "dead", step=step, layer=name, units=y.shape[-1])

        with np.errstate(all="ignore"):
            watched(self.model.net, record).fwd(self.probes, **self.model.state_dict())

    def _tell(self, code: str, what: str, **parameters: Any) -> None:
        finding = codes.finding(
            code, title=TITLES[what], parameters=parameters, role="symptom", level="warn"
        )
        if finding.title not in {known.title for known in self.findings}:
            self.findings.append(finding)
            warnings.warn(finding.sentence, RuntimeWarning, stacklevel=2)
