"""Re-runs of a small real training whose stable step is known."""

from __future__ import annotations

import math

import pytest

from backprove.doctor import edits
from backprove.doctor.budget import Budget
from backprove.doctor.cache import Cache, key
from backprove.doctor.executor import InProcess
from backprove.doctor.experiments import Arm, Laboratory, halved, steps_for
from backprove.doctor.jobs import Job, Outcome
from backprove.doctor.spec import changed
from backprove.doctor.training import train
from doctor.least_squares import STABLE, LeastSquares, from_job
from doctor.programs import clusters


def laboratory(cache=None, budget="60s", **options) -> Laboratory:
    return Laboratory(InProcess(from_job), cache or Cache(None), Budget(budget), 0.0, **options)


BAD = Arm("as given", LeastSquares(learning_rate=1.05 * STABLE))
GOOD = Arm("lower", LeastSquares(learning_rate=0.95 * STABLE))
WORSE = Arm("still too high", LeastSquares(learning_rate=1.01 * STABLE))


def test_the_stable_step_divides_what_trains_from_what_does_not() -> None:
    lab = laboratory()
    assert lab.run([BAD, GOOD, WORSE], lab.seeds(3))
    assert lab.progress("as given") == [0.0] * 3
    assert min(lab.progress("lower")) > 0.999
    assert lab.judged("lower", "as given", 0.5).decision == "confirmed"
    assert lab.judged("still too high", "as given", 0.5).decision == "refuted"


def test_overflow_ends_a_run_and_names_the_step() -> None:
    outcome = train(LeastSquares(learning_rate=3.0 * STABLE, total_steps=5000), Job({}, 0, 0))
    assert outcome.stopped is not None and outcome.stopped == outcome.steps < 5000
    assert math.isnan(outcome.metric) and not outcome.finite and not outcome.error


def test_the_same_seed_gives_the_same_record_and_another_one_does_not() -> None:
    first, again, other = (train(GOOD.subject, Job({}, seed, 20)) for seed in (0, 0, 1))
    assert first.curve == again.curve and first.metric == again.metric
    assert first.curve != other.curve
    assert first.steps == 20


def test_a_second_call_is_answered_from_the_cache(tmp_path) -> None:
    first = laboratory(Cache(tmp_path))
    first.run([BAD, GOOD], first.seeds(2))
    second = laboratory(Cache(tmp_path))
    second.run([BAD, GOOD], second.seeds(2))
    assert first.spent > 0 and first.reused == 0
    assert second.spent == 0 and second.reused == 4
    assert second.outcomes["lower"] == first.outcomes["lower"]
    assert math.isnan(second.outcomes["as given"][0].metric) == math.isnan(
        first.outcomes["as given"][0].metric
    )


def test_another_question_has_another_key() -> None:
    keys = {key(arm.subject.fingerprint(), seed) for arm in (BAD, GOOD) for seed in (0, 1)}
    assert len(keys) == 4


def test_a_damaged_cache_file_is_passed_over(tmp_path) -> None:
    cache = Cache(tmp_path)
    name = key("x")
    cache.put(name, Outcome(0, metric=math.nan, loss=math.inf))
    found = cache.get(name)
    assert found is not None and math.isnan(found.metric) and found.loss == math.inf
    (file,) = tmp_path.rglob("*.json")
    for text in (b"{", b"[]", b"", b"\xff"):
        file.write_bytes(text)
        assert cache.get(name) is None


def test_what_an_error_ended_is_told_and_not_kept(tmp_path) -> None:
    lab = laboratory(Cache(tmp_path))
    assert lab.run([Arm("boom", LeastSquares(broken="step")), GOOD], [0])
    assert lab.failed["boom"][0].error == "RuntimeError: boom"
    assert lab.failed["boom"][0].steps == 0 and not lab.failed["boom"][0].finite
    assert "boom" not in lab.outcomes and lab.progress("boom") == []
    assert lab.judged("boom", "lower", 0.5).decision == "undecided", "an error refutes nothing"
    spent = lab.spent
    assert lab.run([Arm("boom", LeastSquares(broken="step"))], [0])
    assert lab.spent == spent, "what stopped is not tried again"
    assert lab.progress("lower") and len(list(tmp_path.rglob("*.json"))) == 1
    vanished = train(LeastSquares(broken="start"), Job({}, 0, 0))
    assert vanished.error == "FileNotFoundError: the data vanished"


def test_nothing_is_begun_once_the_budget_is_spent() -> None:
    lab = laboratory(budget="0.000001s")
    assert not lab.run([BAD, GOOD], [0])
    assert lab.outcomes == {}


def test_what_ended_before_an_interrupt_stays() -> None:
    def stop(name, done, total):
        if done == 2:
            raise KeyboardInterrupt

    lab = laboratory(told=stop)
    with pytest.raises(KeyboardInterrupt):
        lab.run([BAD, GOOD, WORSE], [0])
    assert sum(map(len, lab.outcomes.values())) == 2


def test_the_better_half_goes_on() -> None:
    lab = laboratory()
    arms = [BAD, WORSE, GOOD, Arm("small", LeastSquares(learning_rate=0.3 * STABLE))]
    lab.run(arms, [0])
    assert next(a.name for a in halved(arms, lab)) in ("lower", "small")
    assert {a.name for a in halved(arms, lab)} == {"lower", "small"}
    assert {a.name for a in halved(arms, lab, ["as given"])} == {"lower", "small", "as given"}


class Wide(InProcess):
    """Says that it does several jobs at once."""

    width = 3


def test_a_budget_of_work_begins_the_same_runs_whatever_the_time_and_the_processes() -> None:
    done = []
    for executor in (InProcess(from_job), Wide(from_job)):
        budget = Budget("7x")
        lab = Laboratory(executor, Cache(None), budget, 0.0)
        budget.training(200.0)
        assert not lab.run([a._replace(steps=200) for a in (BAD, GOOD, WORSE)], lab.seeds(3))
        done.append([(name, sorted(found)) for name, found in lab.outcomes.items()])
        assert budget.spent <= 1400.0
    assert done[0] == done[1] and sum(len(seeds) for _, seeds in done[0]) == 6


def test_what_the_cache_holds_counts_as_work(tmp_path) -> None:
    spent = []
    for _ in range(2):
        budget = Budget("4x")
        lab = Laboratory(InProcess(from_job), Cache(tmp_path), budget, 0.0)
        budget.training(200.0)
        lab.run([a._replace(steps=200) for a in (BAD, GOOD)], lab.seeds(3))
        spent.append((budget.spent, lab.outcomes.keys(), lab.reused))
    assert spent[0][:2] == spent[1][:2] and spent[0][0] > 0
    assert spent[0][2] == 0 < spent[1][2]


@pytest.mark.parametrize(("size", "steps"), [(32, 60), (8, 240), (64, 60)])
def test_smaller_batches_see_as_many_rows(size, steps) -> None:
    given = clusters()
    edited = changed(given, edits.batch_size(given, size).changes)
    assert steps_for(given, edited, 60) == steps
