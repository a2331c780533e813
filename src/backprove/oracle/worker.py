"""A reference process: `python -m backprove.oracle.worker torch|jax|paddle`.

It reads requests from its standard input and answers on its standard output. What a framework
prints goes to the standard error.

A request names an expression over arrays and constants, for instance
`F.leaky_relu(x, negative_slope)`. The answer is its value, and for an upstream gradient `dy` the
gradient of every floating array. `module:function` asks a function of another module here.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, BinaryIO

import numpy as np

from backprove.errors import UsageError
from backprove.oracle import wire


def serve(library: str, source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the source ends."""
    backend = importlib.import_module(f"backprove.oracle.backend_{library}")
    while (request := wire.receive(source)) is not None:
        found = answer(backend, request)
        try:
            wire.send(sink, found)
        except TypeError as error:
            wire.send(sink, {"error": f"the answer cannot be sent: {error}"})


def answer(backend: Any, request: dict[str, Any]) -> dict[str, Any]:
    """One answer; an exception of the framework becomes its text."""
    try:
        module, _, function = request.pop("do").rpartition(":")
        home = importlib.import_module(f"backprove.oracle.{module}") if module else backend
        return dict(getattr(home, function)(**request))
    except Exception as error:
        if isinstance(error, UsageError) and module == "names":
            return {"refused": {"template": error.template, "parameters": error.parameters}}
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Keep the real standard output for answers and point the other one to standard error."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    np.seterr(all="ignore")
    serve(sys.argv[1], sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
