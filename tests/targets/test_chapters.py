"""The second half of a course's chapter, in Paddle and in PyTorch, as one file and a notebook."""

from __future__ import annotations

import json
import textwrap

import numpy as np
import pytest

from backprove.oracle.client import installed
from backprove.targets import Sandbox, Trial, find

CHAPTER = """
import {lib}
from nndl.op import Op

class Linear(Op):
    def __init__(self, input_size, output_size, name):
        self.params = {{'W': {lib}.ones([input_size, output_size]) * 0.5}}
        self.params['b'] = {lib}.zeros([1, output_size])
        self.inputs, self.grads, self.name = None, {{}}, name

    def forward(self, inputs):
        self.inputs = inputs
        return {lib}.matmul(self.inputs, self.params['W']) + self.params['b']

    def backward(self, grads):
        self.grads['W'] = {lib}.matmul(self.inputs.T, grads)
        self.grads['b'] = {lib}.sum(grads, 0)
        return {lib}.matmul(grads, self.params['W'].T)

class Logistic(Op):
    def __init__(self):
        self.inputs, self.outputs, self.params = None, None, None

    def forward(self, inputs):
        self.outputs = 1.0 / (1.0 + {lib}.exp(-inputs))
        return self.outputs

    def backward(self, grads):
        return grads * self.outputs * (1.0 - self.outputs)

class Model_MLP_L2(Op):
    def __init__(self, input_size, hidden_size, output_size):
        self.fc1, self.act_fn1 = Linear(input_size, hidden_size, name='fc1'), Logistic()
        self.fc2, self.act_fn2 = Linear(hidden_size, output_size, name='fc2'), Logistic()
        self.layers = [self.fc1, self.act_fn1, self.fc2, self.act_fn2]

    def __call__(self, X):
        return self.forward(X)

    def forward(self, X):
        a1 = self.act_fn1(self.fc1(X))
        return self.act_fn2(self.fc2(a1))

    def backward(self, loss_grad_a2):
        loss_grad_z2 = self.act_fn2.backward(loss_grad_a2)
        loss_grad_a1 = self.fc2.backward(loss_grad_z2)
        loss_grad_z1 = self.act_fn1.backward(loss_grad_a1)
        loss_grad_inputs = self.fc1.backward(loss_grad_z1)

class RunnerV2_1(object):
    def train(self, train_set):
        pass
"""
TRAINING = "runner = RunnerV2_1()\nX_train = make_moons(n_samples=1000)\nrunner.train(X_train)\n"


def chapter(library: str, folder, notebook: bool) -> str:
    text = textwrap.dedent(CHAPTER.format(lib=library))
    if not notebook:
        (folder / "第四章.py").write_text(text, encoding="utf-8")
        return str(folder / "第四章.py")
    cells = [{"cell_type": "code", "source": part} for part in (*text.split("\n\n"), TRAINING)]
    cells = [c for c in cells if c["source"].strip()]
    merged: list[dict[str, str]] = []
    for cell in cells:
        if merged and cell["source"].startswith("    "):
            merged[-1]["source"] += "\n\n" + cell["source"]
        else:
            merged.append(cell)
    (folder / "第四章.ipynb").write_text(json.dumps({"cells": merged}), encoding="utf-8")
    return str(folder / "第四章.ipynb")


@pytest.mark.parametrize("notebook", [False, True], ids=["file", "notebook"])
@pytest.mark.parametrize("library", ["paddle", "torch"])
def test_a_chapter(library, notebook, tmp_path) -> None:
    if not installed(library):
        pytest.skip(f"{library} is not installed")
    place = chapter(library, tmp_path, notebook)
    sizes = {"input_size": 3, "output_size": 2, "name": "fc"}
    x, dy = np.arange(12.0).reshape(4, 3) / 10, np.ones((4, 2))
    with Sandbox(find(f"{place}::Linear", sizes)) as box:
        assert box.target.library == library
        assert box.names == ["Linear", "Logistic", "Model_MLP_L2"]
        (found,) = box.run([Trial((x,), dy, properties=True)])
        assert found.ok and found.changed == found.notes == (), found
        np.testing.assert_allclose(found.arrays["d0"], dy @ np.full((2, 3), 0.5))
        np.testing.assert_allclose(found.arrays["d:b"], [[4.0, 4.0]])
    sizes = {"input_size": 3, "hidden_size": 2, "output_size": 1}
    with Sandbox(find(f"{place}::Model_MLP_L2", sizes)) as box:
        assert box.facts["parameters"]["fc1.W"] == [3, 2]
        (found,) = box.run([Trial((x,), np.ones((4, 1)))])
        hidden = 1 / (1 + np.exp(-(x @ np.full((3, 2), 0.5))))
        y = 1 / (1 + np.exp(-(hidden @ np.full((2, 1), 0.5))))
        np.testing.assert_allclose(found.arrays["y"], y)
        np.testing.assert_allclose(found.arrays["d:fc2.W"], hidden.T @ (y * (1 - y)))
        assert "d0" not in found.arrays
