"""Classes in the code cells of notebooks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.targets import Sandbox, TargetError, Trial, find
from backprove.targets.notebook import code_cells, plain


def notebook(path, *cells, version=4):
    """Write a notebook whose cells are texts (code) or ("markdown", text)."""
    found = []
    for cell in cells:
        kind, text = cell if isinstance(cell, tuple) else ("code", cell)
        key = "source" if version == 4 else "input"
        found.append({"cell_type": kind, key: text.splitlines(keepends=True), "metadata": {}})
    whole = {"cells": found} if version == 4 else {"worksheets": [{"cells": found}]}
    path.write_text(json.dumps({**whole, "nbformat": version}), encoding="utf-8")
    return str(path)


LEAKY = """class LeakyReLU(Op):
    def __init__(self, negative_slope=SLOPE):
        self.negative_slope = negative_slope

    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, self.negative_slope * inputs)

    def backward(self, grads):
        return np.where(self.inputs > 0, 1.0, self.negative_slope) * grads
"""
CELLS = (
    ("markdown", "# 前馈神经网络\nimport nothing"),
    "%matplotlib inline\n!pip install paddlepaddle\nimport numpy as np\nfrom nndl.op import Op\n",
    "SLOPE = 0.25",
    LEAKY,
    "%%bash\nrm -rf /nowhere",
    "data = np.load('not-there.npz')\nfor epoch in range(10**9):\n    train(data)\n",
    "LeakyReLU?\nx = !ls\n%timeit LeakyReLU()\nraise SystemExit",
)


def test_a_class_is_found_and_training_cells_do_not_run(tmp_path) -> None:
    place = notebook(tmp_path / "第四章.ipynb", *CELLS)
    with Sandbox(find(f"{place}::LeakyReLU"), loading=10) as box:
        assert box.names == ["LeakyReLU"]
        assert box.facts["file"] == f"{place}[3]" and box.facts["line"] == 9
        assert box.facts["source"].startswith("    def backward")
        (found,) = box.run([Trial((np.array([-1.0, 2.0]),), np.ones(2))])
    np.testing.assert_array_equal(found.arrays["y"], [-0.25, 2.0])
    np.testing.assert_array_equal(found.arrays["d0"], [0.25, 1.0])


def test_what_a_class_needs_is_run_again_and_again(tmp_path) -> None:
    place = notebook(
        tmp_path / "n.ipynb",
        "import numpy as np\nbase = 2.0\nunused = 1 / 0",
        "scale, other = base * 3, 1\ntable = {}\ntable['k'] = scale",
        "def helper(x):\n    return table['k'] * x",
        "class A:\n    def forward(self, x):\n        return helper(x)\n"
        "    def backward(self, g):\n        return g",
        "def wrong(self, g):\n    return 0 * g\nA.backward = lambda self, g: helper(g)",
    )
    with Sandbox(find(place)) as box:
        (found,) = box.run([Trial((np.ones(1),), np.ones(1))])
    assert found.arrays["y"] == 6.0 and found.arrays["d0"] == 6.0


def test_an_error_names_the_cell_and_its_line(tmp_path) -> None:
    bad = "class A:\n    def forward(self, x):\n        return missing(x)\n"
    place = notebook(
        tmp_path / "n.ipynb", "x = 1", bad + "    def backward(self, g):\n        return g"
    )
    with Sandbox(find(place)) as box:
        (found,) = box.run([Trial((np.ones(1),), np.ones(1))])
    assert (found.kind, found.file, found.line) == ("raised", f"{place}[2]", 3)
    assert "missing" in found.error


def test_an_import_that_fails_names_its_cell(tmp_path) -> None:
    place = notebook(tmp_path / "n.ipynb", "import no_such_package", LEAKY)
    with Sandbox(find(place)) as box, pytest.raises(TargetError, match="no_such_package") as caught:
        box.run([])
        _ = box.facts
    assert caught.value.outcome.file == f"{place}[1]"


def test_a_cell_that_is_no_python_is_told(tmp_path) -> None:
    place = notebook(tmp_path / "n.ipynb", "x = 1", "y = 2\nclass A\n    pass")
    with pytest.raises(UsageError, match=r"n\.ipynb\[2\]:2 is not Python"):
        find(place)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"a": 1}', '{"cells": [3]}', '{"cells": 3}', "[" * 10**5]
)
def test_what_is_no_notebook_is_refused(text, tmp_path) -> None:
    (tmp_path / "n.ipynb").write_text(text)
    with pytest.raises(UsageError, match="expected a Jupyter notebook"):
        find(str(tmp_path / "n.ipynb"))


def test_old_notebooks_are_read(tmp_path) -> None:
    place = notebook(tmp_path / "n.ipynb", "a = 1", ("markdown", "m"), "b = 2", version=3)
    assert code_cells(place) == ["a = 1", "b = 2"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1\n%time b = 2\nc = 3", "a = 1\npass\nc = 3"),
        ("if a:\n    !ls\nc", "if a:\n    pass\nc"),
        ("%%time\na = 1", "\na = 1"),
        ("%%html\n<b>", ""),
        ("%%writefile a.py\nx = 1", ""),
        ("!pip install \\\n  x\ny = 1", "pass\n\ny = 1"),
        ("x = %who_ls\ny = 1", "pass\ny = 1"),
        ("a, b = !ls", "pass"),
        ("x = a % b", "x = a % b"),
        ("s = '''\n%not magic\n'''", "s = '''\n%not magic\n'''"),
        ("x = (a\n% b)", "x = (a\n% b)"),
        ("A.f??\nx", "pass\nx"),
        ("?A", "pass"),
        ("x != 1\n%a", "x != 1\npass"),
    ],
)
def test_magics_go_and_line_numbers_stay(source, expected) -> None:
    assert plain(source) == expected
