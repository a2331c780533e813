"""Counting a PyTorch network from the operations that it dispatches. Runs in PyTorch's process.

A dispatch mode sees every kernel of forward and backward with its shapes; global module hooks,
removed again, tell which module runs. The autograd node of a backward kernel tells the module
whose forward made it. Nothing of the network is changed: gradients are asked for, not stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.modules import module as hooks
from torch.nn.parameter import UninitializedParameter
from torch.utils._python_dispatch import TorchDispatchMode

from backprove.oracle.formulas_torch import amount, is_free
from backprove.oracle.gradients_torch import Roles, key_of
from backprove.oracle.memory_torch import Live
from backprove.oracle.networks import Ledger, load, tensors
from backprove.oracle.refused import Refused, words
from backprove.oracle.tools.watch_torch import printed


class Counter(TorchDispatchMode):  # type: ignore[misc]
    """Records every kernel under the path of its module."""

    def __init__(self, owned: set[int], given: set[int]) -> None:
        super().__init__()
        self.owned = owned
        self.roles = Roles(owned, given)
        self.leaves: dict[int, Any] = {}
        self.stack = [""]
        self.phase = "forward"
        self.paths: dict[int, str] = {}
        self.used: set[int] = set()
        self.saved: dict[int, tuple[str, int]] = {}
        self.ledger = Ledger()
        self.live = Live()
        self.asked = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        operands = tensors([args, kwargs or {}], torch.Tensor)
        plain = all(t.layout == torch.strided for t in [*operands, *tensors(out, torch.Tensor)])
        keys = {key_of(t) for t in operands} if plain else set()
        if plain:
            self.live.made(tensors(out, torch.Tensor))
        node = torch._C._current_autograd_node()
        if self.phase == "forward":
            path = self.stack[-1]
            made = torch.autograd._get_sequence_nr()
            self.paths.setdefault(made, path)
            if plain:
                self.roles.forward(made, operands, tensors(out, torch.Tensor))
            self.used |= keys
            self.leaves |= {id(t): t for t in operands if t.requires_grad and t.is_leaf}
            self.asked |= name == "_local_scalar_dense"
            passed = "forward"
        else:
            path = self.paths.get(node._sequence_nr() + 1, "") if node is not None else ""
            passed = self.roles.backward(name, out, node, keys)
        if not is_free(name) or name == "embedding":
            known = plain and not any(t.is_complex() for t in operands)
            found = amount(name, args, out, self.phase) if known else None
            by_pass = found if isinstance(found, dict) else {passed: found}
            self.ledger.record(path, name, by_pass, moved(operands, out, name) if plain else 0)
        return out

    def left(self, function: Any) -> Any:
        """A function that hands an array to NumPy: what is computed there is not seen."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if self.phase == "forward":
                self.asked = True
                self.ledger.record(self.stack[-1], "Tensor.numpy", {"forward": None}, 0)
            return function(*args, **kwargs)

        return wrapped

    def keep(self, tensor: Any) -> Any:
        """A tensor that autograd saves for backward: its bytes count once, parameters do not."""
        if self.phase != "forward":
            return tensor
        if tensor.layout != torch.strided:
            size = sum(part.numel() * part.element_size() for part in parts_of(tensor))
            self.saved.setdefault(id(tensor), (self.stack[-1], size))
        elif key_of(tensor) not in self.owned:
            size = tensor.untyped_storage().nbytes()
            self.saved.setdefault(key_of(tensor), (self.stack[-1], size))
        return tensor


def parts_of(tensor: Any) -> list[Any]:
    """The arrays of a sparse tensor: its values and their places."""
    if tensor.layout == torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    rows = tensor.layout in (torch.sparse_csr, torch.sparse_bsr)
    places = ("crow_indices", "col_indices") if rows else ("ccol_indices", "row_indices")
    return [getattr(tensor, name)() for name in ("values", *places)]


def moved(operands: list[Any], out: Any, name: str) -> int:
    """The bytes of operands and results; of a lookup, the rows that are read."""
    results = tensors(out, torch.Tensor)
    both = [*operands[1:], *results, *results] if name == "embedding" else [*operands, *results]
    return sum(t.numel() * t.element_size() for t in both)


def count(
    place: str,
    inputs: list[dict[str, Any]],
    keywords: dict[str, dict[str, Any]],
    arguments: dict[str, str] | None = None,
    *,
    abstract: bool = False,
    tool: str = "",
) -> dict[str, Any]:
    """Load "FILE.py::Net" and count it on inputs of these shapes and dtypes.

    An abstract one is made on the meta device, where tensors have a shape and no memory. With a
    tool (thop, ptflops, calflops), what it prints is told as well.
    """
    with torch.device("meta") if abstract else nullcontext():
        net = load(place, torch.nn.Module, arguments)
    meta = any(p.is_meta for p in net.parameters()) or abstract
    with torch.device("meta") if meta else nullcontext():
        given = {k: draw(**v) for k, v in keywords.items()}
        values = [draw(**i) for i in inputs]
    found = count_network(net, values, given, tool)
    return {k: v for k, v in found.items() if not (abstract and k == "peak")}


def draw(shape: list[int], dtype: str) -> Any:
    """An input: zeros if whole numbers, else normal numbers of a generator of its own."""
    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype):
        raise Refused("dtype", dtype)
    if not kind.is_floating_point:
        return torch.zeros(shape, dtype=kind)
    if torch.get_default_device().type == "meta":
        return torch.empty(shape, dtype=kind)
    with torch.inference_mode(False):
        return torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(kind)


def count_network(
    net: Any, inputs: list[Any], keywords: dict[str, Any] | None = None, tool: str = ""
) -> dict[str, Any]:
    """Count forward and backward; buffers and random state are as before when it returns."""
    given = keywords or {}
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.random.fork_rng(devices=[]),
        _buffers_kept(net),
        _no_fast_path(),
    ):
        if any(isinstance(p, UninitializedParameter) for p in net.parameters()):
            _run(net, inputs, given)
        found = _counted(net, inputs, given)
        return found | ({"printed": printed(net, tool, inputs, given)} if tool else {})


@contextmanager
def _buffers_kept(net: Any) -> Iterator[None]:
    before = [(b, b.clone()) for b in net.buffers() if not hasattr(b, "materialize")]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, value in before:
                buffer.copy_(value)


@contextmanager
def _no_fast_path() -> Iterator[None]:
    """Transformer layers run their kernels one by one: a fused one tells nothing."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _run(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> Any:
    try:
        return net(*inputs, **keywords)
    except Refused:
        raise
    except (Exception, SystemExit) as error:
        raise Refused("run", words(error)) from error


def _counted(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    parameters = dict(net.named_parameters(remove_duplicate=False))
    taken = tensors([inputs, keywords], torch.Tensor)
    counter = Counter({key_of(p) for p in parameters.values()}, {key_of(t) for t in taken})
    outputs: dict[str, list[int]] = {}
    given = [*taken, *net.buffers()]
    counter.live.before([*given, *parameters.values()])
    with _watched(net, counter, outputs), counter, saved_tensors_hooks(counter.keep, lambda t: t):
        out = _run(net, inputs, keywords)
        counter.phase = "backward"
        own, here = {id(p) for p in parameters.values()}, {id(t) for t in given}
        foreign = [t for key, t in counter.leaves.items() if key not in own | here]
        trained = [*(p for p in net.parameters() if p.requires_grad), *foreign]
        ends = [y for y in tensors(out, torch.Tensor) if y.requires_grad]
        if trained and ends:
            starts = [torch.ones_like(y) for y in ends]
            try:
                torch.autograd.grad(ends, trained, starts, allow_unused=True)
            except RuntimeError as error:
                raise Refused("backward", words(error)) from error
    return {
        "operations": counter.ledger.operations(),
        "classes": {n: type(m).__name__ for n, m in net.named_modules()},
        "outputs": outputs,
        "parameters": _parameters(parameters, counter.used),
        "buffers": sum(b.numel() for b in net.buffers()),
        "saved": [list(v) for k, v in counter.saved.items() if k not in map(key_of, foreign)],
        "foreign": [len(foreign), sum(t.numel() for t in foreign)],
        "backward": bool(trained and ends),
        "asked": counter.asked,
        "peak": counter.live.peak,
        "given": sum(t.numel() * t.element_size() for t in given),
        "version": str(torch.__version__),
    }


@contextmanager
def _watched(net: Any, counter: Counter, outputs: dict[str, list[int]]) -> Iterator[None]:
    names = {id(m): n for n, m in net.named_modules()}

    def enter(module: Any, _: Any) -> None:
        counter.stack.append(names.get(id(module), counter.stack[-1]))

    def leave(module: Any, _: Any, out: Any) -> None:
        path = counter.stack.pop()
        found = tensors(out, torch.Tensor)
        if found and names.get(id(module)) == path:
            outputs[path] = list(found[0].shape)

    handles = [
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave),
    ]
    numpy = torch.Tensor.numpy, torch.Tensor.__array__
    torch.Tensor.numpy, torch.Tensor.__array__ = map(counter.left, numpy)
    try:
        yield
    finally:
        torch.Tensor.numpy, torch.Tensor.__array__ = numpy
        for handle in handles:
            handle.remove()


def _parameters(parameters: dict[str, Any], used: set[int]) -> list[dict[str, Any]]:
    """Every registered name; a name whose storage an earlier one has, is tied to that."""
    owners: dict[int, str] = {}
    return [
        {
            "name": name,
            "shape": [int(n) for n in p.shape],
            "size": p.numel(),
            "bytes": p.numel() * p.element_size(),
            "trainable": p.requires_grad,
            "used": key_of(p) in used,
            "owner": owners.setdefault(key_of(p), name),
        }
        for name, p in parameters.items()
    ]
