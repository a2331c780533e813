"""The programs of the doctor's benchmark can be built and trained, and so can their repairs."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.doctor import cases
from benchmarks.doctor.truth import FOLDER, FRESH, Fix, Truth, all_truth, program

from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.spec import changed, fingerprint

TRUTH, FRESH_TRUTH = all_truth(), all_truth(FRESH)
HEAVY = ("A10",)
BOTH = [
    *((FOLDER, n, t) for n, t in TRUTH.items()),
    *((FRESH, n, t) for n, t in FRESH_TRUTH.items()),
]
STARTED = [(f, n, t) for f, n, t in BOTH if n not in HEAVY]


@pytest.mark.parametrize(
    ("folder", "truth", "count", "controls"),
    [(FOLDER, TRUTH, 80, 11), (FRESH, FRESH_TRUTH, 63, 10)],
)
def test_every_program_has_its_truth(folder, truth, count, controls) -> None:
    assert {path.stem for path in (folder / "cases").glob("*.toml")} == truth.keys()
    assert len(truth) == count and sum(t.control for t in truth.values()) == controls


def test_no_fresh_program_is_one_of_the_first_set() -> None:
    first = {fingerprint(program(name)) for name in TRUTH}
    assert not first & {fingerprint(program(name, FRESH)) for name in FRESH_TRUTH}
    assert not TRUTH.keys() & FRESH_TRUTH.keys()


@pytest.mark.parametrize(
    ("folder", "name", "truth"), BOTH, ids=lambda x: x if isinstance(x, str) else ""
)
def test_the_truth_fits_together(folder, name, truth) -> None:
    assert truth.families or "healthy" in truth.verdicts
    assert not (truth.control and truth.families) and truth.measured
    accepted = [fix for fix in truth.fixes if fix.status == "accepted"]
    hopeless = {"no signal"} & set(truth.verdicts)
    assert accepted or hopeless or not truth.confirmed or not truth.families
    original = fingerprint(program(name, folder))
    edited = [fingerprint(changed(program(name, folder), fix.changes)) for fix in truth.fixes]
    assert original not in edited and len(set(edited)) == len(edited)


@pytest.mark.parametrize(
    ("folder", "name", "truth"), STARTED, ids=lambda x: x if isinstance(x, str) else ""
)
def test_programs_and_repairs_take_their_first_steps(folder, name, truth) -> None:
    subject = ConfigSubject(program(name, folder))
    assert subject.has_held_out == truth.held_out
    edits = [fix.changes for fix in truth.fixes if fix.status == "accepted"]
    for changes in [{}, *edits]:
        run = subject.edited(changes).start(0)
        for _ in range(2):
            run.step()
        assert run.diverged_at is not None or (run.step_count == 2 and np.isfinite(run.metric()))
        assert run.layers[-1].is_output and run.total_steps >= run.step_count


@pytest.mark.parametrize("name", ["A18", "M6", "H6", "D38"])
def test_the_short_ones_behave_as_measured(name) -> None:
    found = cases.metrics(ConfigSubject(program(name)), TRUTH[name], 2)
    assert cases.agreement(TRUTH[name], found) == "yes"


def test_agreement_is_about_good_and_bad() -> None:
    truth = Truth("", "", [], ["causes"], True, 0.8, [0.1, 0.2, float("nan")])
    assert cases.agreement(truth, [float("nan"), 0.7]) == "yes"
    assert cases.agreement(truth, [0.9, 0.7]) == "50% good, not 0%"
    fix = Fix("x", "accepted")
    assert cases.kept(fix, truth, [0.9] * 4 + [0.1]) == "yes"
    assert cases.kept(fix, truth, [0.9, 0.1]) == "50% good"
