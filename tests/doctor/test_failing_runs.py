"""Trainings that stop, hang, vanish or do not repeat: clear words, and what was found is kept."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from msgspec import structs

from backprove.doctor import config_subject
from backprove.doctor.cache import Cache
from backprove.doctor.executor import InProcess
from backprove.doctor.jobs import Outcome
from backprove.doctor.program import from_job
from backprove.doctor.run import examine
from backprove.errors import DataError
from backprove.report import report
from doctor.programs import clusters


class Spoiled(InProcess):
    """Changes every outcome by `spoil(count, job, outcome)`; count is that of all jobs so far."""

    def __init__(self, spoil) -> None:
        super().__init__(from_job)
        self.spoil, self.count = spoil, itertools.count()

    def run(self, jobs, limit):
        for place, outcome in super().run(jobs, limit):
            yield place, self.spoil(next(self.count), jobs[place], outcome)


def examined(executor, *, spec=None, **options):
    spec = clusters(training__learning_rate=20.0) if spec is None else spec
    return examine(spec, executor=executor, **{"budget": "12x", "cache": Cache(None), **options})


def row(result, name):
    return next(r for r in result.diagnosis.reruns if r.name == name)


def codes_of(result):
    return [f.code for f in result.findings]


class Forgetful(InProcess):
    """Reads the data anew for every job, as a process does that was just started."""

    def run(self, jobs, limit):
        for place, job in enumerate(jobs):
            config_subject._LOADED.clear()
            yield from ((place, outcome) for _, outcome in super().run([job], limit))


def test_data_that_vanish_leave_what_was_measured_before(tmp_path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 10))
    file = tmp_path / "rows.npz"
    np.savez(file, x=x, y=np.argmax(x[:, :3], axis=1))

    def told(name, done, total):
        if name != "as given":
            file.unlink(missing_ok=True)

    changes = {"data__name": str(file), "data__options": {}, "training__learning_rate": 50.0}
    result = examined(Forgetful(from_job), spec=clusters(**changes), told=told)
    assert len(row(result, "as given").metric) == 3
    (told_of,) = [f for f in result.findings if f.code == "RUN706"]
    assert "rows.npz" in told_of.sentence and told_of.level == "warn"
    assert not [f for f in result.findings if f.role == "cause"]
    assert all(r.standing != "refuted" for r in result.diagnosis.reruns), "an error refutes nothing"


def test_a_step_that_never_ends_is_told_with_its_time() -> None:
    def late(count, job, outcome):
        return Outcome(job.seed, error="the re-run gave no answer", late=True)

    with pytest.raises(DataError, match=r"first 5 steps .* did not end within 10 s"):
        examined(Spoiled(late), budget="7s")


def test_a_training_that_always_stops_is_not_judged() -> None:
    def stops(count, job, outcome):
        return outcome if job.steps == 5 else Outcome(job.seed, error="RuntimeError: boom")

    result = examined(Spoiled(stops))
    assert result.diagnosis.conclusion == "undecided" and result.exit_code == 1
    assert "the training stopped with an error: RuntimeError: boom" in report("concise", result)
    assert "RUN706" in codes_of(result)


def test_a_change_that_stops_is_told_beside_the_cause() -> None:
    def stops(count, job, outcome):
        leaky = job.subject["config"]["network"]["activation"] == "leaky_relu"
        return Outcome(job.seed, error="OSError: gone") if leaky else outcome

    result = examined(Spoiled(stops), budget="60x")
    assert [f.subject for f in result.findings if f.role == "cause"] == ["lr-high"]
    (told_of,) = [f for f in result.findings if f.code == "RUN706"]
    assert told_of.level == "info" and told_of.evidence[0].where == "activation=leaky_relu"
    assert "activation=leaky_relu" not in [r.name for r in result.diagnosis.reruns]


def test_a_run_that_does_not_repeat_is_told() -> None:
    def drifts(count, job, outcome):
        curve = [(step, loss * (1 + 1e-6 * count)) for step, loss in outcome.curve]
        return structs.replace(outcome, curve=curve)

    assert "RUN703" in codes_of(examined(Spoiled(drifts), spec=clusters()))
    assert "RUN703" not in codes_of(examined(InProcess(from_job), spec=clusters()))


@pytest.mark.parametrize("moment", [1, 4, 9, 16])
def test_an_interrupt_at_any_moment_gives_what_was_found(moment) -> None:
    calls = itertools.count(1)

    def told(name, done, total):
        if next(calls) >= moment:
            raise KeyboardInterrupt

    result = examined(InProcess(from_job), told=told, verify=True)
    assert result.diagnosis.interrupted
    assert len(row(result, "as given").metric) == min(moment, 3)
    assert "Ctrl-C ended it" in report("text", result)
    assert all(r.standing != "confirmed" or len(r.metric) > 1 for r in result.diagnosis.reruns)


def test_an_interrupt_of_the_first_steps_is_no_error() -> None:
    def stop(count, job, outcome):
        raise KeyboardInterrupt

    result = examined(Spoiled(stop))
    assert result.diagnosis.interrupted and result.diagnosis.conclusion == "undecided"
    assert "time was over" in report("concise", result)


def test_an_interrupt_while_the_repair_is_verified_keeps_the_diagnosis() -> None:
    spec = clusters(training__learning_rate=20.0, training__steps=400, training__epochs=40)

    def told(name, done, total):
        if name.endswith(", all steps") and name != "as given, all steps":
            raise KeyboardInterrupt

    result = examined(InProcess(from_job), spec=spec, told=told, verify=True, budget="9x")
    assert result.diagnosis.fix_name and result.diagnosis.interrupted
    assert result.diagnosis.verified is None


def test_a_damaged_cache_is_measured_anew(tmp_path) -> None:
    first = examined(InProcess(from_job), cache=Cache(tmp_path))
    files = sorted(tmp_path.rglob("*.json"))
    for i, file in enumerate(files):
        text = file.read_text()
        file.write_text(text.replace('"losses":[', '"losses":["x",') if i % 2 else text[:40])
    again = examined(InProcess(from_job), cache=Cache(tmp_path))
    assert repr(again.diagnosis.reruns) == repr(first.diagnosis.reruns)
    assert again.diagnosis.spent_steps > 0


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path) -> None:
    place = tmp_path / "file"
    place.write_text("no folder")
    result = examined(InProcess(from_job), cache=Cache(place))
    assert result.diagnosis.reruns and place.read_text() == "no folder"
