"""`backprove train --preset`: the list is true, options go before it, it can be written out."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from backprove.cli import run
from backprove.errors import UsageError
from backprove.train import config
from backprove.train.build import build_model
from backprove.train.presets import preset, presets

NAMES = list(presets())


def test_the_list_is_that_of_the_files() -> None:
    found = {path.name for path in files("backprove.train.presets").iterdir()}
    assert {name for name in found if name.endswith(".toml")} == {f"{n}.toml" for n in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_right_configuration(name: str) -> None:
    spec = config.convert(preset(name))
    assert preset(name)["training"]["engine"] == spec.training.engine
    assert spec.data.validation == 0.0
    assert build_model(spec, samples=60_000).net.shape((7, 784)) == (7, 10)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"unknown preset 'fast98': did you mean 'fast-98.5'"):
        preset("fast98")


def test_fast_95_reaches_95_percent(tmp_path, capsys) -> None:
    """On the command line, to the end."""
    folder = tmp_path / "run"
    words = ["train", "--preset", "fast-95", "-q", "--threshold", "0.95", "--out", str(folder)]
    assert run(words) == 0
    assert json.loads((folder / "result.json").read_text())["test"]["accuracy"] >= 0.95


def test_options_go_before_the_preset(tmp_path, capsys) -> None:
    file = tmp_path / "mine.toml"
    words = ["train", "--preset", "accuracy", "--epochs", "2", "--lr", "0.01"]
    assert run([*words, "--save-config", str(file)]) == 0
    assert f"backprove train {file}" in capsys.readouterr().out
    written, original = config.convert(config.read(file)), config.convert(preset("accuracy"))
    assert written.training.epochs == 2 and written.training.learning_rate == 0.01
    assert written.network == original.network and written.data == original.data
    assert written.training.schedule == original.training.schedule


def test_nothing_is_overwritten(tmp_path, capsys) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("mine")
    assert run(["train", "--save-config", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_a_file_and_a_preset_are_one_too_many(tmp_path, capsys) -> None:
    file = tmp_path / "mine.toml"
    Path(file).write_text("[data]\nname = 'iris'\n")
    assert run(["train", str(file), "--preset", "fast-95"]) == 2
    assert "found both" in capsys.readouterr().err


@pytest.mark.parametrize(("language", "word"), [("en", "preset"), ("zh", "预设")])
def test_the_list_is_shown_in_either_language(language: str, word: str, capsys) -> None:
    assert run(["--lang", language, "train", "--list-presets"]) == 0
    out = capsys.readouterr().out
    assert word in out and all(name in out for name in NAMES)
    run(["--lang", "auto", "train", "--list-presets"])
