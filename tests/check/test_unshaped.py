"""Operators whose parameters come in by name, with shapes that nothing tells."""

from __future__ import annotations

import pytest

from backprove.check import check

HEAD = "from backprove import Op\n"
AFFINE = (
    HEAD
    + """
class Affine(Op):
    def forward(self, x, *, w, b):
        return x @ w + b
    def backward(self, dy, *, x, w):
        return dy @ w.T, {"w": x.T @ dy, "b": dy.sum(0)}
"""
)
TRANSPOSED = (
    HEAD
    + """
class Rows(Op):
    def forward(self, x, *, weight, bias=None):
        y = x @ weight.T
        return y if bias is None else y + bias
    def backward(self, dy, *, x, weight):
        return dy @ weight, {"weight": dy.T @ x, "bias": dy.sum(0)}
"""
)
SCALE = (
    HEAD
    + """
class Scale(Op):
    def forward(self, x, *, gamma):
        return x * gamma
    def backward(self, dy, *, x, gamma):
        return dy * gamma, {"gamma": (x * dy).sum(0)}
"""
)


def checked(folder, text):
    (folder / "f.py").write_text(text)
    return check(str(folder / "f.py"))


@pytest.mark.parametrize("text", [AFFINE, TRANSPOSED, SCALE])
def test_right_ones_are_right(tmp_path, text) -> None:
    result = checked(tmp_path, text)
    names = {c.name for c in result.checks if c.verdict == "ok"}
    assert result.exit_code == 0 and "gradient of x" in names, repr(result)
    assert any(
        name in names for name in ("gradient of w", "gradient of weight", "gradient of gamma")
    )


@pytest.mark.parametrize(
    ("text", "old", "new", "what"),
    [
        (AFFINE, "dy.sum(0)", "dy.mean(0)", "gradient of b"),
        (TRANSPOSED, "dy.T @ x", "(dy.T @ x) / len(x)", "gradient of weight"),
        (SCALE, "dy * gamma", "dy", "gradient of x"),
    ],
)
def test_wrong_ones_are_found(tmp_path, text, old, new, what) -> None:
    result = checked(tmp_path, text.replace(old, new))
    assert [c.name for c in result.checks if c.verdict == "wrong"] == [what]
