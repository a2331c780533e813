"""Run one counter on one network in this process: `python one.py COUNTER FILE NAME SHAPES`.

SHAPES is JSON, a list of {"shape": ..., "dtype": ...}. Prints one line of JSON: "mac" and "flop",
as far as the counter has them; "parameters" if it counts these; "named", whether it says what it
left out; "versions". In place of them {"absent": PACKAGE} where the counter is not installed,
{"unfit": WORDS} where it cannot be given such inputs, and {"error": WORDS} where it raised. Nothing
of the project is imported.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import io
import json
import logging
import re
import sys
from collections.abc import Callable
from inspect import signature
from typing import Any


class Unfit(Exception):
    """A network whose inputs the counter cannot be given."""


def paddle_flops(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """Multiply-adds, called FLOPs. It makes its own input, of one shape and of float32."""
    import paddle

    if len(inputs) > 1:
        raise Unfit("it takes the shape of one input")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        mac = paddle.flops(net, list(inputs[0].shape))
    total = re.search(r"Total Params: *(\d+)", printed.getvalue())
    return {"mac": mac, **({"parameters": int(total[1])} if total else {})}


def paddle_repaired(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """The same with `int(tensor)` repaired, which raises beside NumPy 2.4 and newer."""
    import paddle

    paddle.Tensor.__int__ = lambda tensor: int(tensor.numpy().item())
    return paddle_flops(net, inputs)


def flop_counter_mode(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """Two for a multiply-add of PyTorch's matrix products; no parameters."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        net(*inputs)
    return {"flop": counter.get_total_flops()}


def fvcore(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """Multiply-adds, called flop; names the operations that it has no formula for."""
    from fvcore.nn import FlopCountAnalysis, parameter_count

    found = FlopCountAnalysis(net, tuple(inputs))
    return {
        "mac": found.total(),
        "parameters": parameter_count(net)[""],
        "named": bool(found.unsupported_ops()),
    }


def thop(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """Multiply-adds and parameters of the layers whose exact class it knows."""
    from thop import profile

    mac, parameters = profile(net, inputs=tuple(inputs), verbose=False)
    return {"mac": int(mac), "parameters": int(parameters)}


def ptflops(net: Any, inputs: list[Any], backend: str = "pytorch") -> dict[str, Any]:
    """Given the inputs by name, since in every other way it leaves out the batch.

    A network that is a single layer it counts only if the input comes without a name.
    """
    made = dict(zip(signature(net.forward).parameters, inputs, strict=False))
    found = _complexity(net, inputs, made, backend)
    if found[0] is None and len(inputs) == 1:
        found = _complexity(net, inputs, inputs[0], backend)
    if found[0] is None:
        raise RuntimeError("ptflops gave no number")
    return {"mac": int(found[0]), "parameters": int(found[1])}


def _complexity(net: Any, inputs: list[Any], made: Any, backend: str) -> Any:
    from ptflops import get_model_complexity_info

    return get_model_complexity_info(
        net,
        tuple(inputs[0].shape),
        print_per_layer_stat=False,
        as_strings=False,
        input_constructor=lambda _: made,
        backend=backend,
    )


def ptflops_shape(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """As its documentation shows it: given the shape of one sample, it makes the input itself."""
    from ptflops import get_model_complexity_info

    if len(inputs) > 1 or not inputs[0].is_floating_point():
        return ptflops(net, inputs)
    mac, parameters = get_model_complexity_info(
        net, tuple(inputs[0].shape[1:]), print_per_layer_stat=False, as_strings=False
    )
    if mac is None:
        raise RuntimeError("ptflops gave no number")
    return {"mac": int(mac), "parameters": int(parameters)}


def ptflops_aten(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """The same package's count of dispatched operations."""
    return ptflops(net, inputs, "aten")


def torchinfo(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """Mult-adds and parameters of the layers that a summary lists."""
    from torchinfo import summary

    found = summary(net, input_data=inputs, verbose=0)
    return {"mac": found.total_mult_adds, "parameters": found.total_params}


def calflops(net: Any, inputs: list[Any]) -> dict[str, Any]:
    """FLOPs, multiply-adds and parameters."""
    from calflops import calculate_flops

    flop, mac, parameters = calculate_flops(
        net, args=inputs, print_results=False, output_as_string=False
    )
    return {"mac": int(mac), "flop": int(flop), "parameters": int(parameters)}


COUNTERS: dict[str, tuple[str, Callable[..., dict[str, Any]]]] = {
    "paddle_flops": ("paddlepaddle", paddle_flops),
    "paddle_repaired": ("paddlepaddle", paddle_repaired),
    "flop_counter_mode": ("torch", flop_counter_mode),
    **{f.__name__: (f.__name__, f) for f in (fvcore, thop, ptflops, torchinfo, calflops)},
    "ptflops_aten": ("ptflops", ptflops_aten),
    "ptflops_shape": ("ptflops", ptflops_shape),
}


def main(name: str, file: str, network: str, shapes: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer of one counter; what it prints itself is dropped."""
    package, count = COUNTERS[name]
    library = "paddlepaddle" if package == "paddlepaddle" else "torch"
    try:
        versions = {p: importlib.metadata.version(p) for p in (package, library, "numpy")}
    except importlib.metadata.PackageNotFoundError as error:
        return {"absent": str(error.name)}
    logging.disable()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        net = getattr(_module(file), network)()
        inputs = [_draw(one["shape"], one["dtype"], library) for one in shapes]
        try:
            return {**count(net, inputs), "versions": versions}
        except Unfit as error:
            return {"unfit": str(error), "versions": versions}
        except Exception as error:
            words = (str(error).strip().splitlines() or [""])[-1]
            return {"error": f"{type(error).__name__}: {words[:200]}", "versions": versions}


def _module(file: str) -> Any:
    spec = importlib.util.spec_from_file_location("network", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _draw(shape: list[int], dtype: str, library: str) -> Any:
    if library == "torch":
        import torch

        return torch.ones(shape, dtype=getattr(torch, dtype))
    import paddle

    return paddle.ones(shape, dtype)


if __name__ == "__main__":
    answer = main(*sys.argv[1:4], json.loads(sys.argv[4]))
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
