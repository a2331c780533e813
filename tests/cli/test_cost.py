"""`backprove cost`: targets, formats, budgets, exit codes, bad input."""

from __future__ import annotations

import csv
import io
import json
import struct

import numpy as np
import pytest
from safetensors.numpy import save_file

from backprove import messages
from backprove.cli import run
from backprove.cost.budget import amount
from backprove.cost.machine import clock
from backprove.cost.timing import numpy_step
from backprove.errors import UsageError

COURSE = "784,1500,500,10"


@pytest.fixture(autouse=True)
def _english():
    messages.choose_language("en")
    yield
    messages.choose_language("auto")


def out(capsys, *words, code=0) -> str:
    assert run(["cost", *words]) == code
    return capsys.readouterr().out


def test_table_of_sizes(capsys) -> None:
    shown = out(capsys, COURSE, "--batch-size", "64")
    for number in ("1,933,010", "123,584,000", "616,616,400", "25,129,130", "Headline convention"):
        assert number in shown


def test_formats_tell_the_same(capsys) -> None:
    found = json.loads(out(capsys, COURSE, "--format", "json"))
    rows = list(csv.DictReader(io.StringIO(out(capsys, COURSE, "--format", "csv"))))
    page = out(capsys, COURSE, "--format", "markdown")
    assert found["totals"]["parameters"]["total"] == 1_933_010
    assert rows[-1]["parameters"] == "1933010" and rows[-1]["forward_mac"] == "1931000"
    assert sum(int(r["forward_flop"] or 0) for r in rows[:-1]) == int(rows[-1]["forward_flop"])
    assert "| 1,933,010 |" in page and "---:" in page


def test_explain_in_two_languages(capsys) -> None:
    equation = "64 * 784 * 1,500 = 75,264,000"
    shown = out(capsys, COURSE, "--batch-size", "64", "--explain")
    assert f"forward, multiply-adds: {equation}" in shown
    shown = out(capsys, COURSE, "--batch-size", "64", "--explain", "--lang", "zh")
    assert f"前向, 乘加次数: {equation}" in shown and "headline 约定" in shown


def test_budgets(capsys) -> None:
    assert run(["cost", COURSE, "--max-params", "2M", "--max-macs", "1931000"]) == 0
    capsys.readouterr()
    assert run(["cost", COURSE, "--max-params", "1.9M", "--max-macs", "1.9M"]) == 1
    complaints = capsys.readouterr().err
    assert "1,933,010 parameters are more than the budget of 1,900,000" in complaints
    assert "1,931,000 multiply-adds" in complaints


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2M", 2_000_000), ("1.5g", 1_500_000_000), ("2e6", 2_000_000), ("300_000", 300_000),
        ("0", 0), ("7k", 7000), ("1T", 10**12),
    ],
)  # fmt: skip
def test_budget_words(text, expected) -> None:
    assert amount(text, "--max-params") == expected


@pytest.mark.parametrize("text", ["", "M", "2Q", "-1", "1.5", "2 M", "nan", "1e9999"])
def test_bad_budget_words(text) -> None:
    with pytest.raises(UsageError, match="--max-params"):
        amount(text, "--max-params")


def test_compare(capsys) -> None:
    shown = out(capsys, "784,256,10", "--compare", COURSE)
    assert "203,530" in shown and "+1,729,480" in shown and "9.497" in shown


@pytest.mark.parametrize("convention", ["paddle", "fvcore", "thop", "ptflops", "torch", "calflops"])
def test_conventions(capsys, convention) -> None:
    assert "prints it" in out(capsys, COURSE, "--convention", convention)


def test_a_configuration(capsys, tmp_path) -> None:
    file = tmp_path / "net.toml"
    file.write_text(
        "[network]\nlayers = [8, 4, 2]\n[training]\nbatch_size = 16\noptimizer = 'sgd'\n"
        "schedule = 'one_cycle'\n"
    )
    found = json.loads(out(capsys, str(file), "--format", "json"))
    assert found["batch_size"] == 16
    assert found["totals"]["operations"]["optimizer"]["flop"] == 2 * (8 * 4 + 4 + 4 * 2 + 2)


def test_a_safetensors_file(capsys, tmp_path) -> None:
    file = tmp_path / "net.safetensors"
    save_file({"a": np.zeros((3, 4), np.float32), "b": np.zeros((), np.float32)}, file)
    shown = out(capsys, str(file), "--explain")
    assert "3 * 4 = 12" in shown and "13" in shown and "parameters only" in shown
    assert "multiply-adds" not in shown and "0" not in shown.split()
    assert run(["cost", str(file), "--max-params", "12"]) == 1
    assert run(["cost", str(file), "--max-macs", "12"]) == 2


def test_a_huge_safetensors_file_is_not_loaded(capsys, tmp_path) -> None:
    size = 2**36
    table = {"w": {"dtype": "F32", "shape": [2**17, 2**17], "data_offsets": [0, size]}}
    header = json.dumps(table).encode()
    file = tmp_path / "huge.safetensors"
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header)
        stream.truncate(8 + len(header) + size)
    assert f"{2**34:,}" in out(capsys, str(file))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nowhere"], "check the path"),
        (["nowhere.toml"], "there is no file"),
        (["nowhere.safetensors"], "missing, damaged"),
        ([COURSE, "--input", "28,28"], "784"),
        ([COURSE, "--input", "wide"], "--input"),
        ([COURSE, "--batch-size", "0"], "batch size"),
        ([COURSE, "--convention", "flops"], "unknown convention"),
        ([COURSE, "--format", "xml"], "unknown format"),
        ([COURSE, "--optimizer", "adamm"], "adam"),
        ([COURSE, "--engine", "torch"], "unknown engine"),
        ([COURSE, "--max-params", "much"], "--max-params"),
        ([COURSE, "--max-macs", "2X"], "--max-macs"),
        ([COURSE, "--max-macs", "1", "--convention", "paddle"], "--max-macs"),
        ([COURSE, "--compare", "784,10", "--format", "csv"], "--compare"),
        (["784"], "two or more sizes"),
    ],
)
def test_bad_input_ends_with_two(capsys, words, complaint) -> None:
    assert run(["cost", *words]) == 2
    assert complaint in capsys.readouterr().err


def test_a_damaged_safetensors_file(capsys, tmp_path) -> None:
    file = tmp_path / "damaged.safetensors"
    file.write_bytes(b"\x00" * 20)
    assert run(["cost", str(file)]) == 2
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        *((".safetensors", w) for w in (("--input", "4"), ("--batch-size", "2"), ("--abstract",))),
        *((".safetensors", w) for w in (("--convention", "strict"), ("--loss", "none"))),
        *((".safetensors", w) for w in (("--optimizer", "adam"), ("--loss", "mse"))),
        (".onnx", ("--abstract",)),
    ],
)
def test_an_option_without_effect_is_refused(capsys, tmp_path, suffix, words, lang) -> None:
    assert run(["cost", str(tmp_path / f"net{suffix}"), *words, "--lang", lang]) == 2
    complaint = capsys.readouterr().err
    assert words[0] in complaint and ("leave it out" if lang == "en" else "请去掉") in complaint


def test_bytes_by_pass(capsys) -> None:
    words = (COURSE, "--batch-size", "64", "--bytes")
    assert "54,124,280" in out(capsys, *words)
    assert "| 54,124,280 |" in out(capsys, *words, "--format", "markdown")
    assert run(["cost", *words, "--format", "csv"]) == 0
    shown = capsys.readouterr()
    assert "optimizer (B)" in shown.err and "optimizer (B)" not in shown.out


def test_measure(capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path))
    monkeypatch.setattr(clock, "SECONDS", 0.001)
    monkeypatch.setattr(clock, "LEAST", 1)
    monkeypatch.setattr(numpy_step, "STEP_SECONDS", 0.001)
    words = ("6,4,3", "--measure", "--engine", "numpy")
    shown = out(capsys, *words)
    assert "whole step" in shown and list(tmp_path.glob("rates-numpy-*.json"))
    assert "| whole step |" in out(capsys, *words, "--format", "markdown", "--no-cache")


@pytest.mark.parametrize(
    "words",
    [
        ("6,4,3", "--engine", "torch"), ("6,4,3", "--optimizer", "none"),
        ("6,4,3", "--convention", "paddle"), ("900000,900000,10",), ("net.py::Net",),
    ],
)  # fmt: skip
def test_what_cannot_be_measured(capsys, words) -> None:
    assert run(["cost", *words, "--measure"]) == 2
    assert "error" in capsys.readouterr().err
