"""Learners' files over PyTorch, Paddle and JAX, in the spellings of those libraries."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.oracle.client import installed
from backprove.oracle.wire import numpy_dtype
from backprove.targets import Trial

X = np.array([-1.0, 0.5, 2.0])
DX = np.array([0.1, 1.0, 1.0])


def needs(library):
    return pytest.mark.skipif(not installed(library), reason=f"{library} is not installed")


TEACHING = """
import {lib}
class Leaky:
    def forward(self, inputs):
        self.inputs = inputs
        return {lib}.where(inputs > 0, inputs, 0.1 * inputs)
    def backward(self, grads):
        one = {lib}.ones_like(grads)
        return {lib}.where(self.inputs > 0, one, 0.1 * one) * grads
"""
FILES = {
    "torch teaching": TEACHING.format(lib="torch"),
    "paddle teaching": TEACHING.format(lib="paddle"),
    "jax teaching": TEACHING.format(lib="jnp").replace("import jnp", "import jax.numpy as jnp"),
    "torch function": """
        import torch
        class Leaky(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, slope=0.1):
                ctx.save_for_backward(x)
                ctx.slope = slope
                return torch.where(x > 0, x, slope * x)
            @staticmethod
            def backward(ctx, grad_output):
                x, = ctx.saved_tensors
                return grad_output * torch.where(x > 0, 1.0, ctx.slope), None
        """,
    "torch function with setup_context": """
        import torch
        from torch.autograd import Function
        class Leaky(Function):
            @staticmethod
            def forward(x):
                return torch.where(x > 0, x, 0.1 * x)
            @staticmethod
            def setup_context(ctx, inputs, output):
                ctx.save_for_backward(*inputs)
            @staticmethod
            def backward(ctx, g):
                return g * torch.where(ctx.saved_tensors[0] > 0, 1.0, 0.1)
        """,
    "torch module": """
        import torch
        from torch import nn
        class Leaky(nn.Module):
            def __init__(self, slope=0.1):
                super().__init__()
                self.slope = slope
            def forward(self, x):
                return torch.where(x > 0, x, self.slope * x)
        """,
    "torch automatic": """
        import torch.nn.functional as F
        def forward_only(x):
            return F.leaky_relu(x, 0.1)
        """,
    "paddle pylayer": """
        import paddle
        from paddle.autograd import PyLayer
        class Leaky(PyLayer):
            @staticmethod
            def forward(ctx, x, slope=0.1):
                ctx.save_for_backward(x)
                ctx.slope = slope
                return paddle.where(x > 0, x, slope * x)
            @staticmethod
            def backward(ctx, dy):
                x, = ctx.saved_tensor()
                one = paddle.ones_like(dy)
                return dy * paddle.where(x > 0, one, ctx.slope * one)
        """,
    "paddle layer": """
        import paddle
        class Leaky(paddle.nn.Layer):
            def __init__(self, slope=0.1):
                super().__init__()
                self.slope = slope
            def forward(self, x):
                return paddle.where(x > 0, x, self.slope * x)
        """,
    "jax custom_vjp": """
        import jax, jax.numpy as jnp
        @jax.custom_vjp
        def leaky(x):
            return jnp.where(x > 0, x, 0.1 * x)
        def leaky_fwd(x):
            return leaky(x), x
        def leaky_bwd(x, g):
            return (g * jnp.where(x > 0, 1.0, 0.1),)
        leaky.defvjp(leaky_fwd, leaky_bwd)
        """,
    "jax custom_vjp with a fixed argument": """
        from functools import partial
        import jax, jax.numpy as jnp
        @partial(jax.custom_vjp, nondiff_argnums=(1,))
        def leaky(x, slope=0.1):
            return jnp.where(x > 0, x, slope * x)
        def leaky_fwd(x, slope):
            return leaky(x, slope), x
        def leaky_bwd(slope, x, g):
            return (g * jnp.where(x > 0, 1.0, slope),)
        leaky.defvjp(leaky_fwd, leaky_bwd)
        """,
    "jax automatic": """
        import jax.numpy as jnp
        def f(x):
            return jnp.where(x > 0, x, 0.1 * x)
        """,
    "torch pair": """
        import torch
        def forward(x): return torch.where(x > 0, x, 0.1 * x), x
        def backward(dy, cache): return dy * torch.where(cache > 0, 1.0, 0.1)
        """,
}
NAMES = {"torch automatic": "forward_only", "jax automatic": "f"}
SPELLINGS = {"teaching": "teaching", "function": "function", "module": "layer", "layer": "layer",
             "pylayer": "function", "custom_vjp": "custom_vjp", "automatic": "automatic",
             "pair": "pair"}  # fmt: skip


@pytest.mark.parametrize("file", [pytest.param(f, marks=needs(f.split()[0])) for f in FILES])
def test_every_spelling_gives_value_and_gradient(file, sandbox) -> None:
    box = sandbox(FILES[file], NAMES.get(file, ""))
    library, spelling = file.split()[:2]
    assert box.target.library == library and box.facts["spelling"] == SPELLINGS[spelling]
    assert box.facts["inputs"] in (["x"], ["inputs"]) and box.facts["parameters"] == {}
    dy = np.array([1.0, -2.0, 3.0])
    for properties in (False, True):
        (found,) = box.run([Trial((X,), dy, properties=properties)])
        assert found.ok, found
        np.testing.assert_allclose(found.arrays["y"], X * DX, rtol=1e-15)
        np.testing.assert_allclose(
            found.arrays["d0"], dy * DX, rtol=1e-6 if "pair" in file else 1e-7
        )
        assert found.changed == found.notes == found.aliases == ()
    (single,) = box.run([Trial((X.astype(np.float32),), dy.astype(np.float32))])
    assert single.dtypes["y"] == "float32"


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(f, marks=needs(f.split()[0]))
        for f in ("torch function", "torch module", "paddle pylayer", "paddle layer",
                  "jax custom_vjp with a fixed argument")
    ],
)  # fmt: skip
def test_settings_reach_every_spelling(file, sandbox) -> None:
    box = sandbox(FILES[file], arguments={"slope": 0.5})
    assert box.facts["constructor"]["defaults"] == {"slope": 0.1}
    first, second = box.run([Trial((X,), np.ones(3)), Trial((X,), X, arguments={"slope": 2.0})])
    assert first.ok and second.ok, (first, second)
    assert (first.arrays["d0"][0], second.arrays["y"][0]) == (0.5, -2.0)
    box.give({"slop": 0.5})
    with pytest.raises(UsageError, match="slop"):
        _ = box.facts


LAYER = """
import {lib}
class Scale({lib}.nn.{base}):
    def __init__(self):
        super().__init__()
        self.w = {parameter}
        self.calls = 0
    def forward(self, x):
        self.calls += 1
        return self.w * x * self.calls
"""
TORCH = {"lib": "torch", "base": "Module", "parameter": "torch.nn.Parameter(torch.ones(3))"}
PADDLE = {"lib": "paddle", "base": "Layer", "parameter": "self.create_parameter([3])"}


@pytest.mark.parametrize(
    "how",
    [pytest.param(TORCH, marks=needs("torch")), pytest.param(PADDLE, marks=needs("paddle"))],
    ids=["torch", "paddle"],
)
def test_layers_of_learners_have_parameters_and_leave_no_state(how, sandbox) -> None:
    box = sandbox(LAYER.format(**how))
    assert box.facts["parameters"] == {"w": [3]} and box.names == ["Scale"]
    trial = Trial((X,), X, {"w": np.array([1.0, 2.0, 3.0])}, properties=True)
    for found in box.run([trial, trial]):
        assert found.ok and found.notes == (), found
        np.testing.assert_array_equal(found.arrays["d:w"], X * X)
        np.testing.assert_array_equal(found.arrays["d0"], X * [1, 2, 3])


@needs("torch")
@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("return g, g", "malformed", "incorrect number of gradients"),
        ("return g[:2]", "raised", "invalid gradient"),
        ("return None", "no result", ""),
        ("return g * missing", "raised", "missing"),
    ],
)
def test_wrong_backwards_of_a_function(body, kind, said, sandbox, one) -> None:
    text = f"""
    import torch
    class A(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2
        @staticmethod
        def backward(ctx, g):
            {body}
    """
    found = one(sandbox(text))
    assert (found.kind, found.method) == (kind, "backward"), found
    assert said in found.error
    if body.endswith("missing"):
        assert found.line == 9


@needs("torch")
def test_a_mask_read_from_an_overwritten_input_is_seen(sandbox, one) -> None:
    text = """
    import torch
    class A:
        def forward(self, x):
            self.x = x
            return x.clamp_(min=0) + 0
        def backward(self, g):
            return g * (self.x > 0)
    """
    found = one(sandbox(text), properties=True)
    assert found.ok and found.changed == ("forward:input 0",)


@needs("torch")
def test_layouts_of_torch(sandbox) -> None:
    text = """
    import torch
    class A:
        def forward(self, x):
            return x * 0 + x.is_contiguous()
        def backward(self, g):
            return g * 0 + g.is_contiguous()
    """
    x = np.ones((2, 3))
    layouts = ("fortran", "strided", "expanded")
    plain, *others = sandbox(text).run(
        [Trial((x,), x), *(Trial((x,), x, layout=layout) for layout in layouts)]
    )
    assert plain.arrays["y"].all() and plain.arrays["d0"].all()
    for other in others:
        assert not other.arrays["y"].any() and not other.arrays["d0"].any()


@needs("paddle")
def test_a_class_in_numpy_beside_an_import_of_paddle_works_on_numpy(sandbox, one) -> None:
    text = """
    import paddle
    import numpy as np
    class A:
        def forward(self, x):
            assert isinstance(x, np.ndarray)
            return np.exp(x)
        def backward(self, g):
            return g * 0
    """
    box = sandbox(text)
    assert box.target.library == "numpy" and one(box).ok


@pytest.mark.parametrize(
    ("library", "dtypes"),
    [("torch", ("float64", "float32", "float16", "bfloat16")), ("paddle", ("float64", "float32"))],
)
def test_dtypes(library, dtypes, framework, one) -> None:
    box = framework(f"{library}:nn.functional.relu")
    for dtype in dtypes:
        found = one(box, X.astype(numpy_dtype(dtype)))
        assert found.dtypes == {"y": dtype, "d0": dtype}
        assert found.arrays["d0"].tolist() == [0, 1, 1]


def test_a_dtype_that_a_framework_refuses_is_an_outcome(framework, one) -> None:
    found = one(framework("paddle:nn.functional.relu"), X.astype(np.float16))
    assert found.kind == "raised" and "float16" in found.error


def test_defaults_of_compiled_functions_are_read_from_their_documentation(framework) -> None:
    found = framework("torch:nn.functional.softplus").facts
    assert found["constructor"] == {"needed": [], "defaults": {"beta": 1, "threshold": 20}}
    assert found["inputs"] == ["input"]
