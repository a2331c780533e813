"""NumPy operators in every spelling that learners use."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.targets import Trial

X = np.array([-1.0, 0.5, 2.0])
COURSE = """
import numpy as np
from nndl.op import Op

class Linear(Op):
    def __init__(self, input_size, output_size, name, weight_init=np.random.standard_normal,
                 bias_init=np.zeros):
        self.params, self.grads, self.name = {}, {}, name
        self.params['W'] = weight_init([input_size, output_size])
        self.params['b'] = bias_init([1, output_size])
        self.inputs = None

    def forward(self, inputs):
        self.inputs = inputs
        return np.matmul(inputs, self.params['W']) + self.params['b']

    def backward(self, grads):
        self.grads['W'] = np.matmul(self.inputs.T, grads)
        self.grads['b'] = np.sum(grads, axis=0)
        return np.matmul(grads, self.params['W'].T)

class Logistic(Op):
    def __init__(self):
        self.inputs = self.outputs = self.params = None

    def forward(self, inputs):
        outputs = 1.0 / (1.0 + np.exp(-inputs))
        self.outputs = outputs
        return outputs

    def backward(self, outputs_grads):
        return outputs_grads * self.outputs * (1.0 - self.outputs)

class Add(Op):
    def forward(self, x, y):
        return x + y

    def backward(self, grads):
        return grads, grads

class BinaryCrossEntropyLoss(Op):
    def __init__(self, model):
        self.predicts, self.labels, self.num, self.model = None, None, None, model

    def __call__(self, predicts, labels):
        return self.forward(predicts, labels)

    def forward(self, predicts, labels):
        self.predicts, self.labels, self.num = predicts, labels, predicts.shape[0]
        loss = -1. / self.num * (np.matmul(labels.T, np.log(predicts))
                                 + np.matmul((1 - labels.T), np.log(1 - predicts)))
        return np.squeeze(loss, axis=1)

    def backward(self):
        grad = -1.0 * (self.labels / self.predicts
                       - (1 - self.labels) / (1 - self.predicts)) / self.num
        self.model.backward(grad)

class model_LR(Op):
    def __init__(self, input_dim):
        self.params = {'w': np.zeros([input_dim, 1]), 'b': np.zeros([1])}
        self.grads, self.X, self.outputs = {'w': None, 'b': None}, None, None

    def forward(self, inputs):
        self.X = inputs
        self.outputs = 1 / (1 + np.exp(-(np.matmul(inputs, self.params['w']) + self.params['b'])))
        return self.outputs

    def backward(self, labels):
        N = labels.shape[0]
        self.grads['w'] = -1 / N * np.matmul(self.X.T, (labels - self.outputs))
        self.grads['b'] = -1 / N * np.sum(labels - self.outputs)
"""
CLASS = "class A:\n    def forward(self, x): return {}\n    def backward(self, g): return {}\n"
LIBRARY = """
import numpy as np
class Affine:
    def __init__(self, scale=1.0): self.scale = scale
    def forward(self, x, *, w, b): return self.scale * (x @ w + b)
    def backward(self, dy, *, x, w):
        dy = self.scale * dy
        return dy @ w.T, {"w": x.T @ dy, "b": dy.sum(0)}
"""


def test_what_a_chapter_holds(sandbox) -> None:
    box = sandbox(COURSE, "Logistic")
    assert box.names == ["Linear", "Logistic", "Add", "BinaryCrossEntropyLoss", "model_LR"]
    facts = box.facts
    assert facts["bases"] == ["Logistic", "Op", "object"] and facts["upstream"] == "outputs_grads"
    assert (facts["spelling"], facts["protocol"]) == ("teaching", "upstream")
    assert "def backward(self, outputs_grads)" in facts["source"]


def test_a_layer_with_parameters(sandbox) -> None:
    given = {"input_size": 3, "output_size": 2, "name": "fc"}
    box = sandbox(COURSE, "Linear", arguments=given)
    assert box.facts["parameters"] == {"W": [3, 2], "b": [1, 2]}
    assert box.facts["constructor"]["needed"] == ["input_size", "output_size", "name"]
    x, w = np.arange(12.0).reshape(4, 3), np.arange(6.0).reshape(3, 2)
    values = {"W": w, "b": np.ones((1, 2))}
    own, given = box.run(
        [Trial((x,), np.ones((4, 2))), Trial((x,), np.ones((4, 2)), values, properties=True)]
    )
    assert own.ok and given.ok and own.arrays["y"].dtype == np.float64
    np.testing.assert_array_equal(given.arrays["y"], x @ w + 1)
    np.testing.assert_array_equal(given.arrays["d0"], np.ones((4, 2)) @ w.T)
    np.testing.assert_array_equal(given.arrays["d:W"], x.T @ np.ones((4, 2)))
    np.testing.assert_array_equal(given.arrays["d:b"], [[4.0, 4.0]])
    assert given.changed == () and given.notes == ()


def test_the_operators_own_parameters_take_the_dtype_of_the_inputs(sandbox) -> None:
    box = sandbox(COURSE, "Linear", arguments={"input_size": 1, "output_size": 1, "name": "fc"})
    (found,) = box.run([Trial((np.ones((2, 1), np.float32),), np.ones((2, 1), np.float32))])
    assert set(found.dtypes.values()) == {"float32"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Linear needs input_size, output_size, name .* --with input_size=... output_size"),
        ({"input_size": 2}, "Linear needs output_size, name"),
        ({"input_sise": 2}, "unknown argument of Linear 'input_sise': did you mean 'input_size'"),
    ],
)
def test_constructor_arguments_are_asked_for(arguments, said, sandbox) -> None:
    with pytest.raises(UsageError, match=said):
        _ = sandbox(COURSE, "Linear", arguments=arguments).facts


def test_a_class_without_arguments_takes_none(sandbox) -> None:
    with pytest.raises(UsageError, match="Logistic takes no arguments, found 'slope'"):
        _ = sandbox(COURSE, "Logistic", arguments={"slope": 2}).facts


def test_a_trial_may_bring_its_own_arguments(sandbox) -> None:
    box = sandbox(LIBRARY)
    one = np.ones((1, 1))
    values = {"w": one, "b": np.zeros(1)}
    found = box.run([Trial((one,), one, values, arguments={"scale": float(s)}) for s in (1, 5, -2)])
    assert [float(o.arrays["y"][0, 0]) for o in found] == [1.0, 5.0, -2.0]
    (wrong,) = box.run([Trial((one,), one, values, arguments={"scle": 1.0})])
    assert wrong.kind == "raised" and wrong.method == "__init__" and "'scale'" in wrong.error


def test_two_inputs(sandbox) -> None:
    box = sandbox(COURSE, "Add")
    assert box.facts["inputs"] == ["x", "y"]
    (found,) = box.run([Trial((X, 2 * X), X)])
    np.testing.assert_array_equal(found.arrays["d0"], X)
    np.testing.assert_array_equal(found.arrays["d1"], X)


def test_a_loss_that_starts_the_chain_is_given_a_model(sandbox) -> None:
    box = sandbox(COURSE, "BinaryCrossEntropyLoss")
    assert box.facts["protocol"] == "chain" and "starts the backward pass" in box.facts["reading"]
    p, t = np.array([[0.2], [0.6]]), np.array([[0.0], [1.0]])
    expected = (p - t) / (p * (1 - p)) / 2
    for dy, factor in ((None, 1.0), (np.array(1.0), 1.0), (np.array([3.0]), 3.0)):
        (found,) = box.run([Trial((p, t), dy)])
        assert found.ok, found
        np.testing.assert_allclose(found.arrays["d0"], factor * expected, rtol=1e-14)
        assert found.arrays["y"].shape == ((1,) if dy is None else dy.shape)


def test_a_model_whose_loss_is_inside(sandbox) -> None:
    box = sandbox(COURSE, "model_LR", arguments={"input_dim": 2})
    assert box.facts["protocol"] == "labels" and box.facts["parameters"] == {"w": [2, 1], "b": [1]}
    x, labels = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [0.0]])
    (found,) = box.run([Trial((x,), labels=labels)])
    np.testing.assert_allclose(found.arrays["d:w"], x.T @ (0.5 - labels) / 2)
    assert "d0" not in found.arrays and found.arrays["d:b"].shape == (1,)


def test_the_library_spelling(sandbox) -> None:
    box = sandbox(LIBRARY)
    assert box.facts["spelling"] == "library" and box.facts["upstream"] == "dy"
    x, w = np.ones((2, 3)), np.ones((3, 4))
    (found,) = box.run([Trial((x,), np.ones((2, 4)), {"w": w, "b": np.zeros(4)}, properties=True)])
    assert found.ok and found.arrays["d:b"].tolist() == [2.0] * 4 and not found.notes


def test_one_of_ours_runs_in_a_process_too(tmp_path, one) -> None:
    from backprove.targets import Sandbox, find

    with Sandbox(find("leaky_relu", {"negative_slope": 0.5})) as box:
        assert box.facts["name"] == "LeakyReLU" and box.facts["file"].endswith("leaky_relu.py")
        np.testing.assert_array_equal(one(box).arrays["d0"], [0.5, 1.0, 1.0])


def test_base_classes_and_imported_classes_are_no_operators(sandbox) -> None:
    box = sandbox(
        """
        from fractions import Fraction
        class Op:
            def __call__(self, x): return self.forward(x)
            def forward(self, x): raise NotImplementedError
            def backward(self, g): raise NotImplementedError('to be written')
        class Mine(Op):
            def forward(self, x):
                if x is None: raise NotImplementedError
                return x
            def backward(self, g): return g
        class Half(Op):
            def forward(self, x): return x
        class Runner:
            def train(self): pass
        """
    )
    assert box.names == ["Mine"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            "Leaky",
            "op.py has no 'Leaky': did you mean 'LeakyReLU'. It has LeakyReLU, Plain, helper",
        ),
        ("helper", "helper is a NumPy function without a backward"),
        ("Plain", "Plain has no forward and backward"),
        ("LeakyReLU,helpr", "has no 'helpr'"),
    ],
)
def test_a_wrong_name_is_told(names, said, sandbox) -> None:
    text = """
    class LeakyReLU:
        def forward(self, x): return x
        def backward(self, g): return g
    class Plain: pass
    def helper(x): return x
    """
    with pytest.raises(UsageError, match=said):
        _ = sandbox(text, names).facts


def test_a_file_with_nothing_to_check(sandbox) -> None:
    with pytest.raises(UsageError, match="no class with forward and backward"):
        _ = sandbox("x = 1\n").facts


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_dtypes_reach_the_operator(dtype, sandbox, one) -> None:
    from backprove.oracle.wire import numpy_dtype

    box = sandbox(CLASS.format("x + x", "g + g"))
    found = one(box, X.astype(numpy_dtype(dtype)))
    assert found.dtypes == {"y": dtype, "d0": dtype} and found.arrays["y"].dtype.name == dtype


def test_zero_dimensions_and_nothing(sandbox, one) -> None:
    box = sandbox(CLASS.format("x * 2", "g * 2"))
    for shape in ((), (0,), (2, 0), (1, 1)):
        found = one(box, np.ones(shape))
        assert found.ok and found.arrays["y"].shape == found.arrays["d0"].shape == shape


def test_a_number_in_place_of_an_array_is_said_to_be_one(sandbox, one) -> None:
    box = sandbox(CLASS.format("float(x)", "1.0"))
    found = one(box, np.array(2.0))
    assert found.ok and found.dtypes == {"y": "python", "d0": "python"}
