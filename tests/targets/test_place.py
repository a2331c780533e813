"""What a text names, and what is said where it names nothing."""

from __future__ import annotations

import pytest

from backprove.errors import UsageError
from backprove.targets import find

NUMPY = "import numpy as np\nclass A:\n    def forward(self, x): return np.exp(x)\n"


def test_one_of_ours() -> None:
    found = find("leaky_relu", {"negative_slope": 0.1})
    assert (found.kind, found.names, found.library) == ("operator", ("LeakyReLU",), "numpy")
    assert found.arguments == {"negative_slope": 0.1}


def test_a_file_with_and_without_a_name(tmp_path) -> None:
    file = tmp_path / "我的 算子.py"
    file.write_text(NUMPY)
    found = find(str(file))
    assert (found.kind, found.names, found.path) == ("file", (), str(file.resolve()))
    assert find(f"{file}::A").names == ("A",)
    assert find(f"{file}::forward,backward").names == ("forward", "backward")


def test_a_framework() -> None:
    found = find("jax:nn.silu")
    assert (found.kind, found.library, found.names) == ("framework", "jax", ("nn.silu",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leaky_relo", "did you mean 'LeakyReLU'"),
        ("missing.py", "there is no file missing.py"),
        ("missing.ipynb::A", "there is no file missing.ipynb"),
        ("folder/op", "expected a .py or .ipynb file, found folder/op"),
        ("op.txt", "expected a .py or .ipynb file"),
        ("pytorch:nn.SiLU", "did you mean 'torch'"),
        ("torch:", "expected a framework's operator as torch:nn.functional.silu"),
        ("torch:nn.SiLU()", "expected a framework's operator"),
        ("torch.nn.SiLU", "expected a framework's operator as torch:nn.SiLU"),
        ("op.py::a,b,c", "after op.py::"),
        ("op.py::A.forward", "after op.py::"),
        ("", "unknown operator"),
    ],
)
def test_what_is_refused(text, said) -> None:
    with pytest.raises(UsageError, match=said):
        find(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"class A:\n  def forward(self x): pass\n", "op.py:2 is not Python: "),
        (b"x = '\xb2\xe2'\n", "is not Python: .*utf-8"),
        (b"x = 1\0\n", "is not Python: "),
        (b"def f():\nreturn 1\n", "op.py:2 is not Python: expected an indented block"),
    ],
)
def test_a_file_that_is_no_python_is_told_with_its_line(text, said, tmp_path) -> None:
    (tmp_path / "op.py").write_bytes(text)
    with pytest.raises(UsageError, match=said):
        find(str(tmp_path / "op.py"))


def test_other_encodings_are_read_as_they_declare(tmp_path) -> None:
    (tmp_path / "op.py").write_bytes("# coding: gbk\nx = '算子'\n".encode("gbk"))
    assert find(str(tmp_path / "op.py")).library == "numpy"


def test_a_folder_is_no_file(tmp_path) -> None:
    (tmp_path / "op.py").mkdir()
    with pytest.raises(UsageError, match="expected a file, found the folder"):
        find(str(tmp_path / "op.py"))


def test_an_unknown_library_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'numpy'"):
        find("relu", library="nunpy")
