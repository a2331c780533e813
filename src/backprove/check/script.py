"""A script that shows a failure again, with the numbers written exactly."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np

from backprove.check import script_files
from backprove.check.spelling import backward, in_library_spelling, set_parameters, spelled
from backprove.check.trial import Failure
from backprove.oracle import wire


def script(failure: Failure, subject: Any) -> str:
    """Python source that runs the operator at the counterexample and prints what comes out."""
    trial = spelled(failure.trial, subject)
    if trial.dy.size > 64:
        return ""
    lines = ["import numpy as np", ""]
    lines += [
        f"{n} = {array_text(x)}" for n, x in zip(_names(trial.inputs), trial.inputs, strict=True)
    ]
    lines += [f"{k} = {array_text(v)}" for k, v in trial.values.items()]
    lines += [f"dy = {array_text(trial.dy)}", *_placed(failure, subject), *_call(failure, subject)]
    lines.append(f"print({'y' if failure.name == 'y' else 'gradient'}){_expected(failure)}")
    return "\n".join(lines) + "\n"


LAYOUTS = {
    "fortran": "np.asfortranarray({x})",
    "reversed": "np.flip(np.flip({x}).copy())",
    "strided": "np.repeat({x}[..., None], 2, -1)[..., 0]",
}


def _placed(failure: Failure, subject: Any) -> list[str]:
    """The lines that lay arrays out in memory as they were; frameworks copy them anyway."""
    text = LAYOUTS.get(failure.trial.layout, "")
    names = [*_names(failure.trial.inputs), "dy"]
    here = subject.library == "numpy" and text
    return [f"{x} = {text.format(x=x)}" for x in names] if here else []


def _expected(failure: Failure) -> str:
    if failure.kind == "stopped":
        return "  # does not come so far"
    if failure.kind == "missing":
        return "  # expected a gradient"
    if failure.kind == "shape":
        return f"  # expected the shape {failure.low}"
    low, high = number_text(failure.low), number_text(failure.high)
    return f"  # expected {low}" if low == high else f"  # expected {low} .. {high}"


def _names(inputs: Any) -> list[str]:
    return ["x"] if len(inputs) == 1 else [f"x{i}" for i in range(len(inputs))]


def _call(failure: Failure, subject: Any) -> list[str]:
    names = ", ".join(_names(failure.trial.inputs))
    arguments = {**getattr(subject, "given", {}), **failure.trial.arguments}
    given = ", ".join(f"{k}={v!r}" for k, v in arguments.items())
    if subject.place:
        own = script_files.lines(failure, subject, _names(failure.trial.inputs))
        if own is not None:
            return own
        path, _, cls = subject.place.partition("::")
        cls = cls or subject.facts["name"]
        lines = [
            "import runpy",
            f"{cls} = runpy.run_path({str(Path(path))!r})[{cls!r}]",
            f"op = {cls}({given})",
        ]
        tensors = {"paddle": "paddle.to_tensor", "torch": "torch.from_numpy"}.get(subject.library)
        if tensors:
            lines = [f"import {subject.library}", *lines]
            every = ["dy", *_names(failure.trial.inputs)]
            lines += [f"{name} = {tensors}({name})" for name in every]
    elif getattr(subject, "expression", ""):
        return _in_framework(failure, subject)
    else:
        name = subject.facts["name"]
        lines = [f"from backprove.ops import {name}", f"op = {name}({given})"]
    values = "".join(f", {k}={k}" for k in failure.trial.values)
    ours = in_library_spelling(subject)
    forward = f"y = op({names}{values})" if ours else f"y = op.forward({names})"
    return [*lines, *set_parameters(failure, subject), forward, *backward(failure, subject)]


def array_text(x: Any) -> str:
    """An array as Python writes it, every number exact."""
    x = np.asarray(x)
    if x.dtype.kind in "iub":
        return f"np.array({x.tolist()!r}, dtype={x.dtype.name!r})"
    name = "float32" if x.dtype.name == "bfloat16" else x.dtype.name
    return f"np.array({_nested(x.astype(np.float64).tolist())}, dtype={name!r})"


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    return number_text(value)


def number_text(value: Any) -> str:
    """A number as Python writes it, in hexadecimal where it is not whole."""
    number = float(value)
    if number == int(number) if np.isfinite(number) else False:
        return repr(number)
    return f"float.fromhex({number.hex()!r})"


FRAMEWORKS = {
    "torch": (
        ["import torch", "import torch.nn.functional as F", "from torch import nn"],
        "torch.tensor",
        "{x}.requires_grad_()",
    ),
    "paddle": (
        ["import paddle", "import paddle.nn.functional as F", "from paddle import nn"],
        "paddle.to_tensor",
        "{x}.stop_gradient = False",
    ),
}


def _in_framework(failure: Failure, subject: Any) -> list[str]:
    """The lines that ask a framework for its value and its first input's gradient."""
    names, settings = subject.names, subject.settings(failure.trial.arguments)
    given = [f"{k} = {v!r}" for k, v in settings.items() if k not in failure.trial.values]
    absent = [f"{k} = None" for k in subject.parameters if k not in failure.trial.values]
    renamed = [
        f"{n} = {old}"
        for n, old in zip(names, _names(failure.trial.inputs), strict=True)
        if n != old
    ]
    first = names[0]
    if subject.library == "jax":
        head = ["import jax", "import jax.numpy as jnp", "from jax import lax, nn"]
        run = [
            "jax.config.update('jax_enable_x64', True)",
            f"y, pull_back = jax.vjp(lambda {first}: {subject.expression}, {first})",
            "gradient = pull_back(jnp.asarray(dy))[0]",
        ]
        return [*head, *renamed, *given, *absent, *run]
    start, tensor, needs = FRAMEWORKS[subject.library]
    arrays = [k for k, v in failure.trial.values.items() if isinstance(v, np.ndarray)]
    wrapped = [f"{n} = {tensor}({n})" for n in (*names, *arrays, "dy")]
    if failure.name.startswith("d:") or failure.trial.wanted == "parameters":
        first = failure.name[2:] if ":" in failure.name else arrays[0]
    elif failure.name not in ("y", "d0"):
        first = names[int(failure.name[1:])]
    return [
        *start, *helper(subject), *renamed, *given, *absent, *wrapped, needs.format(x=first),
        f"y = {subject.expression}", "y.backward(dy)", f"gradient = {first}.grad",
    ]  # fmt: skip


def helper(subject: Any) -> list[str]:
    """The source of `layer` where the expression makes one with parameters of its own."""
    if "layer(" not in subject.expression:
        return []
    file = Path(wire.__file__).with_name(f"backend_{subject.library}.py")
    source = file.read_text(encoding="utf-8")
    found = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == "with_parameters"
    )
    text = ast.get_source_segment(source, found) or ""
    return [f"from typing import Any\n\n{text}\n\nlayer = with_parameters"]
