"""A script that shows a failure again, with the numbers written exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backprove.check.trial import Failure


def script(failure: Failure, subject: Any) -> str:
    """Python source that runs the operator at the counterexample and prints what comes out."""
    trial = failure.trial
    if trial.dy.size > 64:
        return ""
    lines = ["import numpy as np", ""]
    lines += [f"{n} = {_array(x)}" for n, x in zip(_names(trial.inputs), trial.inputs, strict=True)]
    lines += [f"{k} = {_array(v)}" for k, v in trial.values.items()]
    lines += [f"dy = {_array(trial.dy)}", *_call(failure, subject)]
    expected = "" if failure.low is None else f"  # expected {_hex(failure.low)}"
    if failure.low is not None and failure.low != failure.high:
        expected += f" .. {_hex(failure.high)}"
    lines.append(f"print({'y' if failure.name == 'y' else 'gradient'}){expected}")
    return "\n".join(lines) + "\n"


def _names(inputs: Any) -> list[str]:
    return ["x"] if len(inputs) == 1 else [f"x{i}" for i in range(len(inputs))]


def _call(failure: Failure, subject: Any) -> list[str]:
    names = ", ".join(_names(failure.trial.inputs))
    arguments = {**getattr(subject, "given", {}), **failure.trial.arguments}
    given = ", ".join(f"{k}={v!r}" for k, v in arguments.items())
    if subject.place:
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
        return [f"# {subject.library}: {subject.expression}", "y = gradient = None"]
    else:
        name = subject.facts["name"]
        lines = [f"from backprove.ops import {name}", f"op = {name}({given})"]
    values = "".join(f", {k}={k}" for k in failure.trial.values)
    forward = f"y = op({names}{values})" if not subject.place else f"y = op.forward({names})"
    return [*lines, forward, "gradient = op.backward(dy)"]


def _array(x: Any) -> str:
    x = np.asarray(x)
    if x.dtype.kind in "iub":
        return f"np.array({x.tolist()!r}, dtype={x.dtype.name!r})"
    name = "float32" if x.dtype.name == "bfloat16" else x.dtype.name
    return f"np.array({_nested(x.astype(np.float64).tolist())}, dtype={name!r})"


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, value)) + "]"
    return _hex(value)


def _hex(value: Any) -> str:
    number = float(value)
    if number == int(number) if np.isfinite(number) else False:
        return repr(number)
    return f"float.fromhex({number.hex()!r})"
