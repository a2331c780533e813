"""Whole examinations of small trainings: verdict, roles, re-runs, fix, and what is refused."""

from __future__ import annotations

import pytest
from msgspec import structs

from backprove import messages
from backprove.doctor import spec as specs
from backprove.doctor.cache import Cache
from backprove.doctor.executor import InProcess, Processes
from backprove.doctor.fix import write_fix
from backprove.doctor.jobs import Job
from backprove.doctor.program import Program, from_job
from backprove.doctor.run import examine
from backprove.errors import DataError, UsageError
from backprove.findings import Result
from backprove.report import report
from doctor.programs import clusters


def examined(spec, **options) -> Result:
    options = {"budget": "500s", "cache": Cache(None), **options}
    return examine(spec, executor=InProcess(from_job), **options)


class Busy(InProcess):
    """A machine on which everything takes long, and other things at the same time."""

    def run(self, jobs, limit):
        for place, outcome in super().run(jobs, limit):
            yield place, structs.replace(outcome, seconds=100.0 * (1 + place) * outcome.seconds)


def test_a_budget_of_work_finds_the_same_on_a_busy_machine() -> None:
    spec, options = clusters(training__learning_rate=20.0), {"cache": Cache(None), "budget": "20x"}
    idle, busy = (examine(spec, executor=kind(from_job), **options) for kind in (InProcess, Busy))
    assert repr(idle.diagnosis) == repr(busy.diagnosis)
    assert [f.sentence for f in idle.findings] == [f.sentence for f in busy.findings]
    assert 0 < idle.diagnosis.spent_trainings <= 20.0 and idle.diagnosis.cut_short


@pytest.fixture(scope="module")
def too_large() -> Result:
    """A step far beyond the stable one."""
    return examined(clusters(training__learning_rate=20.0), name="large.toml", verify=True)


def row(result, name):
    return next(r for r in result.diagnosis.reruns if r.name == name)


def test_a_step_beyond_the_stable_one_is_the_cause(too_large) -> None:
    cause = next(f for f in too_large.findings if f.role == "cause")
    assert (cause.code, cause.subject, cause.level) == ("OPT501", "lr-high", "error")
    assert cause.parameters["rate"] == 20.0 > cause.parameters["stable"]
    assert too_large.diagnosis.conclusion == "causes" and too_large.exit_code == 1


def test_popular_cures_are_refuted_and_smaller_steps_confirmed(too_large) -> None:
    for name in ("activation=leaky_relu", "activation=prelu", "initializer=he_normal"):
        rows = [r for r in too_large.diagnosis.reruns if r.name == name]
        assert all(r.standing == "refuted" for r in rows), name
    found = too_large.diagnosis
    assert row(too_large, found.fix_name).standing == "confirmed"
    assert list(found.changes) == ["training.learning_rate"]
    assert found.changes["training.learning_rate"] < 20.0
    assert row(too_large, "placebo").standing == "control"
    assert row(too_large, "placebo").worked == 0


def test_the_silent_units_of_a_step_that_is_too_large_are_no_cause(too_large) -> None:
    roles = {f.code: f.role for f in too_large.findings}
    assert roles.get("ACT301", "effect") in ("effect", "symptom")
    assert [f.code for f in too_large.findings if f.role == "cause"] == ["OPT501"]


def test_every_claim_rests_on_three_seeds(too_large) -> None:
    for rerun in too_large.diagnosis.reruns:
        assert rerun.standing != "confirmed" or len(rerun.metric) >= 3
        assert rerun.standing != "refuted" or len(rerun.metric) >= 2


def test_the_result_travels_as_json_and_is_said_in_both_languages(too_large) -> None:
    again = Result.from_json(too_large.to_json())
    assert again.diagnosis == too_large.diagnosis or "nan" in repr(too_large.diagnosis)
    assert again.to_json() == too_large.to_json()
    try:
        messages.choose_language("en")
        english = report("text", again)
        messages.choose_language("zh")
        chinese = report("text", again)
    finally:
        messages.choose_language("auto")
    assert "it does not train. The cause: the learning rate 20 is beyond" in english
    assert "-learning_rate = 20.0" in english and "refuted" in english
    assert "训练不成功" in chinese and "the cause" not in chinese.lower()
    assert '"role": "cause"' in report("sarif", again)


def test_the_fix_is_written_after_it_was_trained(too_large, tmp_path) -> None:
    path = tmp_path / "fixed.toml"
    given = clusters(training__learning_rate=20.0)
    write_fix(too_large, given, path)
    assert specs.read(path) == specs.changed(given, too_large.diagnosis.changes)
    too_large.diagnosis.verified, kept = 0.0, too_large.diagnosis.verified
    with pytest.raises(UsageError, match="was not written"):
        write_fix(too_large, given, path)
    too_large.diagnosis.verified = kept
    with pytest.raises(UsageError, match="expected a diagnosis with a repair"):
        write_fix(Result("x"), given, path)


def test_a_mistake_comes_before_what_makes_up_for_it() -> None:
    result = examined(clusters(mistakes__ascent=True))
    assert [f.code for f in result.findings if f.role == "cause"] == ["OPT503"]
    assert result.diagnosis.changes == {"mistakes.ascent": False}


def test_a_training_that_trains_is_left_alone() -> None:
    spec = clusters(
        data__name="blobs",
        data__options={"samples": 200, "classes": 3, "std": 0.5, "seed": 1},
        network__layers=[2, 16, 3],
    )
    result = examined(spec)
    assert result.diagnosis.conclusion == "healthy", report("concise", result)
    assert result.exit_code == 0 and all(f.level == "info" for f in result.findings)
    first, *near = result.findings
    assert first.code == "RUN704"
    seen = {e.name: e.value for e in first.evidence}
    assert len(seen["metric by seed"]) == 3 and min(seen["metric by seed"]) > 0.9
    assert seen["loss at the end"] < seen["loss of the best constant answer"]
    share = row(result, "as given").measures["overshoot"]
    assert seen["step / stable"] == share
    told = [f.code for f in near if "close to a limit" in f.title]
    assert ("OPT501" in told) == (share >= 0.5)
    assert len(result.diagnosis.reruns) <= 2 and not result.diagnosis.fix


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"training__learning_rate": 1.5}, "OPT501"),
        ({"network__bias_initializer": {"name": "constant", "value": -2.0}}, "ACT301"),
        ({"network__activation": "hardtanh", "network__initializer": "he_normal",
          "data__scale_inputs": {"name": "divide", "by": 0.2}}, "ACT302"),
        ({"network__activation": "tanh", "network__initializer": "xavier_uniform",
          "training__learning_rate": 0.02}, "OPT510"),
    ],
)  # fmt: skip
def test_what_is_close_to_a_limit_in_a_training_that_trains(changes, code) -> None:
    options = {"samples": 200, "classes": 3, "std": 0.5, "seed": 1}
    base = {"data__name": "blobs", "data__options": options, "network__layers": [2, 64, 3]}
    result = examined(clusters(**{**base, **changes}))
    assert result.diagnosis.conclusion == "healthy", report("concise", result)
    told = [f.code for f in result.findings if "close to a limit" in f.title]
    assert code in told and result.exit_code == 0


def test_no_time_gives_words_and_not_a_guess() -> None:
    result = examined(clusters(training__learning_rate=20.0), budget="0.001s")
    assert result.diagnosis.conclusion == "undecided" and result.diagnosis.cut_short
    assert not [f for f in result.findings if f.role == "cause"]
    assert "RUN705" in [f.code for f in result.findings] and result.exit_code == 1
    for format in ("junit", "github", "sarif", "concise"):
        assert report(format, result)
    with pytest.raises(UsageError, match="expected a budget above 0"):
        examined(clusters(), budget="0")


def test_an_interrupt_keeps_what_was_found() -> None:
    def stop(name, done, total):
        if name != "as given":
            raise KeyboardInterrupt

    result = examined(clusters(training__learning_rate=20.0), told=stop)
    assert result.diagnosis.cut_short and result.diagnosis.interrupted
    assert "Ctrl-C ended it" in report("text", result)
    assert len(row(result, "as given").metric) == 3
    assert "time was over" in report("text", result) or result.diagnosis.conclusion == "undecided"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data__limit": 1}, "two training rows"),
        ({"network__layers": [11, 8, 3]}, "10"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_words(changes, words) -> None:
    with pytest.raises((DataError, UsageError, ValueError), match=words):
        examined(clusters(**changes))


def test_processes_give_the_same_numbers_as_this_one() -> None:
    job = Job(Program(clusters()).to_job(), 3, 20)
    processes = Processes(1)
    try:
        ((_, there),) = processes.run([job], 60.0)
        ((_, again),) = processes.run([job], 60.0)
        ((_, late),) = processes.run([Job(job.subject, 3, 0)], 0.001)
    finally:
        processes.close()
    assert there.curve == again.curve and not there.error
    ((_, here),) = InProcess(from_job).run([job], 60.0)
    losses = [[loss for _, loss in outcome.curve] for outcome in (here, there)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert "gave no answer in" in late.error and not late.finite
