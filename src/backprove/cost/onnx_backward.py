"""What the gradients of an ONNX operator cost, from shapes, by the formulas of the frameworks."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from backprove.cost.onnx_rules import ACTIVATIONS, ELEMENTWISE, FREE, JOINS, Attributes, Shape
from backprove.counts import Count
from backprove.oracle import formulas as f
from backprove.oracle.formulas_backward import PAIRS, SINGLE, of_operand, single

Inputs = list[Shape]
Needed = dict[int, str]
"""The places of the inputs whose gradient is asked for: "dx", or "dweight" of a parameter."""
Gradients = dict[str, f.Amount]
Rule = Callable[[Inputs, Shape, Attributes, Needed], Gradients | None]

CONSTANT = set(
    "Shape Size ConstantOfShape Constant ArgMax ArgMin Equal Greater GreaterOrEqual Less "
    "LessOrEqual Not And Or Xor IsNaN IsInf OneHot Range EyeLike NonZero Floor Ceil Round "
    "Sign".split()
)
"""Operators through which no gradient goes."""


def gradients(
    kind: str, inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed
) -> Gradients | None:
    """The amounts by pass (dx, dweight, dbias); None if the operator has no rule."""
    if kind in RULES:
        return RULES[kind](inputs, output, attributes, needed)
    if kind in SPREAD:
        return _named(f.reduction(prod(output), prod(inputs[0])), needed)
    if kind in FREE:
        return {}
    if kind in ACTIVATIONS and ACTIVATIONS[kind] in f.SLOPES:
        return {"dx": f.activation(ACTIVATIONS[kind], prod(output), backward=True)}
    name = ELEMENTWISE.get(kind, JOINS.get(kind, ""))
    if name in PAIRS:
        return _operands(name, inputs, output, needed)
    return {"dx": single(name, prod(inputs[0]))} if name in SINGLE else None


def _named(amount: f.Amount, needed: Needed) -> Gradients:
    """The amount under the name of the only gradient that is asked for."""
    return {name: amount for name in list(needed.values())[:1]}


def _by_pass(found: dict[int, f.Amount], needed: Needed) -> Gradients:
    names = dict.fromkeys(needed[i] for i in found)
    return {n: f.joined([a for i, a in found.items() if needed[i] == n]) for n in names}


def _operands(name: str, inputs: Inputs, output: Shape, needed: Needed) -> Gradients:
    """Of sums, products and quotients; a parameter that is added is a bias."""
    size = prod(output)
    found = {i: of_operand(name, min(i, 1), size, prod(inputs[i])) for i in needed}
    biases = name in ("add", "sub")
    names = {i: "dbias" if biases and n == "dweight" else n for i, n in needed.items()}
    return _by_pass(found, names)


def _mean(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    divided = f.elementwise("div", prod(output))
    found = _operands("add", inputs, output, needed)
    return {**found, "dx": f.joined([divided, found.get("dx", f.FREE)])}


def _products(size: int, inner: int, inputs: Inputs, needed: Needed) -> Gradients:
    """As many multiply-adds for each factor as forward: dot products of length `inner`."""
    mac, text = size * inner, f"{size} x {inner}"
    each = {i: f.multiply_adds(mac, prod(inputs[i]), text) for i in needed if i < 2}
    return _by_pass(each, needed)


def _matmul(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    return _products(prod(output), inputs[0][-1], inputs, needed)


def _gemm(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    inner = inputs[0][0 if attributes.get("transA") else 1]
    found = _products(prod(output), inner, inputs, needed)
    return found | _bias(2, prod(output), inputs, needed)


def _bias(place: int, size: int, inputs: Inputs, needed: Needed) -> Gradients:
    return {"dbias": f.reduction(size, prod(inputs[place]))} if place in needed else {}


def _conv(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    return _convolved(prod(output), inputs, output, needed)


def _transposed(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    return _convolved(prod(inputs[0]), inputs, output, needed)


def _convolved(places: int, inputs: Inputs, output: Shape, needed: Needed) -> Gradients:
    weight, asked = inputs[1], [f.GRADIENTS[i] for i in needed if i < 2]
    found = f.convolution_backward(
        places, prod(weight[1:]), 1, prod(weight), prod(inputs[0]), asked
    )
    return found | _bias(2, prod(output), inputs, needed)


def _pool(mean: bool) -> Rule:
    def rule(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
        return {"dx": f.elementwise("add", prod(inputs[0]) if mean else prod(output))}

    return rule


def _softmax(logarithm: bool) -> Rule:
    def rule(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
        axis = int(attributes.get("axis", -1 if attributes.get("opset", 13) >= 13 else 1))
        shape = output
        if attributes.get("opset", 13) < 13:
            cut = axis % len(output)
            shape, axis = (prod(output[:cut]), prod(output[cut:])), -1
        return {"dx": f.softmax(shape, axis, logarithm=logarithm, backward=True)}

    return rule


def _layer_norm(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    axis = int(attributes.get("axis", -1)) % len(output)
    asked = [f.GRADIENTS[i] for i in needed]
    return f.layer_norm_backward(prod(output), prod(output[:axis]), prod(output[axis:]), asked)


def _batch_norm(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    training, asked = bool(attributes.get("training_mode", 0)), [f.GRADIENTS[i] for i in needed]
    return f.batch_norm_backward(prod(output), inputs[1][0], asked, training=training)


def _clip(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    return {"dx": f.activation("hardtanh", prod(output), backward=True)}


def _prelu(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    found = f.prelu_backward(prod(output))
    sums = f.reduction(prod(output), prod(inputs[1]))
    found["dweight"] = f.joined([found["dweight"], sums])
    return {name: found[name] for name in dict.fromkeys(needed.values())}


def _power(
    inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed
) -> Gradients | None:
    """p x^(p-1) dy, for an exponent that is not trained."""
    size = prod(output)
    return None if 1 in needed else {"dx": f.plain(Count(flop=2 * size, trans=size), f"2 x {size}")}


def _where(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    size = prod(output)
    each = {
        i: f.joined([f.elementwise("where", size), f.reduction(size, prod(inputs[i]))])
        for i in needed
    }
    return _by_pass(each, needed)


def _largest(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    return {"dx": f.elementwise("where", prod(inputs[0]))}


def _lookup(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    """Rows of a parameter, whose gradients are added where all are the same: the most there are."""
    if needed.get(0) != "dweight":
        return {}
    axis = int(attributes.get("axis", 0))
    width = prod(inputs[0][:axis]) * prod(inputs[0][axis + 1 :])
    adds = (prod(inputs[1]) - 1) * width
    return {"dweight": f.plain(Count(flop=adds), f"({prod(inputs[1])} - 1) x {width}")}


def _recurrent(gates: int) -> Rule:
    def rule(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
        steps, size = prod(inputs[0][:2]), inputs[0][2]
        directions, wide = inputs[1][:2]
        biases = 2 if (directions, 2 * wide) in inputs[3:] else 0
        one = f.recurrent_backward(steps, size, wide // gates, gates, dx=0 in needed, biases=biases)
        return {name: f.joined([amount] * directions) for name, amount in one.items()}

    return rule


def _nothing(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    return {}


def _averaged(inputs: Inputs, output: Shape, attributes: Attributes, needed: Needed) -> Gradients:
    return {"dx": single("mean", prod(inputs[0]))}


SPREAD = ("Expand", "Tile")
RULES: dict[str, Rule] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "MaxPool": _pool(False),
    "GlobalMaxPool": _pool(False),
    "AveragePool": _pool(True),
    "GlobalAveragePool": _pool(True),
    "Softmax": _softmax(False),
    "LogSoftmax": _softmax(True),
    "LayerNormalization": _layer_norm,
    "BatchNormalization": _batch_norm,
    "Clip": _clip,
    "PRelu": _prelu,
    "Pow": _power,
    "Where": _where,
    "Mean": _mean,
    "ReduceSum": _nothing,
    "ReduceMean": _averaged,
    "ReduceMax": _largest,
    "ReduceMin": _largest,
    "Gather": _lookup,
    "RNN": _recurrent(1),
    "GRU": _recurrent(3),
    "LSTM": _recurrent(4),
}
