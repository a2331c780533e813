"""Engines run the pure step of `train.step` over many batches.

`numpy` runs it eagerly, to read, to debug and to probe; `jax` compiles one loop over many steps
and runs it on a CPU or GPU; `torch` uses PyTorch's matrix products and fused optimizers, and
`torch-compiled` compiles a step by PyTorch. The same seed gives the same losses in all, to
rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from backprove.errors import UsageError, unknown
from backprove.train.step import Program, Tree

ENGINES = ("jax", "numpy", "torch", "torch-compiled")
ON_TORCH = ("torch", "torch-compiled")
DEVICES = ("cpu", "gpu")
PRECISIONS = ("float32", "bf16")


class Run(NamedTuple):
    """What a stretch of steps left: the state, and the log of each step that was done."""

    state: Tree
    logs: dict[str, Any]
    steps: int


class Engine(Protocol):
    """Runs a program. `capacity` is the most steps that one call of `run` does."""

    capacity: int

    def put(self, tree: Any) -> Any:
        """Arrays as this engine's own, on its device."""
        ...

    def run(
        self, state: Tree, data: tuple[Any, Any], order: Any, first: int, count: int, size: int
    ) -> Run:
        """`count` steps of `size` samples from the position `first` of `order`.

        It stops early after a step whose loss is not finite; that step changes nothing.
        """
        ...

    def outputs(self, state: Tree, x: Any) -> Any:
        """The network's answers in evaluation mode, as a NumPy array."""
        ...

    def evaluate(self, state: Tree, x: Any, target: Any) -> Tree:
        """The log of a batch in evaluation mode."""
        ...


def engine(name: str, program: Program, device: str = "cpu", precision: str = "float32") -> Engine:
    """The engine of a name. Raises UsageError for an unknown engine, device or precision."""
    known_engine(name, device, precision)
    if name in ON_TORCH:
        return _torch_engine(program, precision, name == "torch-compiled")
    if name == "numpy":
        from backprove.train.engine.numpy import NumPyEngine

        return NumPyEngine(program)
    from backprove.train.engine.jax import JaxEngine

    return JaxEngine(program, device)


def known_engine(name: str, device: str = "cpu", precision: str = "float32") -> None:
    """Raise UsageError for an unknown engine, device or precision, and for what does not fit."""
    if name not in ENGINES:
        raise unknown("engine", name, ENGINES)
    if device not in DEVICES:
        raise unknown("device", device, DEVICES)
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    if name not in ON_TORCH and precision != "float32":
        raise UsageError(
            "the {name} engine computes in float32 only: choose engine='torch' for {precision}",
            name=name,
            precision=precision,
        )
    if name != "jax" and device != "cpu":
        raise UsageError("the {name} engine runs on the cpu only: choose engine='jax'", name=name)


def _torch_engine(program: Program, precision: str, compiled: bool) -> Engine:
    try:
        if compiled:
            from backprove.train.engine.torch_compiled import CompiledTorchEngine

            return CompiledTorchEngine(program, precision)
        from backprove.train.engine.torch import TorchEngine
    except ModuleNotFoundError as error:
        raise UsageError(
            "the torch engine needs PyTorch: pip install 'backprove[torch]', or choose engine='jax'"
        ) from error
    return TorchEngine(program, precision)
