"""`backprove doctor` on wrong input: one clear line in both languages, exit code 2."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backprove import messages
from backprove.cli import run
from backprove.doctor import spec as specs
from doctor.programs import clusters

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 10))
Y = np.argmax(X[:, :3], axis=1)


@pytest.fixture(autouse=True)
def _apart(tmp_path, monkeypatch):
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    yield
    messages.choose_language("auto")


def refused(words, capsys) -> str:
    """What the command says in English; it must say something else in Chinese."""
    said = []
    for language in ("en", "zh"):
        assert run(["--lang", language, "doctor", *words, "--workers", "1"]) == 2
        captured = capsys.readouterr()
        assert not captured.out and "Traceback" not in captured.err
        assert len(captured.err.strip().splitlines()) == 1
        said.append(captured.err.strip())
    assert re.search(r"[\u4e00-\u9fff]{2}", said[1])
    return said[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training__epochs": 0}, "epochs to be a whole number of 1 or more, found 0"),
        ({"training__epochs": -1}, "epochs to be a whole number of 1 or more, found -1"),
        ({"training__steps": 0}, "steps to be a whole number of 1 or more, found 0"),
        ({"training__batch_size": 0}, "batch_size to be a whole number of 1 or more, found 0"),
        ({"training__accumulate": 0}, "accumulate to be a whole number of 1 or more, found 0"),
        ({"training__learning_rate": 0.0}, "a learning rate above 0, found 0"),
        ({"training__learning_rate": -0.1}, "found -0.1"),
        ({"training__engine": "tensorflow"}, "unknown engine 'tensorflow'"),
        ({"training__precision": "float16"}, "unknown precision 'float16'"),
        ({"training__metrics": ["accurate"]}, "did you mean 'accuracy'"),
        ({"training__seed": -1}, "seed of 0 or more"),
        ({"data__limit": 1}, "at least two training rows, found 1"),
        ({"data__validation": 1.0}, "at least one sample in each part"),
        ({"data__options": {"sample": 3}}, "did you mean 'samples'"),
        ({"mistakes__frozen": ["99"]}, "unknown parameter '99'"),
        ({"network__layers": [10, 8, 2]}, "labels go from 0 to 1"),
        ({"training__loss": "mse"}, "MSE expected x and target of the same shape"),
    ],
)
def test_settings_that_cannot_be_examined(changes, words, capsys) -> None:
    specs.write(clusters(**changes), Path("program.toml"))
    assert words in refused(["program.toml"], capsys)


def with_rows(x, y, **changes) -> list[str]:
    """The words that examine these rows."""
    np.savez("rows.npz", x=x, y=y)
    spec = clusters(data__name="rows.npz", data__options={}, **changes)
    specs.write(spec, Path("program.toml"))
    return ["program.toml"]


def holed(value):
    x = X.copy()
    x[3, 2] = value
    return x


REGRESSION = {"network__layers": [10, 8, 1], "training__loss": "mse"}


@pytest.mark.parametrize(
    ("x", "y", "changes", "words"),
    [
        (X[:0], Y[:0], {}, "at least one sample"),
        (X[:1], Y[:1], {}, "at least two training rows"),
        (X, Y * 0, {}, "targets that differ, found [0] in all 60"),
        (X, np.full(60, 2.5), REGRESSION, "targets that differ, found [2.5] in all 60"),
        (holed(np.nan), Y, {}, "found nan in x, row 3, column 2"),
        (holed(-np.inf), Y, {}, "found -inf in x, row 3, column 2"),
        (X, Y - 1, {}, "found -1 in row"),
        (X, Y[:50], {}, "as many labels as samples"),
        (X, np.where(Y == 1, np.nan, 1.0), REGRESSION, "found nan in row"),
        (X, np.array([None] * 60, object), {}, "unpickling runs foreign code"),
    ],
)
def test_rows_from_which_nothing_can_be_learned(x, y, changes, words, capsys) -> None:
    assert words in refused(with_rows(x, y, **changes), capsys)


TABLES = {
    "no.csv": ("", "found no.csv empty"),
    "header.csv": ("a,b,target\n", "found only its header"),
    "words.csv": ("a,b,label\n1,2,yes\n3,4,no\n", "name it with target="),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_without_numbers(name, capsys) -> None:
    text, words = TABLES[name]
    Path(name).write_text(text)
    spec = clusters(data__name=name, data__options={}, network__layers=[2, 8, 2])
    specs.write(spec, Path("program.toml"))
    assert words in refused(["program.toml"], capsys)


def test_damaged_and_missing_files(capsys) -> None:
    Path("rows.npz").write_bytes(b"")
    specs.write(clusters(data__name="rows.npz", data__options={}), Path("program.toml"))
    assert "it is damaged, cut short" in refused(["program.toml"], capsys)
    Path("rows.npz").unlink()
    assert "nothing called rows.npz" in refused(["program.toml"], capsys)
    Path("run").mkdir()
    assert "there is no file run/config.toml" in refused(["run"], capsys)
    Path("binary.toml").write_bytes(b"\xff\xfe\x00")
    assert "is not a TOML file" in refused(["binary.toml"], capsys)
    Path("table.toml").write_text("[trainin]\nepochs = 3\n")
    assert "did you mean [training]" in refused(["table.toml"], capsys)
    Path("type.toml").write_text("[training]\nepochs = 'many'\n")
    assert "Expected `int`" in refused(["type.toml"], capsys)


@pytest.mark.parametrize("budget", ["0", "-5s", "abc", "", "nan", "1e400", "0x", "5 days"])
def test_budgets_that_are_none(budget, capsys) -> None:
    specs.write(clusters(), Path("program.toml"))
    words = ["program.toml", "--budget", budget]
    assert "expected a budget above 0 such as 60s, 2m or 5x" in refused(words, capsys)


def test_the_repair_never_takes_the_place_of_what_is_examined(capsys) -> None:
    specs.write(clusters(), Path("program.toml"))
    before = Path("program.toml").read_bytes()
    words = ["program.toml", "--fix", "../" + Path.cwd().name + "/program.toml"]
    assert "another file for the repair" in refused(words, capsys)
    assert Path("program.toml").read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_behind_the_output_is_told() -> None:
    specs.write(clusters(training__learning_rate=20.0), Path("program.toml"))
    words = [sys.executable, "-m", "backprove", "--lang", "en", "doctor", "program.toml"]
    with Path("/dev/full").open("wb") as full:
        found = subprocess.run(
            [*words, "--workers", "1", "--budget", "1x"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert found.returncode == 2
    assert (
        found.stderr.strip() == "error: the disk is full: free some space, or write to another one"
    )
