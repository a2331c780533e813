"""Every example runs in a process of its own, without warnings, and ends with what it promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w

from backprove.demo import leaky_relu
from backprove.oracle.client import installed
from backprove.train import config as configuration
from backprove.train.build import build_model

EXAMPLES = Path(__file__).parents[1] / "examples"


def number(output: str, label: str) -> float:
    """The number behind a label of the output."""
    found = re.search(re.escape(label) + r"\s*([-+.\de]+)", output)
    assert found, output
    return float(found[1].rstrip("."))


def custom_operator(output: str) -> None:
    assert number(output, "central differences:") < 1e-8
    assert number(output, "accuracy on iris:") > 0.9
    assert re.search(r"SquaredReLU +\(32\)", output)


def residual_batch_norm(output: str) -> None:
    assert number(output, "with residual connections:") > 0.8
    assert number(output, "without residual connections:") > 0.5
    ranges = re.findall(r"running variances .*: ([\d.]+) to ([\d.]+)", output)
    assert len(ranges) == 2 and all(low != "1.000" or high != "1.000" for low, high in ranges)


def regression(output: str) -> None:
    assert 0.005 < number(output, "mean squared error") < 0.02
    assert number(output, "R2 on the test data:") > 0.95
    stopped, best = number(output, "stopped after"), number(output, "the best was epoch")
    assert stopped == 150 or stopped == best + 20


def resume(output: str) -> None:
    assert "interrupted; saved in run.safetensors" in output
    seen = re.search(r"going on in epoch 1, after (\d+) of 2500 samples", output)
    assert seen and 0 < int(seen[1]) < 2500
    assert number(output, "never stopped:") == number(output, "interrupted:")
    assert output.endswith("bit for bit: True\n")


def lifted_numpy_model(output: str) -> None:
    assert "parameters: layers.0.W, layers.0.b, layers.2.W, layers.2.b" in output
    assert "object is as it was: True" in output
    assert number(output, "accuracy on new moons:") > 0.95


def idx_folder(output: str) -> None:
    assert "t10k-labels-idx1-ubyte.gz" in output and "x uint8 (1500, 28, 28)" in output
    rows = re.findall(r"(?:stripes|board) +(\d+) +(\d+) +(\d+)", output)
    assert len(rows) == 3 and sum(int(count) for row in rows for count in row) == 300
    assert number(output, "test accuracy:") > 0.95


CHECKS: dict[str, Callable[[str], None]] = {
    "custom_operator": custom_operator,
    "idx_folder": idx_folder,
    "lifted_numpy_model": lifted_numpy_model,
    "regression": regression,
    "residual_batch_norm": residual_batch_norm,
    "resume": resume,
}


def run(*words: str, cwd: Path) -> str:
    """What a Python process printed; it must end well, and turns warnings into errors."""
    found = subprocess.run(
        [sys.executable, "-W", "error", *words],
        capture_output=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


@pytest.mark.parametrize("name", CHECKS)
def test_an_example_runs(name, tmp_path) -> None:
    CHECKS[name](run(str(EXAMPLES / f"{name}.py"), cwd=tmp_path))
    assert not list(tmp_path.iterdir()), "an example leaves nothing behind"


def test_the_operator_of_the_chapter_agrees_with_paddle() -> None:
    if not installed("paddle"):
        pytest.skip("paddle is not installed")
    found = leaky_relu.compare(str(EXAMPLES / "chapter_leaky_relu.py"))
    assert found is not None and "differs" not in found.verdicts()


def test_every_example_is_run() -> None:
    scripts = {path.stem for path in EXAMPLES.glob("*.py")}
    assert scripts == {*CHECKS, "chapter_leaky_relu"}


@pytest.mark.parametrize("recipe", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_a_recipe_is_right_and_runs_cut_short(recipe, tmp_path) -> None:
    tables = tomllib.loads(recipe.read_text(encoding="utf-8"))
    model = build_model(configuration.convert(tables), samples=60_000)
    assert model.net.shape((1, 784)) == (1, 10)
    tables["training"]["epochs"], tables["data"]["limit"] = 1, 1000
    short = tmp_path / "short.toml"
    short.write_text(tomli_w.dumps(tables), encoding="utf-8")
    words = ["-m", "backprove", "--lang", "en", "train", str(short), "--out", "run", "--quiet"]
    printed = run(*words, cwd=tmp_path)
    result = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert result["test_size"] == 10_000 and len(result["history"]) == 1
    assert result["test"]["accuracy"] > 0.3
    assert f"{result['test']['accuracy']:.4f}"[:5] in printed
