"""What the runners ask of each array library. One module a library, of which a process loads one.

place(x, layout)          a NumPy array as an array of the library, in a memory layout
plain(x)                  back to NumPy; bfloat16 of Paddle and PyTorch as float32
shares(a, b)              whether two arrays share memory
value_and_pull(call, arrays, wanted)
                          `call(arrays)` and a function that gives the gradients of the wanted ones
                          (NumPy lacks it)
start()                   once, before the first array (JAX alone has it)
dtype(name)               of Paddle and PyTorch, what a layer is converted to
seed()                    every generator to its first state
"""

from __future__ import annotations

import importlib
from types import ModuleType


def adapter(library: str) -> ModuleType:
    """The module of a library, ready to use; importing it imports the library."""
    found = importlib.import_module(f"{__name__}.{library}")
    getattr(found, "start", lambda: None)()
    return found
