"""What an ONNX operator costs forward, from shapes, by the formulas that the frameworks share."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from backprove.oracle import formulas as f

Shape = tuple[int, ...]
Attributes = dict[str, Any]

FREE = set(
    "Reshape Flatten Transpose Squeeze Unsqueeze Identity Concat Split Slice Gather GatherND "
    "GatherElements Expand Tile Shape Size Constant ConstantOfShape Cast Pad DepthToSpace "
    "SpaceToDepth Neg Range EyeLike OneHot Not Dropout ScatterND Compress".split()
)
"""Operators that move or make numbers; dropout is that of evaluation."""

ACTIVATIONS = {
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "PRelu": "prelu",
    "Elu": "elu",
    "Selu": "selu",
    "Celu": "celu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Gelu": "gelu",
    "Mish": "mish",
    "HardSigmoid": "hardsigmoid",
    "HardSwish": "hardswish",
    "ThresholdedRelu": "thresholded_relu",
}
ELEMENTWISE = {
    **{n: n.lower() for n in "Add Sub Mul Div Reciprocal Mod Abs Sign Floor Ceil Round".split()},
    **{n: n.lower() for n in "Where Exp Log Sqrt Erf Pow Sin Cos Tan Asin Acos Atan".split()},
    **{n: n.lower() for n in "Sinh Cosh Asinh Acosh Atanh IsNaN IsInf Equal".split()},
    "Greater": "gt",
    "GreaterOrEqual": "ge",
    "Less": "lt",
    "LessOrEqual": "le",
}
JOINS = {"Sum": "add", "Max": "maximum", "Min": "minimum", "Mean": "add"}
LSTM_GATES = 4
REDUCTIONS = ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin")


def amount(
    kind: str, inputs: list[Shape], output: Shape, attributes: Attributes
) -> f.Amount | None:
    """The operations of one node; None if the operator has no formula."""
    size = prod(output)
    if kind in FREE:
        return f.FREE
    if kind in ACTIVATIONS:
        return f.activation(ACTIVATIONS[kind], size)
    if kind in ELEMENTWISE:
        return f.elementwise(ELEMENTWISE[kind], size)
    if kind in JOINS:
        steps = f.elementwise(JOINS[kind], size * (len(inputs) - 1))
        return f.joined([steps, f.elementwise("div", size)]) if kind == "Mean" else steps
    if kind in REDUCTIONS:
        return f.reduction(
            prod(inputs[0]), size, mean=kind == "ReduceMean", cheap=kind[6:] in ("Max", "Min")
        )
    rule = RULES.get(kind)
    return None if rule is None else rule(inputs, output, attributes)


def _gemm(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
    inner = inputs[0][0 if attributes.get("transA") else 1]
    found = [f.product(output[0], inner, output[1], bias=len(inputs) > 2)]
    for name, size in (("alpha", prod(output)), ("beta", prod(inputs[2]) if inputs[2:] else 0)):
        if attributes.get(name, 1.0) != 1.0:
            found.append(f.elementwise("mul", size))
    return f.joined(found)


def _matmul(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
    inner, size = inputs[0][-1], prod(output)
    return f.multiply_adds(size * inner, size, f"{size} x {inner}")


def _conv(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
    return f.convolution(prod(output), prod(inputs[1][1:]), bias=len(inputs) > 2)


def _conv_transpose(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
    mac, size = prod(inputs[0]) * prod(inputs[1][1:]), prod(output)
    text = f"{prod(inputs[0])} x {prod(inputs[1][1:])}"
    found = f.multiply_adds(mac, size, text)
    return f.joined([found, f.elementwise("add", size)]) if len(inputs) > 2 else found


def _pool(mean: bool) -> Callable[[list[Shape], Shape, Attributes], f.Amount]:
    def rule(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
        size = prod(output)
        window = prod(attributes.get("kernel_shape") or inputs[0][2:])
        return f.reduction(size * window, size, mean=mean, cheap=not mean)

    return rule


def _softmax(logarithm: bool) -> Callable[[list[Shape], Shape, Attributes], f.Amount]:
    """Before version 13 of the operators a row is all that comes from the axis on."""

    def rule(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
        if attributes.get("opset", 13) >= 13:
            return f.softmax(output, int(attributes.get("axis", -1)), logarithm=logarithm)
        axis = int(attributes.get("axis", 1)) % len(output)
        rows, length = prod(output[:axis]), prod(output[axis:])
        return f.softmax((rows, length), -1, logarithm=logarithm)

    return rule


def _layer_norm(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
    axis = int(attributes.get("axis", -1)) % len(output)
    return f.layer_norm(prod(output), prod(output[:axis]), prod(output[axis:]))


def _batch_norm(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
    training = bool(attributes.get("training_mode", 0))
    return f.batch_norm(prod(output), inputs[1][0], training=training)


def _recurrent(gates: int) -> Callable[[list[Shape], Shape, Attributes], f.Amount]:
    """W is (directions, gates x hidden, size); a bias and peepholes are known by their lengths."""

    def rule(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
        steps, size = prod(inputs[0][:2]), inputs[0][2]
        directions, wide = inputs[1][:2]
        hidden, others = wide // gates, inputs[3:]
        biases = 2 if (directions, 2 * wide) in others else 0
        one = [f.recurrent(steps, size, hidden, gates, biases=biases)]
        if gates == LSTM_GATES and (directions, 3 * hidden) in others:
            one += [f.elementwise(name, 3 * steps * hidden) for name in ("mul", "add")]
        return f.joined(one * directions)

    return rule


def _clip(inputs: list[Shape], output: Shape, attributes: Attributes) -> f.Amount:
    return f.activation("hardtanh", prod(output))


RULES: dict[str, Callable[[list[Shape], Shape, Attributes], f.Amount]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pool(False),
    "GlobalMaxPool": _pool(False),
    "AveragePool": _pool(True),
    "GlobalAveragePool": _pool(True),
    "Softmax": _softmax(False),
    "LogSoftmax": _softmax(True),
    "LayerNormalization": _layer_norm,
    "BatchNormalization": _batch_norm,
    "Clip": _clip,
    "RNN": _recurrent(1),
    "GRU": _recurrent(3),
    "LSTM": _recurrent(LSTM_GATES),
}
