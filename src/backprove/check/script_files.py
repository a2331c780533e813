"""How a script calls the functions and layers of a file that are no operator classes.

A pair of functions is called as they are. What a framework differentiates (a custom function by
`apply`, a layer, a function of JAX) is given the framework's arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backprove.check.trial import Failure

STARTS = {
    "torch": ("import torch", "torch.tensor", "{x}.requires_grad_()"),
    "paddle": ("import paddle", "paddle.to_tensor", "{x}.stop_gradient = False"),
}


def lines(failure: Failure, subject: Any, names: list[str]) -> list[str] | None:
    """The lines from the arrays to `y` and `gradient`; None for a class with both methods.

    `names` are the variables of the inputs.
    """
    kind = subject.facts.get("spelling", "")
    if kind == "pair":
        return _pair(failure, subject, names)
    if subject.library == "jax" and kind in ("custom_vjp", "automatic"):
        return _jax(failure, subject, names)
    if subject.library in STARTS and kind in ("function", "layer", "automatic"):
        return _tensors(failure, subject, names)
    return None


def given(failure: Failure, subject: Any) -> dict[str, Any]:
    """The arguments that are no arrays."""
    return {**getattr(subject, "given", {}), **failure.trial.arguments}


def _found(subject: Any) -> str:
    path, _, name = subject.place.partition("::")
    return f"runpy.run_path({str(Path(path))!r})[{name or subject.facts['name']!r}]"


def _words(arguments: dict[str, Any]) -> str:
    return "".join(f", {k}={v!r}" for k, v in arguments.items())


def _pair(failure: Failure, subject: Any, names: list[str]) -> list[str]:
    forward, backward = subject.facts["name"].split(",")
    roles, path = subject.facts["roles"], str(Path(subject.place.partition("::")[0]))
    variables = dict(zip(subject.facts["inputs"], names, strict=True))
    arguments = given(failure, subject)
    cached = "cache" in roles.values()
    back = [_role(name, role, variables, arguments) for name, role in roles.items()]
    several = len(names) > 1 and failure.name[1:].isdigit()
    return [
        "import runpy",
        f"functions = runpy.run_path({path!r})",
        f"{'y, cache' if cached else 'y'} = functions[{forward!r}]({', '.join(names)}"
        f"{_words(arguments)})",
        f"gradient = functions[{backward!r}]({', '.join(back)})"
        f"{f'[{failure.name[1:]}]' if several else ''}",
    ]  # fmt: skip


def _role(name: str, role: str, variables: dict[str, str], arguments: dict[str, Any]) -> str:
    """The variable for an argument of a backward function."""
    if role != "input":
        return role
    return variables.get(name, repr(arguments.get(name)))


def _places(failure: Failure, subject: Any) -> str:
    """Arguments that are no arrays, by place: `apply` takes no names."""
    arguments = given(failure, subject)
    known = {**subject.facts["constructor"]["defaults"], **arguments}
    last = max([list(known).index(k) + 1 for k in arguments], default=0)
    return "".join(f", {v!r}" for v in list(known.values())[:last])


def _tensors(failure: Failure, subject: Any, names: list[str]) -> list[str]:
    start, tensor, needs = STARTS[subject.library]
    kind, arguments = subject.facts["spelling"], given(failure, subject)
    wanted = names[int(failure.name[1:])] if failure.name[1:].isdigit() else names[0]
    every = ", ".join(names)
    found = ["import runpy", start, f"op = {_found(subject)}"]
    if kind == "layer":
        found += _layer(failure, subject, arguments)
        if failure.name.startswith("d:"):
            wanted = f"parameters[{failure.name[2:]!r}]"
    call = {
        "layer": f"op({every})",
        "function": f"op.apply({every}{_places(failure, subject)})",
    }.get(kind, f"op({every}{_words(arguments)})")
    found += [f"{n} = {tensor}({n})" for n in (*names, "dy")]
    found += [] if wanted.startswith("param") else [needs.format(x=wanted)]
    return [*found, f"y = {call}", "y.backward(dy)", f"gradient = {wanted}.grad"]


def _layer(failure: Failure, subject: Any, arguments: dict[str, Any]) -> list[str]:
    """The lines that make the layer in the dtype of the trial and set its parameters."""
    dtype, made = failure.trial.dtype, _words(arguments)[2:]
    torch = subject.library == "torch"
    found = [
        f"op = op({made}).to(dtype={f'torch.{dtype}' if torch else repr(dtype)})",
        "parameters = dict(op.named_parameters())",
    ]
    for name in failure.trial.values:
        place, value = f"parameters[{name!r}]", name.replace(".", "_")
        found.append(
            f"{place}.data = torch.tensor({value})" if torch
            else f"{place}.set_value(paddle.to_tensor({value}))"
        )  # fmt: skip
    return found


def _jax(failure: Failure, subject: Any, names: list[str]) -> list[str]:
    every, kind = ", ".join(names), subject.facts["spelling"]
    arguments = given(failure, subject)
    more = _places(failure, subject) if kind == "custom_vjp" else _words(arguments)
    number = failure.name[1:] if failure.name[1:].isdigit() else "0"
    return [
        "import runpy", "import jax", "import jax.numpy as jnp",
        "jax.config.update('jax_enable_x64', True)",
        f"op = {_found(subject)}",
        f"y, pull_back = jax.vjp(lambda {every}: op({every}{more}), {every})",
        f"gradient = pull_back(jnp.asarray(dy))[{number}]",
    ]  # fmt: skip
