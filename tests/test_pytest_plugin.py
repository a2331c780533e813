"""The pytest plug-in, as a user's pytest runs it: collected, reported, chosen, in parallel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest_plugins = "pytester"

RELU = """
import numpy as np

class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, g):
        return g * (self.x > 0)
"""
SIGMOID = """
class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, g):
        return g * self.y
"""
UNKNOWN = SIGMOID.replace("Sigmoid", "Frobnicate").replace(
    "g * self.y", "g * self.y * (1 - self.y)"
)
MARKED = """
import pytest

@pytest.mark.backprove(negative_slope=0.3, convention="paddle")
class LeakyReLU:
    def __init__(self, negative_slope):
        self.negative_slope = negative_slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.negative_slope * x)

    def backward(self, g):
        return np.where(self.x > 0, g, self.negative_slope * g)

@pytest.mark.backprove
class Rectified(ReLU):
    pass

@pytest.mark.backprove
class Frobnicate:
    def forward(self, x):
        return x

    def backward(self, g):
        return 3 * g

class TestNothing:
    def test_one(self):
        pass
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest in a process of its own, with no plug-ins but ours and those named."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("BACKPROVE_LANG", "en")
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --import-mode=importlib\n")
    words = ("-p", "backprove.pytest_plugin", "-p", "no:cacheprovider")
    return lambda *more: pytester.runpytest_subprocess(*words, *more)


def test_every_operator_of_a_file_is_an_item(pytester, run) -> None:
    pytester.makepyfile(two=RELU + SIGMOID + UNKNOWN + "print('not in this process')\n")
    found = run("--backprove", "two.py", "-v", "--junitxml=out.xml")
    assert found.ret == pytest.ExitCode.TESTS_FAILED
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(
        [
            "two.py::ReLU PASSED*",
            "two.py::Sigmoid FAILED*",
            "two.py::Frobnicate PASSED*",
            "two.py:*error GRD001 the gradient of x is wrong: 0.5 at 0.0, expected 0.25",
            "*upstream gradient: 1.0",
            "*return g * self.y",
            "*script that shows it:",
            "*runpy.run_path('two.py')*",
            "Sigmoid is wrong: 1 of 3 checks failed.",
        ]
    )
    assert "not in this process" not in found.stdout.str()
    assert "Traceback" not in found.stdout.str()
    suite = ElementTree.parse(pytester.path / "out.xml").getroot()[0]
    cases = {case.get("name"): case for case in suite}
    failure = cases["Sigmoid"].find("failure")
    assert failure is not None and "expected 0.25" in str(failure.get("message"))
    assert [p.get("value") for p in cases["Sigmoid"].iter("property")] == ["GRD001"]
    assert list(cases["ReLU"]) == [] and cases["ReLU"].get("classname") == "two"


def test_one_can_be_chosen_and_several_processes_be_used(pytester, run) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(two=RELU + SIGMOID)
    found = run("--backprove", "two.py", "-k", "relu")
    found.assert_outcomes(passed=1, deselected=1)
    assert found.ret == pytest.ExitCode.OK
    found = run("-p", "xdist", "-n", "1", "--backprove", "two.py::Sigmoid")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["FAILED two.py::Sigmoid - two.py:*GRD001*"])


def test_the_marker_checks_a_class_of_a_test_module(pytester, run) -> None:
    pytester.makepyfile(test_marked=RELU + MARKED)
    found = run("-v")
    found.assert_outcomes(passed=2, failed=2)
    found.stdout.fnmatch_lines(
        [
            "test_marked.py::LeakyReLU FAILED*",
            "test_marked.py::Rectified PASSED*",
            "test_marked.py::Frobnicate FAILED*",
            "test_marked.py::TestNothing::test_one PASSED*",
            "*warn GRD012 at the kink 0.0 the gradient of x is 0.3*",
            "*error GRD003 the gradient of x is 3.0 times the right one everywhere",
        ]
    )


def test_the_configuration_names_files_and_references(pytester, run) -> None:
    pytester.makeini(
        "[pytest]\nbackprove_files = ops/*.py\nbackprove_against = exact,torch\n"
        "backprove_convention = torch\n"
    )
    folder = pytester.mkdir("ops")
    (folder / "mine.py").write_text(RELU)
    (pytester.path / "other.py").write_text("raise SystemExit('never run')\n")
    run("--collect-only", "-q").stdout.fnmatch_lines(["ops/mine.py::ReLU"])
    found = run("--backprove-against", "exact,pytorch")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["unknown reference 'pytorch': did you mean 'torch'*"])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:\n", "*broken.py:1 is not Python*"),
        ("import numpy\n", "*has no class with forward and backward*"),
        ("raise RuntimeError('no')\n", "*RuntimeError: no*"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(source, said, pytester, run) -> None:
    (pytester.path / "broken.py").write_text(source)
    found = run("--backprove", "broken.py")
    assert found.ret == pytest.ExitCode.INTERRUPTED
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines([said])
    assert "Traceback" not in found.stdout.str()


def test_other_runs_are_left_alone(pytester, run) -> None:
    pytester.makepyfile(two=RELU + SIGMOID, test_plain="def test_one():\n    pass\n")
    run().assert_outcomes(passed=1)


def test_loading_it_imports_nothing() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import backprove.pytest_plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    new = found.stdout.split()
    assert new == ["backprove", "backprove._version", "backprove.pytest_plugin"]


def test_the_entry_point_is_this_module() -> None:
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    (name,) = tomllib.loads(text)["project"]["entry-points"]["pytest11"].values()
    assert import_module(name).pytest_collect_file
