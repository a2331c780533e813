"""The bridges to PyTorch and Paddle where operators are unusual, or wrong.

Each test hands Python source to the process of the library; `bridge` is to_torch or to_paddle.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

import course_style
import support
from backprove.net import Sequential
from backprove.ops import operator
from backprove.oracle.client import OracleError
from bridge_table import near
from gradient_check import slope

RNG = np.random.default_rng(5)
X = RNG.standard_normal((4, 3))
BOTH = pytest.mark.parametrize("library", ["torch", "paddle"])
COMMON = """
from backprove.errors import *
from backprove.net import Sequential
from backprove.op import Op
from backprove.ops import operator

def leaf(x):
    x = x.clone().detach()
    x.stop_gradient = False
    x.requires_grad = True
    return x

def grad(y, x, again=False):
    library = globals().get("torch") or globals().get("paddle")
    find = getattr(library, "grad", None) or library.autograd.grad
    return find([y], [x], create_graph=again)[0]
"""


def run(library: str, source: str, **arrays) -> dict:
    return support.ask(library).ask(
        "bridge_checks:run", library=library, source=COMMON + inspect.cleandoc(source), **arrays
    )


@BOTH
def test_used_twice_and_inside_itself(library) -> None:
    source = """
    tanh, x = bridge(operator("Tanh")), leaf(x)
    found["dx"] = grad((tanh(tanh(x)) * tanh(x)).sum(), x)
    """
    expected = slope(lambda x: float(np.sum(np.tanh(np.tanh(x)) * np.tanh(x))), X)
    near(run(library, source, x=X)["dx"], expected, 1e-7)


@BOTH
def test_the_same_tensor_as_both_inputs(library) -> None:
    source = """
    product, x = bridge(operator("Multiply")), leaf(x)
    dx = grad(product(x, x).sum(), x, again=True)
    found.update(dx=dx, second=grad((dx * dx).sum(), x))
    """
    found = run(library, source, x=X)
    near(found["dx"], 2 * X)
    near(found["second"], 8 * X)


@BOTH
def test_constants_get_no_gradient_and_are_not_asked_for(library) -> None:
    source = """
    class Noticing(Op):
        asked = []

        def forward(self, x, *, weight):
            return x * weight

        def backward(self, dy, *, x, weight, input_grad):
            self.asked.append(input_grad)
            return (dy * weight if input_grad else None), {"weight": dy * x}

    function = bridge(Noticing())
    weight = leaf(x)
    function(x, weight=weight).sum().backward()
    found.update(dweight=weight.grad, dx=x.grad)
    inner = leaf(x)
    function(inner, weight=x).sum().backward()
    found.update(asked=Noticing.asked, inner=inner.grad)
    """
    found = run(library, source, x=X)
    near(found["dweight"], X)
    near(found["inner"], X)
    assert found["dx"] is None and found["asked"] == [False, True]


@BOTH
def test_whole_numbers_get_none(library) -> None:
    source = """
    x = leaf(x)
    bridge(operator("CrossEntropy"))(x, labels).backward()
    found.update(dx=x.grad, dlabels=labels.grad)
    """
    labels = np.array([0, 2, 1, 1])
    found = run(library, source, x=X, labels=labels)
    _, saved = operator("CrossEntropy").fwd(X, labels)
    near(found["dx"], operator("CrossEntropy").bwd(saved, np.float64(1.0))[0][0])
    assert found["dlabels"] is None


ONCE = """
class Standardised(Op):
    aux = ("scale",)

    def forward(self, x):
        scale = (x * x).sum() + 1.0
        return x / scale, {"scale": KEPT}

    def backward(self, dy, *, x, scale):
        return dy / scale - 2.0 * x * (dy * x).sum() / (scale * scale)

x = leaf(x)
y = bridge(Standardised())(x)
"""


@BOTH
@pytest.mark.parametrize("kept", ["scale", "float(scale)", "[scale]", "{'scale': scale}['scale']"])
def test_a_second_derivative_through_computed_values_is_refused(library, kept) -> None:
    source = ONCE.replace("KEPT", kept)
    if kept == "[scale]":
        source = source.replace("dy, *, x, scale):", "dy, *, x, scale):\n        scale = scale[0]")
    found = run(library, source + "found['dx'] = grad((y ** 3).sum(), x)", x=X)

    def objective(x):
        return float(np.sum((x / (np.sum(x * x) + 1)) ** 3))

    near(found["dx"], slope(objective, X), 1e-7)
    with pytest.raises(OracleError, match=r"UsageError: Standardised keeps values for backward"):
        run(library, source + "grad((y ** 3).sum(), x, again=True)", x=X)


@BOTH
def test_running_statistics_are_returned_without_gradient(library) -> None:
    op = operator("BatchNorm1D", num_features=3)
    values = op.init(0, "float64")
    source = """
    function = bridge(operator("BatchNorm1D", num_features=3))
    values = {"running_mean": running_mean, "running_var": running_var}
    values |= {"weight": weight, "bias": bias}
    inner = leaf(x)
    y, new = function(inner, training=True, **values)
    (y ** 3).sum().backward()
    found.update(dx=inner.grad, old=running_mean, **new)
    found["constant"] = [getattr(v, "stop_gradient", not v.requires_grad) for v in new.values()]
    again, same = function(x, **values)
    found.update(kept=same["running_mean"])
    """
    found = run(library, source, x=X, **values)
    y, saved = op.fwd(X, training=True, **values)
    near(found["dx"], op.bwd(saved, 3 * y**2)[0][0])
    for name, value in op.new_state(saved).items():
        near(found[name], value)
    near(found["old"], values["running_mean"])
    near(found["kept"], values["running_mean"])
    assert found["constant"] == [True, True]
    source = """
    function = bridge(operator("BatchNorm1D", num_features=3, affine=False))
    y, _ = function(x, running_mean=leaf(running_mean), running_var=running_var)
    y.sum().backward()
    """
    with pytest.raises(OracleError, match="gave nothing as the gradient of running_mean"):
        run(library, source, x=X, **values)


@BOTH
def test_learners_classes(library) -> None:
    source = f"""
import course_style
course = course_style.classes({library})
logistic, x = bridge(course.Logistic()), leaf(x)
dx = grad(logistic(x).sum(), x, again=True)
found.update(dx=dx, second=grad((dx * dx).sum(), x))
linear = course.Linear(leaf(weight), leaf(bias))
bridge(linear)(logistic(x)).sum().backward()
found.update({{k: v.grad for k, v in linear.params.items()}})
"""
    folder = str(Path(inspect.getfile(course_style)).parent)
    header = f"import sys; sys.path.insert(0, {folder!r})\n"
    weight, bias = RNG.standard_normal((3, 2)), np.zeros((1, 2))
    found = support.ask(library).ask(
        "bridge_checks:run",
        library=library,
        source=COMMON + header + source,
        x=X,
        weight=weight,
        bias=bias,
    )
    s = 1 / (1 + np.exp(-X))
    near(found["dx"], s * (1 - s))
    near(found["second"], 2 * (s * (1 - s)) ** 2 * (1 - 2 * s))
    near(found["W"], s.T @ np.ones((4, 2)))
    near(found["b"], np.full((1, 2), 4.0))


@BOTH
def test_a_network(library) -> None:
    net = Sequential(operator("Linear", in_features=3, out_features=2), operator("Tanh"))
    values = net.init(0, "float64")
    source = """
    net = Sequential(operator("Linear", in_features=3, out_features=2), operator("Tanh"))
    values = {"0.weight": leaf(weight), "0.bias": leaf(bias)}
    bridge(net)(x, **values).sum().backward()
    found.update({k: v.grad for k, v in values.items()})
    """
    found = run(library, source, x=X, weight=values["0.weight"], bias=values["0.bias"])
    y, saved = net.fwd(X, **values)
    for name, gradient in net.bwd(saved, np.ones_like(y))[1].items():
        near(found[name], gradient)


@BOTH
def test_a_gradient_that_is_missing_or_misshapen_is_refused(library) -> None:
    source = """
    class Forgetful(Op):
        def forward(self, a, b):
            return a * b

        def backward(self, dy, *, b):
            return dy * b, None

    class Unsummed(Op):
        def forward(self, x, *, bias):
            return x + bias

        def backward(self, dy, *, x):
            return dy, {"bias": dy}

    product, shifted = bridge(Forgetful()), bridge(Unsummed())
    inner = leaf(x)
    product(inner, x).sum().backward()
    found["dx"] = inner.grad
    """
    near(run(library, source, x=X)["dx"], X)
    source = inspect.cleandoc(source)
    with pytest.raises(OracleError, match="gave nothing as the gradient of b"):
        run(library, source + "\nproduct(x, leaf(x)).sum().backward()", x=X)
    with pytest.raises(OracleError, match="as the gradient of bias, expected an array of shape"):
        run(library, source + "\nshifted(x, bias=leaf(x[0])).sum().backward()", x=X)


def test_pytorch_notices_when_a_kept_tensor_is_written_to() -> None:
    source = """
    x = leaf(x)
    inner = x * 1
    y = bridge(operator("SiLU"))(inner)
    inner.mul_(2)
    y.sum().backward()
    """
    with pytest.raises(OracleError, match="modified by an inplace operation"):
        run("torch", source, x=X)


@BOTH
def test_only_what_backward_asks_for_is_kept(library) -> None:
    source = """
    import weakref

    def kept(name, **arguments):
        inner = leaf(x) * 1
        watched = weakref.ref(inner)
        y = bridge(operator(name, **arguments))(inner)
        del inner
        return watched() is not None and y is not None

    found.update(exp=kept("Exp"), softmax=kept("Softmax"), silu=kept("SiLU"))
    """
    assert run(library, source, x=X) == {"exp": False, "softmax": False, "silu": True}


@BOTH
def test_half_precision_keeps_its_dtype(library) -> None:
    source = """
    library = globals().get("torch") or paddle
    x = leaf(x.to(library.float16))
    y = bridge(operator("SiLU"))(x)
    y.sum().backward()
    found.update(y=y, dx=x.grad)
    """
    found = run(library, source, x=X.astype(np.float32))
    assert found["y"].dtype == np.float16 == found["dx"].dtype


@BOTH
def test_without_gradients(library) -> None:
    source = """
    library = globals().get("torch") or paddle
    with library.no_grad():
        y = bridge(operator("ReLU"))(leaf(x))
    found.update(y=y, constant=getattr(y, "stop_gradient", not y.requires_grad))
    """
    found = run(library, source, x=X)
    near(found["y"], np.maximum(X, 0))
    assert found["constant"]
