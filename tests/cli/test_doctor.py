"""`backprove doctor`: a run's folder, formats, the fix, Ctrl-C, bad input, a second call."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from backprove import messages
from backprove.cli import run
from backprove.doctor import spec as specs
from doctor.programs import clusters


@pytest.fixture(autouse=True)
def _apart(tmp_path, monkeypatch):
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path / "cache"))
    messages.choose_language("en")
    yield
    messages.choose_language("auto")


@pytest.fixture
def blobs(tmp_path):
    """The folder of a run whose training trains."""
    folder = tmp_path / "runs" / "easy"
    folder.mkdir(parents=True)
    options = {"samples": 200, "classes": 3, "std": 0.5, "seed": 1}
    spec = clusters(data__name="blobs", data__options=options, network__layers=[2, 16, 3])
    specs.write(spec, folder / "config.toml")
    return folder


def test_a_run_that_trains_leaves_with_0(blobs, capsys) -> None:
    assert run(["doctor", str(blobs), "--workers", "1"]) == 0
    text = capsys.readouterr().out
    assert "easy: it trains: accuracy" in text and "seed 0. backprove" in text
    assert run(["doctor", str(blobs), "--workers", "1", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["diagnosis"]["conclusion"] == "healthy"
    assert found["diagnosis"]["spent_steps"] == 0, "the second call is answered from the cache"


def test_there_is_no_fix_to_write_where_nothing_is_wrong(blobs, tmp_path, capsys) -> None:
    words = ["doctor", str(blobs), "--workers", "1", "--fix", str(tmp_path / "fixed.toml")]
    assert run(words) == 2
    assert "expected a diagnosis with a repair" in capsys.readouterr().err
    assert not (tmp_path / "fixed.toml").exists()


@pytest.mark.parametrize(
    ("language", "told"), [("en", "expected a folder to write"), ("zh", "请换一个路径")]
)
def test_a_place_for_the_fix_that_is_not_there_is_told_at_once(
    blobs, tmp_path, capsys, language, told
) -> None:
    for place in (tmp_path / "none" / "fixed.toml", tmp_path):
        assert run(["--lang", language, "doctor", str(blobs), "--fix", str(place)]) == 2
        captured = capsys.readouterr()
        assert told in captured.err and not captured.out


@pytest.mark.parametrize(
    ("changes", "words", "told"),
    [
        ({}, ["--budget", "0"], "expected a budget above 0"),
        ({}, ["--budget", "soon"], "expected a budget above 0"),
        ({}, ["--workers", "0"], "expected at least one worker"),
        ({}, ["--format", "tex"], "unknown format 'tex'"),
        ({"data__limit": 1}, [], "at least two training rows"),
        ({"network__layers": [7, 8, 3]}, [], "10"),
    ],
)
def test_bad_input_is_one_clear_sentence(changes, words, told, tmp_path, capsys) -> None:
    path = tmp_path / "program.toml"
    specs.write(clusters(**changes), path)
    assert run(["doctor", str(path), *words]) == 2
    captured = capsys.readouterr()
    assert told in captured.err and not captured.out
    assert len(captured.err.strip().splitlines()) == 1


def test_missing_and_damaged_files_are_named(tmp_path, capsys) -> None:
    assert run(["doctor", str(tmp_path / "no.toml")]) == 2
    assert "there is no file" in capsys.readouterr().err
    (tmp_path / "bad.toml").write_text("[training]\nlearning_rat = 1\n")
    assert run(["doctor", str(tmp_path / "bad.toml")]) == 2
    assert "did you mean 'learning_rate'" in capsys.readouterr().err
    csv = tmp_path / "gone.csv"
    specs.write(clusters(data__name=str(csv), data__options={}), tmp_path / "gone.toml")
    assert run(["doctor", str(tmp_path / "gone.toml")]) == 2
    assert "gone.csv" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently")
def test_ctrl_c_gives_the_findings_so_far(tmp_path) -> None:
    spec = clusters(training__learning_rate=20.0, training__steps=5000, training__epochs=999)
    specs.write(spec, tmp_path / "long.toml")
    words = [sys.executable, "-m", "backprove", "--lang", "en", "doctor", "--workers", "1"]
    process = subprocess.Popen(
        [*words, "--budget", "300s", str(tmp_path / "long.toml")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 100
        while not list((tmp_path / "cache").rglob("*.json")) and time.monotonic() < until:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "long.toml: " in out and "seed 0. backprove" in out, err
    assert process.returncode == 130 and "Traceback" not in err
    assert "Ctrl-C ended it" in out and "stopped by Ctrl-C" in err
