"""The text of a diagnosis: measured values in four digits, the result keeps all of them."""

from __future__ import annotations

import math

from backprove.diagnosis import Diagnosis, Rerun
from backprove.findings import Evidence, Finding, Result
from backprove.report import report

CURVATURE = 5.935446905744682


def diagnosed() -> Result:
    finding = Finding(
        "OPT501", "error", "wrong", "the learning rate {rate} is too large",
        parameters={"rate": 2.0}, role="cause",
        evidence=[Evidence("curvature", CURVATURE), Evidence("step", 2), Evidence("x", math.nan)],
    )  # fmt: skip
    runs = [Rerun("as given", "as given", metric=[math.nan, 0.11], standing="as given")]
    found = Diagnosis("causes", "it does not train", reruns=runs, metric_name="accuracy")
    return Result("net.toml", [finding], diagnosis=found)


def test_measured_values_are_shown_in_four_digits() -> None:
    result = diagnosed()
    text = report("text", result)
    assert "5.935\n" in text and str(CURVATURE) not in text
    assert "step: 2\n" in text and "nan 0.110" in text
    assert Result.from_json(result.to_json()).findings[0].evidence[0].value == CURVATURE
