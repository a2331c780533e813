"""Mistakes with matrices are named, and shown at the smallest arrays that still fail."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backprove.check import check
from backprove.ops import BatchNorm1D, Softmax
from backprove.ops.normalization import _features as features

CLASSES = Path(__file__).with_name("chapter_classes.py")


@pytest.mark.parametrize(
    ("old", "new", "code", "rows"),
    [
        ("np.matmul(self.inputs.T, grads)", "np.matmul(self.inputs.T, grads).T", "GRD005", 1),
        ("np.sum(grads, axis=0)", "grads", "GRD006", 2),
        ("np.sum(grads, axis=0)", "np.mean(grads, axis=0)", "GRD003", 2),
        ("(self.inputs.T, grads)", "(self.inputs.T, np.ones_like(grads))", "GRD008", 1),
        ("np.matmul(self.inputs.T, grads)", "-np.matmul(self.inputs.T, grads)", "GRD004", 1),
    ],
)
def test_mistakes_of_a_layer_are_named_at_few_rows(old, new, code, rows, tmp_path) -> None:
    text = CLASSES.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "f.py").write_text(text.replace(old, new, 1), encoding="utf-8")
    (found,) = check(f"{tmp_path / 'f.py'}::Linear").findings
    assert found.code == code
    scope: dict[str, object] = {}
    lines = [x for x in found.script.splitlines() if x.startswith(("x = ", "dy = "))]
    exec("import numpy as np\n" + "\n".join(lines), scope)
    assert np.shape(scope["x"])[0] == np.shape(scope["dy"])[0] == rows


def test_a_definitions_operator_is_shown_at_few_simple_numbers() -> None:
    def no_mean(self, dy, *, y):
        return dy * y

    wrong = type("Softmax", (Softmax,), {"backward": no_mean, "__module__": __name__})
    found = next(f for f in check(wrong).findings if f.level == "error")
    evidence = {e.name: e.value for e in found.evidence}
    assert found.code == "GRD001" and len(str(evidence["input"])) < 20
    assert evidence["dtype"] == "float64"


def test_arguments_whose_default_asks_for_more_parameters_are_kept() -> None:
    """affine=False cannot be left out: with the default there would be no weight to give."""

    class Divides(BatchNorm1D):
        def backward(self, dy, *, x, weight, running_mean, running_var, training):
            found = features.normalised(x, running_mean, running_var, self.epsilon, training)
            dx, dweight, dbias = features.pulled_back(dy, found.xhat, training)
            if weight is None:
                return dx / found.inverse, {}
            factor = found.inverse * features.along(weight, x)
            return dx * factor, {"weight": dweight, "bias": dbias}

    Divides.__name__ = "BatchNorm1D"
    result = check(Divides, against=["exact"], num_features=3)
    assert result.exit_code == 1
    assert "arguments: {'affine': False, 'num_features': 1}" in str(result)
    assert "expected 316.227766" in str(result)
