"""Configurations as data: read, changed, compared, written."""

from __future__ import annotations

import pytest

from backprove.doctor.spec import Spec, changed, convert, difference, fingerprint, read, write
from backprove.errors import UsageError

TABLES = {
    "data": {"name": "circles", "options": {"samples": 60, "noise": 0.1}, "test": 0.0},
    "network": {
        "layers": [2, 5, 4, 1],
        "activations": ["relu", {"name": "leaky_relu", "negative_slope": 0.2}],
        "bias_initializer": {"name": "uniform", "low": -0.5, "high": 0.5},
        "output": "sigmoid",
    },
    "training": {"loss": "clipped_bce", "optimizer": "sgd", "steps": 12},
    "mistakes": {"ascent": True, "frozen": ["0.weight"], "bias_gradient": "negative"},
}


def spec() -> Spec:
    return convert(TABLES)


def test_a_file_brings_back_the_whole_configuration(tmp_path) -> None:
    write(spec(), tmp_path / "config.toml")
    assert read(tmp_path) == read(tmp_path / "config.toml") == spec()
    assert fingerprint(read(tmp_path)) == fingerprint(spec())
    without = changed(spec(), {"mistakes.ascent": False, "mistakes.frozen": []})
    write(changed(without, {"mistakes.bias_gradient": None}), tmp_path / "plain.toml")
    assert "mistakes" not in (tmp_path / "plain.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "nearest"),
    [
        ({"training.learning_rat": 0.1}, "learning_rate"),
        ({"trainin.learning_rate": 0.1}, "training"),
        ({"network.activaton": None}, "activation"),
        ({"mistakes.ascend": True}, "ascent"),
        ({"data.option.noise": 0.2}, "options"),
    ],
)
def test_unknown_keys_are_refused_with_the_nearest(changes, nearest) -> None:
    with pytest.raises(UsageError, match=rf"did you mean ['\[]{nearest}['\]]"):
        changed(spec(), changes)


def test_a_key_without_its_table_and_a_wrong_value_are_refused() -> None:
    with pytest.raises(UsageError, match=r"training\.learning_rate"):
        changed(spec(), {"learning_rate": 0.1})
    with pytest.raises(UsageError, match="Expected `float`"):
        changed(spec(), {"training.learning_rate": "high"})


def test_changes_leave_the_original_alone_and_are_told_as_toml() -> None:
    old = spec()
    new = changed(
        old,
        {
            "training.learning_rate": 0.25,
            "data.options.noise": 0.0,
            "network.activations": None,
            "training.optimizer": {"name": "adam", "eps": 1e-7},
        },
    )
    assert old == spec() and new.data.options == {"samples": 60, "noise": 0.0}
    assert difference(old, new) == [
        " [data]",
        "-options = {samples = 60, noise = 0.1}",
        "+options = {samples = 60, noise = 0.0}",
        " [network]",
        '-activations = ["relu", {name = "leaky_relu", negative_slope = 0.2}]',
        " [training]",
        '-optimizer = "sgd"',
        '+optimizer = {name = "adam", eps = 1e-07}',
        "-learning_rate = 0.001",
        "+learning_rate = 0.25",
    ]
    assert difference(old, old) == []


def test_equal_configurations_have_equal_fingerprints() -> None:
    same = convert(dict(reversed(TABLES.items())))
    assert fingerprint(same) == fingerprint(spec())
    assert fingerprint(changed(spec(), {"training.seed": 1})) != fingerprint(spec())
