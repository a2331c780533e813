"""The frameworks' known live defects are found by the general check, and told as theirs.

One row is one defect: its number (in the project's list of defects, or a word for those that have
none), the operator, what is wrong, the code, and the evidence that shows it.
"""

from __future__ import annotations

from functools import cache

import pytest

from backprove.check import check

F = "nn.functional."
X = "gradient of x"
ROWS = [
    ("B5", f"paddle:{F}relu", "value", "GRD015", {"yours": 0.0, "expected": "nan"}),
    ("B17d paddle", f"paddle:{F}elu", X, "GRD011", {}),
    ("B17d value lost", f"paddle:{F}elu", X, "GRD001", {"yours": 0.0, "input": -40.0}),
    ("B17d jax", "jax:nn.elu", X, "GRD001", {"yours": 0.0, "input": -40.0}),
    ("B19", f"paddle:{F}silu", X, "GRD013", {"expected": 0.0}),
    ("B19b", f"paddle:{F}silu", X, "GRD013", {"also in": "float32"}),
    ("silu large", f"paddle:{F}silu", X, "GRD019", {"expected": 1.0}),
    ("B25 value", f"paddle:{F}log_sigmoid", "value", "GRD015", {}),
    ("B25 gradient", f"paddle:{F}log_sigmoid", X, "GRD013", {"input": "-inf", "expected": 1.0}),
    ("B25b", f"paddle:{F}softplus", "value", "GRD015", {}),
    ("B25c", f"paddle:{F}mish", "value", "GRD015", {}),
    ("B25d", f"paddle:{F}elu", "value", "GRD015", {"input": -9.999999974752427e-07}),
    ("B26", f"paddle:{F}binary_cross_entropy_with_logits", X, "GRD001", {}),
    ("B29", f"paddle:{F}log_softmax", "value", "GRD015", {"yours": -64.0, "expected": -100.0}),
    ("B29b", f"paddle:{F}cross_entropy", "value", "GRD015", {}),
    ("B29c", f"paddle:{F}softmax", "value", "GRD015", {"yours": 1.603810890548638e-28}),
    ("B31b", f"paddle:{F}cross_entropy", "run", "GRD020", {"trial": "an ignored label"}),
    ("B33", f"paddle:{F}cross_entropy", X, "GRD001", {"group": "targets that sum to 2"}),
    ("ignored rows", f"paddle:{F}cross_entropy", "value", "GRD015", {"group": "an ignored label"}),
    ("B35", f"torch:{F}kl_div", "gradient of target", "GRD013", {"yours": "nan"}),
    ("B47", "paddle:sqrt", "value", "GRD019", {"yours": "nan"}),
    ("B47b value", "paddle:sqrt", "value", "GRD019", {"yours": 0.0}),
    ("B47b gradient", "paddle:sqrt", X, "GRD019", {"yours": "inf"}),
    ("B8", "paddle:nn.PReLU", "run", "GRD020", {"trial": "only the parameters' gradients"}),
    ("nll", f"paddle:{F}nll_loss", "run", "GRD02", {}),
    ("matmul", "paddle:matmul", "run", "GRD020", {}),
    ("pow torch", "torch:pow", "gradient of a", "GRD001", {}),
    ("pow paddle", "paddle:pow", "gradient of a", "GRD001", {}),
    ("pow jax", "jax:numpy.power", "gradient of a", "GRD001", {}),
    ("gelu", f"torch:{F}gelu", "value", "GRD013", {"yours": "inf", "dtype": "float32"}),
    ("mish twice", f"torch:{F}mish", "second derivative for x", "GRD026", {"yours": "nan"}),
    ("silu jax", "jax:nn.silu", X, "GRD013", {"yours": "nan"}),
]


@cache
def result(target: str):
    return check(target)


@pytest.mark.parametrize(("bug", "target", "part", "code", "shown"), ROWS, ids=[r[0] for r in ROWS])
def test_a_live_defect_is_found(bug, target, part, code, shown, monkeypatch) -> None:
    if bug == "nll":
        monkeypatch.setattr("backprove.check.framework.SECONDS", 4.0)
    own = [f for f in result(target).findings if f.check == part and f.code.startswith(code)]
    assert own, repr(result(target))
    assert all(f.subject == target for f in own)
    evidence = [{e.name: e.value for e in f.evidence} for f in own]
    assert any(all(_same(e.get(k), v) for k, v in shown.items()) for e in evidence), evidence


def _same(found, expected) -> bool:
    if isinstance(expected, str):
        return str(found) == expected
    return found == pytest.approx(expected, rel=1e-6)
