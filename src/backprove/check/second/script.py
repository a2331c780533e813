"""A script that differentiates twice and prints what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from backprove.check.script import FRAMEWORKS, array_text, number_text
from backprove.check.second.ask import Twice, directions
from backprove.check.trial import Failure


def script(failure: Failure, doer: Twice) -> str:
    """Python source for the failing element."""
    trial, names = failure.trial, list(doer.facts["inputs"])
    if trial.dy.size > 64:
        return ""
    request = trial.request()
    along = directions(request, doer.subject)
    leaves = {k: k[2:] if ":" in k else names[int(k[1:])] for k in along}
    given = dict(zip(names, trial.inputs, strict=True)) | trial.values
    lines = ["import numpy as np", ""]
    lines += [f"{k} = {array_text(v)}" for k, v in given.items() if isinstance(v, np.ndarray)]
    lines += [f"{k} = {v!r}" for k, v in given.items() if not isinstance(v, np.ndarray)]
    lines += [f"dy = {array_text(trial.dy)}"]
    lines += [f"v_{leaves[k]} = {array_text(v)}" for k, v in along.items()]
    wanted = failure.name if failure.name == "dy" else leaves[failure.name]
    body = _jax if doer.library == "jax" else _tensors
    lines += body(failure, doer, given, list(leaves.values()), wanted)
    place = "".join(f"[{i}]" for i in failure.place)
    lines.append(f"print(0.0 if second is None else second{place})")
    lines[-1] += f"  # expected {number_text(failure.low)}"
    return "\n".join(lines) + "\n"


def _call(failure: Failure, doer: Twice) -> tuple[list[str], str]:
    """Lines that make the operator, and the expression that calls it."""
    subject, trial = doer.subject, failure.trial
    arguments = {**getattr(subject, "given", {}), **trial.arguments}
    inputs = ", ".join(doer.facts["inputs"])
    values = "".join(f", {k}={k}" for k in trial.values)
    words = ", ".join(f"{k}={v!r}" for k, v in arguments.items())
    if getattr(subject, "expression", ""):
        given = subject.settings(trial.arguments)
        lines = [f"{k} = {v!r}" for k, v in given.items() if k not in trial.values]
        lines += [f"{k} = None" for k in subject.parameters if k not in trial.values]
        return lines, subject.expression
    name, library = doer.facts["name"], doer.library
    bridge = f"from backprove.bridge.{library} import to_{library}"
    if not subject.place:
        lines = [bridge, f"from backprove.ops import {name}"]
        return [*lines, f"op = to_{library}({name}({words}))"], f"op({inputs}{values})"
    path, _, cls = subject.place.partition("::")
    found = f"runpy.run_path({str(Path(path))!r})[{(cls or name)!r}]"
    made = {"function": ".apply", "layer": f"({words})"}.get(doer.facts["spelling"], "")
    lines = ["import runpy", f"op = {found}{made}"]
    if doer.facts["spelling"] in ("teaching", "library"):
        lines = ["import runpy", bridge, f"op = to_{library}({found}({words}))"]
    return lines, f"op({inputs}{values})"


def _tensors(failure: Failure, doer: Twice, given: Any, leaves: list[str], wanted: str) -> Any:
    start, tensor, needs = FRAMEWORKS[doer.library]
    lines, call = _call(failure, doer)
    grad = "torch.autograd.grad" if doer.library == "torch" else "paddle.grad"
    arrays = [k for k, v in given.items() if isinstance(v, np.ndarray)]
    every = ", ".join(leaves)
    return [
        *start, *lines,
        *(f"{n} = {tensor}({n})" for n in (*arrays, "dy", *(f"v_{k}" for k in leaves))),
        *(needs.format(x=n) for n in (*leaves, "dy")),
        f"y = {call}",
        f"first = {grad}([y], [{every}], [dy], create_graph=True)",
        f"total = sum((v * g).sum() for v, g in zip([{', '.join(f'v_{k}' for k in leaves)}], "
        "first))",
        f"(second,) = {grad}([total], [{wanted}], allow_unused=True)",
    ]  # fmt: skip


def _jax(failure: Failure, doer: Twice, given: Any, leaves: list[str], wanted: str) -> Any:
    lines, call = _call(failure, doer)
    every, along = ", ".join(leaves), ", ".join(f"v_{k}" for k in leaves)
    number = len(leaves) if wanted == "dy" else leaves.index(wanted)
    return [
        "import jax", "import jax.numpy as jnp", "from jax import lax, nn",
        "jax.config.update('jax_enable_x64', True)", *lines,
        f"first = lambda {every}, dy: jax.vjp(lambda {every}: {call}, {every})[1](dy)",
        f"second = jax.vjp(first, {every}, dy)[1](({along},))[{number}]",
    ]  # fmt: skip
