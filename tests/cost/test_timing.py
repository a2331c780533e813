"""Predicted and measured times: the parts that do not depend on how fast the machine is."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from backprove import LeakyReLU, Linear, ReLU, Residual, Sequential, messages, ops
from backprove.cost import cost
from backprove.cost.machine import clock, store
from backprove.cost.machine import jax as compiled
from backprove.cost.machine import numpy as eager
from backprove.cost.machine.calls import MATMUL, Call, Recorded, calls_of
from backprove.cost.machine.clock import Sample, Timed, sample
from backprove.cost.machine.rates import Rates, parsed, written
from backprove.cost.rendering import comma_separated
from backprove.cost.times import StepTime, Time
from backprove.cost.timing import jax_step, numpy_step, view
from backprove.cost.timing.problem import fits, problem
from backprove.cost.timing.trace import trace, trace_of_update
from backprove.cost.timing.watch import watched
from backprove.errors import UsageError
from backprove.optim import Adam

SMALL = Sequential(Linear(6, 8), LeakyReLU(), Residual(Sequential(Linear(8, 8))), Linear(8, 3))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path))
    monkeypatch.setattr(clock, "SECONDS", 0.001)
    monkeypatch.setattr(clock, "LEAST", 1)
    for engine in (numpy_step, jax_step):
        monkeypatch.setattr(engine, "STEP_SECONDS", 0.001)


def step(net, batch, width):
    loss = ops.operator("CrossEntropy")
    return problem(net, loss, Adam(), [(batch, width)], ((batch, 3), (batch,)))


def test_the_calls_of_a_step() -> None:
    calls = trace(step(SMALL, 5, 6))
    assert calls["0", "forward"] == {
        Call(MATMUL, "nn", "float32", (5, 6, 8)): 1, Call("add", "1", "float32", (40,)): 1
    }  # fmt: skip
    assert calls["0", "backward"] == {
        Call(MATMUL, "tn", "float32", (6, 5, 8)): 1, Call("add", "first", "float32", (8, 5)): 1
    }  # fmt: skip
    assert calls["3", "backward"][Call(MATMUL, "nt", "float32", (5, 3, 8))] == 1
    assert calls["2", "forward"] == {Call("add", "2", "float32", (40,)): 1}
    assert calls["2.body.0", "forward"][Call(MATMUL, "nn", "float32", (5, 8, 8))] == 1
    assert ("loss", "backward") in calls


@pytest.mark.parametrize("batch", [4, 32])
def test_the_products_that_are_called_are_those_that_are_counted(batch) -> None:
    found = cost(SMALL, (6,), batch_size=batch, convention="strict")
    calls = trace(step(SMALL, batch, 6))
    flop = sum(c.flop * n for listed in calls.values() for c, n in listed.items())
    macs = found.operations("forward", "mac") + found.operations("backward", "mac")
    assert flop == 2 * macs


def test_the_calls_of_adam_are_its_formula() -> None:
    calls = [(c, n) for c, n in trace_of_update(Adam(), 100) if c.name not in ("copy", "fresh")]
    assert sum(n for c, n in calls if c.name == "sqrt") == 1
    assert sum(n for c, n in calls if c.name != "sqrt") == Adam().cost().flop


def test_sums_know_their_axis() -> None:
    x = Recorded.of(np.ones((4, 6), np.float32))
    for axis, kind, size in ((0, "first", (6, 4)), (-1, "last", (4, 6)), (None, "last", (1, 24))):
        _, calls = calls_of(lambda axis=axis: np.sum(x, axis=axis))
        assert list(calls) == [Call("add", kind, "float32", size)]


@pytest.mark.parametrize(("true", "kind"), [(0, "0"), (10, "1"), (50, "5"), (90, "1")])
def test_a_choice_knows_how_mixed_its_mask_is(true, kind) -> None:
    mask = np.arange(100) < true
    _, calls = calls_of(lambda: np.where(mask, Recorded.of(np.ones(100, np.float32)), 0.0))
    (call,) = calls
    assert (call.name, call.kind) == ("where", kind)


def test_the_random_numbers_of_dropout_are_noted() -> None:
    net = Sequential(Linear(6, 8), ops.operator("Dropout", p=0.5), Linear(8, 3))
    calls = trace(step(net, 32, 6))["1", "forward"]
    drawn = sum(n for c, n in calls.items() if c == Call("add", "2", "uint32", (128,)))
    assert drawn == 20, "the rounds of Threefry, on half as many counters as numbers"


def test_watching_leaves_the_network_alone() -> None:
    seen = []

    def watch(row, pass_, run, given):
        seen.append((row, pass_))
        return run(*given)

    x = np.ones((2, 6), np.float32)
    values = SMALL.init()
    y, _ = watched(SMALL, watch).fwd(x, **values)
    plain, _ = SMALL.fwd(x, **values)
    assert np.array_equal(y, plain) and seen == [
        (name, "forward") for name in ("0", "1", "2", "2.body.0", "3")
    ]
    assert "fwd" not in vars(SMALL[0]) and len(seen) == 5


def rates(seconds, **options) -> Rates:
    """Rates of a machine where a call takes so many seconds."""
    made = Rates(lambda call: Timed(lambda: None), **options)
    made._at = lambda call, size: seconds(call._replace(size=size))  # type: ignore[method-assign]
    return made


def test_a_power_law_is_interpolated_exactly() -> None:
    found = rates(lambda call: 1e-9 * math.prod(call.size) ** 0.7)
    for call in (Call("exp", "1", "float32", (777,)), Call(MATMUL, "nn", "float32", (3, 77, 500))):
        assert found.seconds(call) == pytest.approx(1e-9 * math.prod(call.size) ** 0.7)


def test_products_are_timed_at_their_own_size_and_all_else_beside_it() -> None:
    asked = []
    found = rates(lambda call: asked.append(call.size) or 1.0)
    found.seconds(Call(MATMUL, "nn", "float32", (50, 51, 6)))
    found.seconds(Call("add", "2", "float32", (50,)))
    assert asked == [(50, 51, 6), (16,), (64,)]


def test_what_is_missing_is_known_before_anything_is_timed() -> None:
    done = []
    found = Rates(lambda call: Timed(lambda: done.append(call)))
    found.timed["add 2 float32 16"] = Sample(1.0, 1.0)

    def ask(rates):
        return rates.seconds(Call("add", "2", "float32", (50,))) + rates.overhead

    missing = found.missing(ask)
    assert missing == ["add 2 float32 64", "add 2 float32 1"] and not done
    ask(found)
    assert found.used == {*missing, "add 2 float32 16"} == set(found.timed)


def test_calls_as_text() -> None:
    for call in (Call(MATMUL, "tn", "float32", (1, 2, 3)), Call("copy", "", "float32", (9,))):
        assert parsed(written(call)) == call


CALLS = [
    Call(MATMUL, "nn", "float32", (4, 3, 2)), Call(MATMUL, "tt", "float32", (4, 3, 2)),
    Call("exp", "1", "float32", (64,)), Call("erf", "1", "float32", (64,)),
    Call("where", "3", "float32", (64,)), Call("add", "last", "float32", (8, 8)),
    Call("add", "first", "float32", (8, 8)), Call("bitwise_and", "2", "bool", (64,)),
    Call("right_shift", "1", "uint32", (64,)), Call("copy", "", "float32", (4096,)),
    Call("unheard_of", "2", "float32", (64,)), Call("operator", "many", "float32", (1,)),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=written)
@pytest.mark.parametrize("engine", [eager, compiled])
def test_every_call_can_be_run(call, engine) -> None:
    if engine is compiled and call.name in ("bitwise_and", "right_shift"):
        call = call._replace(name="chain")
    timed = engine.prepare(call)
    timed.run()
    assert timed.calls >= 1


def test_a_sample() -> None:
    done = []
    found = sample(Timed(lambda: done.append(1), 10, lambda: done.append(2)), 0.0, 5)
    assert done == [1, *[2, 1] * 5] and 0 < found.best <= found.median
    assert Sample(1.0, 1.25).spread == 0.25


def test_rates_are_kept_for_this_setting_only(monkeypatch, tmp_path) -> None:
    made = Rates(lambda call: Timed(lambda: None))
    made.timed = {"add 2 float32 8": Sample(1e-6, 1.1e-6), "add 2 float32 16": Sample(1e-6, 9e-6)}
    store.save("numpy", made, {"add 2 float32 8": "2026-05-01 14:03"})
    found = store.load("numpy")
    assert found.timed == {"add 2 float32 8": Sample(1e-6, 1.1e-6)}, "busy ones are not"
    assert found.when == {"add 2 float32 8": "2026-05-01 14:03"}
    assert store.load("jax") == store.NOTHING
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert store.load("numpy") == store.NOTHING
    monkeypatch.delenv("OMP_NUM_THREADS")
    (file,) = tmp_path.glob("rates-numpy-*.json")
    whole = file.read_text()
    damaged = ["", whole[:-9], whole.replace("1e-6", "-1"), whole.replace("add 2", "add")]
    for text in [t for t in damaged if t != whole]:
        file.write_text(text)
        assert store.load("numpy") == store.NOTHING


def test_what_bounds_a_row() -> None:
    time = Time(predicted=9.0, compute=2.0, memory=3.0, overhead=1.0, measured=6.0)
    assert (time.bound, time.share) == ("memory", 0.5)


def measured(spread) -> StepTime:
    names = ("peak", "elementwise", "transcendental", "cache", "memory", "overhead")
    return StepTime(
        engine="jax", cores=2, predicted=1e-3, rest=0.0, measured=2e-3, spread=spread,
        machine=dict.fromkeys(names, 1e9),
    )  # fmt: skip


def test_a_busy_machine_concludes_nothing() -> None:
    assert any("0.50" in note for note in view.notes(measured(0.1)))
    busy = view.notes(measured(2.0))
    assert any("measure again" in note for note in busy) and not any("0.50" in n for n in busy)


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_a_step_is_predicted_and_measured(engine) -> None:
    net = Sequential(Linear(6, 4), ReLU(), Linear(4, 3))
    options = {"optimizer": "sgd", "loss": "cross_entropy", "batch_size": 4, "measure": engine}
    found = cost(net, (6,), **options)
    again = cost(net, (6,), **options)
    passes = {row.name: set(row.times) for row in found.rows}
    both = {"forward", "backward"}
    assert passes == {"0": {*both, "optimizer"}, "1": both, "2": {*both, "optimizer"}, "loss": both}
    for row in found.rows:
        for time in row.times.values():
            assert time.predicted > 0 and time.measured is not None
    total = sum(t.predicted for row in found.rows for t in row.times.values())
    assert found.step.predicted == pytest.approx(total + found.step.rest)
    assert found.step.cached == 0 and again.step.cached > 0
    assert json.loads(found.json())["step"]["engine"] == engine
    last = comma_separated(found).splitlines()[-1].split(",")
    assert float(last[-1]) == pytest.approx(found.step.measured, rel=1e-3)
    shown = str(found)
    assert "whole step" in shown and "GFLOP/s" in shown
    messages.choose_language("zh")
    try:
        assert "整步" in str(found) and "本机" in str(found)
    finally:
        messages.choose_language("auto")


def test_rates_can_be_timed_anew() -> None:
    options = {"optimizer": "sgd", "loss": "cross_entropy", "measure": "numpy"}
    cost(Sequential(Linear(6, 3)), (6,), **options)
    assert cost(Sequential(Linear(6, 3)), (6,), **options, cache=False).step.cached == 0


def test_wrong_calls() -> None:
    net = Sequential(Linear(6, 3))
    with pytest.raises(UsageError, match="optimizer"):
        cost(net, (6,), loss="cross_entropy", measure=True)
    with pytest.raises(UsageError, match="engine"):
        cost(net, (6,), loss="cross_entropy", optimizer="sgd", measure="torch")
    with pytest.raises(UsageError, match="smaller batch"):
        fits(10**18)
