"""`backprove check` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backprove.cli import run

TWO = """
import numpy as np
class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)
    def backward(self, g):
        return g * (self.x > 0)

class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y
    def backward(self, g):
        return g * self.y
"""


SLOPE = """
class Double:
    def __init__(self, slope=1.0):
        self.slope = slope
    def forward(self, x):
        self.x = x
        return self.slope * x
    def backward(self, g):
        return 3 * g
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKPROVE_LANG", "en")
    Path("two.py").write_text(TWO)
    return tmp_path


def test_all_classes_of_a_file(capsys) -> None:
    assert run(["check", "two.py", "--against", "exact", "--format", "concise"]) == 1
    out = capsys.readouterr().out
    assert "two.py:14 error" in out and "ReLU is right" in out and "Sigmoid is wrong" in out


def test_json_is_read_back(capsys) -> None:
    assert run(["check", "two.py::ReLU", "--against", "exact", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "ReLU"


@pytest.mark.parametrize("format", ["text", "concise", "json", "junit", "sarif", "github"])
def test_every_format(format, capsys) -> None:
    assert run(["check", "two.py::Sigmoid", "--against", "exact", "--format", format]) == 1
    assert capsys.readouterr().out.strip()


def test_constructor_arguments_and_references(capsys) -> None:
    words = ["check", "leaky_relu", "--with", "negative_slope=0.3", "--against", "exact,torch"]
    assert run(words) == 0
    assert "LeakyReLU is right" in capsys.readouterr().out


def test_a_notebook(capsys) -> None:
    cells = [{"cell_type": "code", "source": TWO.splitlines(keepends=True), "metadata": {}}]
    Path("n.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    assert run(["check", "n.ipynb::ReLU", "--against", "exact"]) == 0
    assert "ReLU is right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "expected something to check"),
        (["two.py", "--all"], "not both"),
        (["lekyrelu"], "did you mean 'LeakyReLU'"),
        (["nowhere.py"], "nowhere.py"),
        (["two.py::Relu"], "ReLU"),
        (["leaky_relu", "--against", "pytorch"], "did you mean 'torch'"),
        (["leaky_relu", "--format", "xml"], "unknown format 'xml'"),
        (["leaky_relu", "--with", "slop=1"], "did you mean 'negative_slope'"),
        (["leaky_relu", "--with", "slope"], "name=value"),
        (["leaky_relu", "--convention", "keras"], "unknown convention 'keras'"),
        (["paddle:nn.functional.no_such_thing"], "no_such_thing"),
    ],
)
def test_wrong_input_gets_one_sentence_and_2(words, said, capsys) -> None:
    assert run(["check", *words]) == 2
    printed = capsys.readouterr().err
    assert said in printed and "Traceback" not in printed


def test_arguments_go_to_the_classes_of_a_file_that_take_them(capsys) -> None:
    Path("two.py").write_text(TWO + SLOPE)
    words = ["check", "two.py", "--against", "exact", "--format", "concise", "--with"]
    assert run([*words, "slope=0.5"]) == 1
    out, err = capsys.readouterr()
    assert "ReLU is right" in out and "Double is wrong" in out and not err
    assert run([*words, "slop=0.5"]) == 2
    assert "unknown argument of two.py 'slop': did you mean 'slope'" in capsys.readouterr().err
    assert run(["check", "two.py::ReLU", "--with", "slope=0.5"]) == 2


def test_a_file_with_a_syntax_error(capsys) -> None:
    Path("bad.py").write_text("def f(:\n")
    assert run(["check", "bad.py"]) == 2
    assert "bad.py" in capsys.readouterr().err


def test_a_class_that_is_nothing_we_know_is_held_against_its_own_forward(capsys) -> None:
    Path("own.py").write_text(TWO.replace("class Sigmoid", "class Frobnicate"))
    assert run(["check", "own.py::Frobnicate"]) == 1
    assert "differences of forward" in capsys.readouterr().out
    assert run(["check", "own.py::Frobnicate", "--against", "torch:nn.functional.sigmoid"]) == 1
