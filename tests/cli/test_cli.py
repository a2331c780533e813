"""The command as users meet it, with right and wrong input.

`process` runs it in a process of its own, where that is what matters; `command` in this one.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backprove.cli import run
from backprove.data import load
from backprove.messages import choose_language

QUICK = ["--layers", "4,8,3", "--data", "iris", "--epochs", "30", "--lr", "0.02", "-q"]


def process(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed package's command."""
    return subprocess.run(
        [sys.executable, "-m", "backprove", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "BACKPROVE_LANG": "en", "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
    )


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same without starting Python anew."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in {"BACKPROVE_LANG": "en", **environment}.items():
            patch.setenv(name, value)
        code = run(list(words))
    choose_language("auto")
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """The folder of a run on iris."""
    folder = tmp_path_factory.mktemp("runs") / "iris"
    found = process("train", *QUICK, "--out", str(folder))
    assert found.returncode == 0, found.stderr
    return folder


def test_train_says_everything_and_saves(trained) -> None:
    result = json.loads((trained / "result.json").read_text())
    assert result["test"]["accuracy"] > 0.8 and result["test_size"] == 30
    assert {p.name for p in trained.iterdir()} >= {
        "checkpoint.safetensors",
        "config.toml",
        "history.jsonl",
        "result.json",
    }
    assert len((trained / "history.jsonl").read_text().splitlines()) == 30


def test_the_written_config_gives_the_same_run(trained, tmp_path) -> None:
    again = command("train", str(trained / "config.toml"), "-q", "--out", str(tmp_path / "again"))
    assert again.returncode == 0, again.stderr
    first = json.loads((trained / "result.json").read_text())
    second = json.loads((tmp_path / "again" / "result.json").read_text())
    assert first["test"] == second["test"]


def test_evaluate_repeats_the_result(trained) -> None:
    accuracy = json.loads((trained / "result.json").read_text())["test"]["accuracy"]
    found = command("evaluate", str(trained))
    assert found.returncode == 0 and f"{accuracy:.4f}" in found.stdout
    assert command("evaluate", str(trained), "--threshold", "0.5").returncode == 0
    missed = command("evaluate", str(trained), "--threshold", "1.0", "--split", "train")
    assert missed.returncode == 1 and "below the threshold" in missed.stderr


def test_predict_names_the_classes(trained, tmp_path) -> None:
    np.savez(tmp_path / "flowers.npz", x=np.array([[5.0, 3.4, 1.5, 0.2]], dtype=np.float32))
    found = command("predict", str(tmp_path / "flowers.npz"), "--run", str(trained))
    assert found.returncode == 0, found.stderr
    assert "setosa" in found.stdout.splitlines()[2].split()[1]


def test_resume_goes_on(trained, tmp_path) -> None:
    folder = tmp_path / "run"
    assert command("train", *QUICK, "--out", str(folder), "--epochs", "3").returncode == 0
    refused = command("train", *QUICK, "--out", str(folder))
    assert refused.returncode == 2 and "already holds a run" in refused.stderr
    found = command("train", "--out", str(folder), "--epochs", "30", "--resume", "-q")
    assert found.returncode == 0, found.stderr
    first = json.loads((trained / "result.json").read_text())
    second = json.loads((folder / "result.json").read_text())
    assert first["test"] == second["test"]
    assert [r["loss"] for r in first["history"]] == [r["loss"] for r in second["history"]]


def test_ctrl_c_leaves_a_checkpoint_that_goes_on(tmp_path) -> None:
    folder = tmp_path / "run"
    words = ["--data", "mnist", "--layers", "784,64,10", "--epochs", "50", "--out", str(folder)]
    environment = {**os.environ, "BACKPROVE_LANG": "en"}
    with subprocess.Popen(
        [sys.executable, "-m", "backprove", "train", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
        text=True,
    ) as process:
        while not (folder / "history.jsonl").exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped by Ctrl-C" in errors
    assert "Traceback" not in errors
    found = command("evaluate", str(folder))
    assert found.returncode == 0, found.stderr


def test_a_threshold_that_is_missed_exits_with_1(tmp_path) -> None:
    found = command("train", *QUICK, "--threshold", "1.0", "--out", str(tmp_path), "--epochs", "1")
    assert found.returncode == 1 and "below the threshold" in found.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--activation", "leky_relu"], "did you mean 'LeakyReLU'"),
        (["train", "--optimizer", "adm"], "did you mean 'adam'"),
        (["train", "--loss", "crossentropie"], "did you mean 'CrossEntropy'"),
        (["train", "--data", "minst"], "did you mean 'mnist'"),
        (["train", "--layers", "784,a,10"], "whole numbers with commas"),
        (["train", "--layers", "784"], "two or more sizes"),
        (["train", "--layers", "784,-3,10"], "at least 1"),
        (["train", "--layers", "100,10"], "last length must be in_features"),
        (["train", "--layers", "784,5"], "the network has 5 outputs"),
        (["train", "--batch-size", "-1"], "found -1"),
        (["train", "--epochs", "0"], "found 0"),
        (["train", "--lr", "-0.1"], "learning_rate"),
        (["train", "--lr", "nan"], "learning_rate"),
        (["train", "--seed", "-1"], "seed"),
        (["train", "--engine", "cuda"], "unknown engine 'cuda'"),
        (["train", "--device", "tpu9"], "unknown device"),
        (["train", "--engine", "numpy", "--device", "gpu"], "numpy engine runs on the cpu"),
        (["train", "--lerning-rate", "1"], "--learning-rate"),
        (["train", "--threshold", "95"], "between 0 and 1"),
        (["train", "--resume"], "--resume needs the folder"),
        (["train", "--resume", "--out", "nowhere"], "there is no checkpoint"),
        (["train", "nowhere.toml"], "there is no file nowhere.toml"),
        (["evaluate", "nowhere"], "there is no checkpoint"),
        (["predict", "nowhere.png", "--run", "nowhere"], "there is no checkpoint"),
        (["summary", "x.toml"], "there is no file"),
        (["demo", "nowhere.py"], "nowhere.py"),
        (["nonsense"], "No such command"),
    ],
)
def test_wrong_input_gets_one_sentence_and_2(words, said, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROVE_LANG", "en")
    assert run(list(words)) == 2
    printed = capsys.readouterr()
    assert said in printed.err and "Traceback" not in printed.err
    assert printed.err.startswith("error: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[training]\nepoch = 3\n", "unknown key 'epoch' in [training]: did you mean 'epochs'"),
        ("[trainig]\nepochs = 3\n", "did you mean [training]"),
        ("[training]\nepochs = 'many'\n", "Expected `int`, got `str` - at `$.training.epochs`"),
        ("[training\n", "is not a TOML file"),
        ("[network]\nactivation = {negative_slope = 0.1}\n", "without a name"),
        ("[network]\nactivation = {name = 'relu', slope = 1}\n", "cannot be built"),
        ("[data]\ntransforms = ['to_tenser']\n", "did you mean 'ToTensor'"),
        ("[training]\nclip_norm = 1.0\nclip_value = 1.0\n", "choose one"),
    ],
)
def test_a_wrong_config_names_the_place(text, said, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROVE_LANG", "en")
    Path("c.toml").write_text(text)
    assert run(["train", "c.toml"]) == 2
    assert said in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["c.toml"]


def test_too_large_a_network_is_told_in_one_sentence(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROVE_LANG", "en")
    assert run(["train", "--layers", "784,1000000000000,10"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: not enough memory") and "Traceback" not in printed


def test_a_fault_of_our_own_shows_where_it_is(monkeypatch, capsys) -> None:
    def broken(*arguments) -> None:
        raise RuntimeError("something we did not think of")

    monkeypatch.setenv("BACKPROVE_LANG", "en")
    monkeypatch.setattr("backprove.cli.summary.summarise", broken)
    assert run(["summary", "3,2"]) == 2
    printed = capsys.readouterr().err
    assert "something we did not think of" in printed and "a fault of backprove" in printed


def test_a_damaged_checkpoint_exits_with_2(trained, tmp_path) -> None:
    body = (trained / "checkpoint.safetensors").read_bytes()
    (tmp_path / "checkpoint.safetensors").write_bytes(body[:-7])
    found = command("evaluate", str(tmp_path))
    assert found.returncode == 2 and "is damaged" in found.stderr
    assert "Traceback" not in found.stderr


def test_not_finite_exits_with_1_and_names_the_place(tmp_path) -> None:
    words = [*QUICK, "--optimizer", "sgd", "--lr", "1e30", "--out", str(tmp_path / "r")]
    found = command("train", *words)
    assert found.returncode == 1 and "NaN or infinity appeared first" in found.stderr


def test_version_names_the_libraries() -> None:
    found = process("--version").stdout
    assert found.startswith("backprove 0.") and "numpy" in found and "jax" in found


def test_version_and_help_import_no_framework() -> None:
    code = (
        "import sys\nfrom backprove.cli import run\nrun(['--version'])\n"
        "print(sorted({'jax', 'torch', 'paddle'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("verb", ["", "train", "evaluate", "predict", "summary", "demo"])
def test_help_is_chinese_where_asked(verb) -> None:
    words = [verb] if verb else []
    found = (command if verb else process)(*words, "--help", "--lang", "zh")
    assert found.returncode == 0
    assert any("\u4e00" <= c <= "\u9fff" for c in found.stdout)


def test_errors_are_chinese_where_asked(tmp_path) -> None:
    found = process("evaluate", str(tmp_path / "x"), BACKPROVE_LANG="zh")
    assert found.returncode == 2 and found.stderr.startswith("错误: 没有检查点")


def test_a_pipe_that_closes_is_no_error(trained) -> None:
    line = f"{sys.executable} -m backprove summary {trained} | head -n 1"
    found = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("layer") or found.stdout.startswith("层")
    assert "Traceback" not in found.stderr


def test_a_full_disk_is_told_and_exits_with_2(tmp_path, monkeypatch, capsys) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("BACKPROVE_LANG", "en")
    monkeypatch.setattr(os, "fsync", full)
    assert run(["train", *QUICK, "--engine", "numpy", "--out", str(tmp_path / "run")]) == 2
    printed = capsys.readouterr().err
    assert "the disk is full" in printed and "Traceback" not in printed
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def write_csv(path: Path, change) -> None:
    """A table of two classes, with one line changed."""
    lines = ["a,b,kind", *(f"{i},{-i}.5,{'xy'[i % 2]}" for i in range(20))]
    path.write_text("\n".join(change(lines)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: [*lines[:5], "nan,1,x", *lines[5:]], "nan"),
        (lambda lines: [*lines[:5], "1,2", *lines[5:]], "line 6"),
        (lambda lines: [*lines[:5], "1,two,x", *lines[5:]], "two"),
        (lambda lines: lines[:1], "no rows|no sample|at least one|only a header|one row"),
        (lambda lines: [], "empty"),
        (lambda lines: ["a,a,kind", *lines[1:]], "'a'"),
    ],
)
def test_a_damaged_table_exits_with_2(change, said, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROVE_LANG", "en")
    write_csv(Path("t.csv"), change)
    words = ["train", "--data", "t.csv", "--target", "kind", "--layers", "2,3,2", "-q"]
    assert run(words) == 2
    printed = capsys.readouterr().err
    assert re.search(said, printed) and "Traceback" not in printed
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_a_table_trains_and_is_predicted_without_its_target(tmp_path) -> None:
    table = tmp_path / "t.csv"
    write_csv(table, lambda lines: lines)
    words = ["--data", str(table), "--target", "kind", "--layers", "2,3,2", "--engine", "numpy"]
    found = command("train", *words, "-q", "--epochs", "2", "--out", str(tmp_path / "run"))
    assert found.returncode == 0, found.stderr
    (tmp_path / "new.csv").write_text("a,b\n1,2\n3,4\n")
    found = command("predict", str(tmp_path / "new.csv"), "--run", str(tmp_path / "run"))
    assert found.returncode == 0, found.stderr
    assert len(found.stdout.splitlines()) == 4


def test_a_missing_target_names_the_columns(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROVE_LANG", "en")
    write_csv(Path("t.csv"), lambda lines: lines)
    assert run(["train", "--data", "t.csv", "--target", "knd", "--layers", "2,3,2"]) == 2
    assert "kind" in capsys.readouterr().err
    assert run(["train", "--data", "t.csv", "--layers", "2,3,2"]) == 2
    assert "target" in capsys.readouterr().err


def test_a_picture_of_a_digit_is_predicted(tmp_path) -> None:
    folder = tmp_path / "run"
    words = ["--layers", "784,64,10", "--epochs", "1", "-q", "--out", str(folder)]
    assert command("train", *words).returncode == 0
    digit = load("mnist", split="test").x[0]
    picture = np.pad(np.kron(255 - digit, np.ones((4, 4), np.uint8)), 30, constant_values=255)
    Image.fromarray(picture.astype(np.uint8)).save(tmp_path / "seven.png")
    found = command("predict", str(tmp_path / "seven.png"), "--run", str(folder))
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[2].split()[1] == "7"
