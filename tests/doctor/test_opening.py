"""Where the program's own seeds hide that it fails, the examination goes on from others."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from backprove.doctor import opening
from backprove.doctor.experiments import Arm
from backprove.doctor.jobs import Outcome


class Bench:
    """A laboratory whose outcomes are given."""

    def __init__(self, own, others):
        self.seed, self.asked = 0, []
        self.outcomes = {
            name: {seed: Outcome(seed, metric=metric) for seed, metric in enumerate(metrics)}
            for name, metrics in (("as given", own), ("placebo", others))
        }

    def progress(self, name):
        return [found.metric for found in self.outcomes[name].values()]

    def seeds(self, count):
        return [self.seed + i for i in range(count)]

    def run(self, arms, seeds, watch=0.0):
        self.asked.append((arms[0].name, list(seeds), watch > 0))


def examination(own, others):
    bench = Bench(own, others)
    return SimpleNamespace(laboratory=bench, before=bench.progress("as given"), trace=None)


@pytest.mark.parametrize(
    ("own", "others", "expected"),
    [
        ([0.9, 0.9, 0.9], [0.0, 0.0, 0.9], True),
        ([0.9, 0.9, 0.9], [0.8, 0.9, 0.0], False),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.9], False),
        ([0.9, 0.9, 0.9], [0.0, 0.0], False),
    ],
)
def test_own_seeds_are_lucky_if_most_others_fail(own, others, expected) -> None:
    assert opening.lucky(examination(own, others)) == expected


def test_the_other_seeds_become_the_first_and_nothing_is_lost() -> None:
    exam = examination([0.9, 0.9, 0.8], [0.0, 0.1, 0.2])
    opening.move(exam, Arm("as given", None))
    bench, first = exam.laboratory, opening.OTHER_SEEDS
    assert bench.seed == first and "placebo" not in bench.outcomes
    found = {seed: outcome.metric for seed, outcome in bench.outcomes["as given"].items()}
    assert found == {0: 0.9, 1: 0.9, 2: 0.8, first: 0.0, first + 1: 0.1, first + 2: 0.2}
    assert bench.asked == [("as given", [first], True)]
