"""Building optimizers, schedules and clippers: names, ranges, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.optim import OPTIMIZERS, SGD, Adam, ClipByNorm, ClipByValue, RMSprop, optimizer
from backprove.optim.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    OneCycle,
    ReduceOnPlateau,
    WarmUp,
    schedule,
)

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("spelling", ["rmsprop", "RMSProp", "rms_prop", "RMS-prop"])
def test_names_in_any_spelling(spelling):
    assert optimizer(spelling, learning_rate=1) == RMSprop(learning_rate=1.0)


@pytest.mark.parametrize(
    ("name", "near"), [("adm", "adam"), ("rmsprob", "rmsprop"), ("zzz", "sgd")]
)
def test_an_unknown_name_names_the_nearest(name, near):
    with pytest.raises(UsageError, match=f"{name}.*did you mean '{near}'.*lion"):
        optimizer(name)


@pytest.mark.parametrize(
    ("name", "option", "near"),
    [
        ("adam", "lr", "learning_rate"),
        ("adam", "beta", "betas"),
        ("adam", "epsilon", "eps"),
        ("sgd", "weight_deacy", "weight_decay"),
        ("rmsprop", "centred", "centered"),
    ],
)
def test_an_unknown_option_names_the_nearest(name, option, near):
    with pytest.raises(UsageError, match=f"option of .*'{option}': did you mean '{near}'"):
        optimizer(name, **{option: 0.1})


BAD = [
    ("sgd", {"learning_rate": -0.1}),
    ("sgd", {"learning_rate": NAN}),
    ("sgd", {"learning_rate": INF}),
    ("sgd", {"learning_rate": "fast"}),
    ("sgd", {"learning_rate": True}),
    ("sgd", {"learning_rate": None}),
    ("sgd", {"learning_rate": np.ones(2)}),
    ("sgd", {"weight_decay": -1}),
    ("sgd", {"weight_decay": NAN}),
    ("sgd", {"clip": 1.0}),
    ("momentum", {"momentum": 1.0}),
    ("momentum", {"momentum": -0.1}),
    ("nesterov", {"momentum": 1.5}),
    ("adagrad", {"lr_decay": -1}),
    ("adagrad", {"initial_accumulator_value": -1}),
    ("adagrad", {"eps": 0.0}),
    ("adadelta", {"rho": 1.0}),
    ("adadelta", {"eps": -1e-6}),
    ("rmsprop", {"alpha": 1.0}),
    ("rmsprop", {"centered": "yes"}),
    ("rmsprop", {"centered": 1}),
    ("adam", {"betas": (0.9, 1.0)}),
    ("adam", {"betas": (-0.1, 0.9)}),
    ("adam", {"betas": (NAN, 0.9)}),
    ("adam", {"betas": (0.9,)}),
    ("adam", {"betas": 0.9}),
    ("adam", {"eps": 0}),
    ("adamw", {"betas": (2, 0.9)}),
    ("lion", {"betas": (0.9, 0.9, 0.9)}),
    ("lion", {"betas": ("a", "b")}),
]


@pytest.mark.parametrize(("name", "options"), BAD)
def test_a_value_out_of_range_is_refused(name, options):
    (option,) = options
    with pytest.raises(UsageError) as caught:
        optimizer(name, **options)
    assert option in str(caught.value)
    assert OPTIMIZERS[name].__name__ in str(caught.value)


def test_a_good_value_is_kept_as_plain_numbers():
    built = optimizer("adam", learning_rate=np.float32(0.5), betas=[0, np.float64(0.5)], eps=1)
    assert (built.learning_rate, built.betas, built.eps) == (0.5, (0.0, 0.5), 1.0)
    assert type(built.learning_rate) is type(built.betas[0]) is type(built.eps) is float
    assert SGD(0.0).rate(5) == 0.0
    assert hash(Adam()) == hash(Adam()) and Adam() != Adam(2e-3)


GOOD = {
    "constant": {"learning_rate": 0.1},
    "step": {"learning_rate": 0.1, "step_size": 5},
    "exponential": {"learning_rate": 0.1, "gamma": 0.5},
    "cosine": {"learning_rate": 0.1, "steps": 5},
    "one_cycle": {"peak": 0.1, "steps": 5},
    "warm_up": {"steps": 5, "then": 0.1},
    "reduce_on_plateau": {"learning_rate": 0.1},
}
BAD_SCHEDULES = [
    ("constant", {"learning_rate": -1}),
    ("warm_up", {"start": -1}),
    ("warm_up", {"then": NAN}),
    ("step", {"step_size": 0}),
    ("step", {"step_size": 2.5}),
    ("step", {"gamma": 0}),
    ("exponential", {"gamma": -0.5}),
    ("exponential", {"gamma": NAN}),
    ("cosine", {"steps": True}),
    ("cosine", {"minimum": -1e-3}),
    ("one_cycle", {"pct_start": 1.1}),
    ("one_cycle", {"anneal": "cubic"}),
    ("one_cycle", {"three_phase": 1}),
    ("one_cycle", {"div_factor": 0}),
    ("one_cycle", {"peak": INF}),
    ("one_cycle", {"steps": "ten"}),
    ("warm_up", {"steps": 0}),
    ("reduce_on_plateau", {"factor": 1.0}),
    ("reduce_on_plateau", {"factor": 0.0}),
    ("reduce_on_plateau", {"patience": -1}),
    ("reduce_on_plateau", {"cooldown": 0.5}),
    ("reduce_on_plateau", {"threshold": -1}),
    ("reduce_on_plateau", {"mode": "least"}),
    ("reduce_on_plateau", {"threshold_mode": "relative"}),
]


@pytest.mark.parametrize(("name", "options"), BAD_SCHEDULES)
def test_a_schedule_out_of_range_is_refused(name, options):
    (option,) = options
    assert schedule(name, **GOOD[name])
    with pytest.raises(UsageError, match=option):
        schedule(name, **(GOOD[name] | options))


def test_schedules_by_name():
    assert schedule("cosine", learning_rate=0.1, steps=5) == Cosine(0.1, 5)
    assert schedule("OneCycle", learning_rate=0.1, steps=5) == OneCycle(0.1, 5)
    assert schedule("warm-up", learning_rate=0.1, steps=5) == WarmUp(5, Constant(0.1))
    assert isinstance(schedule("reduce_on_plateau", learning_rate=1), ReduceOnPlateau)
    assert len(SCHEDULES) == 7
    with pytest.raises(UsageError, match="did you mean 'cosine'"):
        schedule("cosin")
    with pytest.raises(UsageError, match="option of Step 'step': did you mean 'step_size'"):
        schedule("step", step=3)
    with pytest.raises(UsageError, match="WarmUp expected a value of steps, then, found none"):
        schedule("warm_up")
    with pytest.raises(UsageError, match="then"):
        WarmUp(3, then="cosine")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="steps_per_epoch"):
        Cosine(0.1, 5).per_epoch(0)


@pytest.mark.parametrize("cls", [ClipByNorm, ClipByValue])
@pytest.mark.parametrize("limit", [0, -1, NAN, INF, "1", None])
def test_a_clipping_limit_is_positive(cls, limit):
    with pytest.raises(UsageError, match=f"{cls.__name__}.*limit"):
        cls(limit)
