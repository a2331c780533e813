"""Running a PyTorch network as a tool runs it, and adding up what the tool would add.

The network is in evaluation mode meanwhile; afterwards everything is as before, also after an
exception. What a tool says for a layer that is reached twice follows from how it walks the tree.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch
from torch.nn import functional
from torch.nn.modules import module as hooks

from backprove.oracle.refused import Refused, words
from backprove.oracle.tools import fvcore
from backprove.oracle.tools.rules import Rules

OWNERS = {"functional": functional, "torch": torch, "Tensor": torch.Tensor}
TOOLS = ("thop", "ptflops", "calflops")


def printed(net: Any, tool: str, inputs: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """{"operations": what the tool adds, by path and kind; "parameters": as it prints them}."""
    if tool == "fvcore":
        return fvcore.printed(net, inputs, keywords)
    rules: Rules = importlib.import_module(f"backprove.oracle.tools.{tool}").RULES
    given = _given(net, tool, rules, inputs, keywords)
    watch = Watch(net, rules)
    try:
        with _evaluated(net), torch.set_grad_enabled(rules.grad), watch.on():
            net(*given[0], **given[1])
    except (Exception, SystemExit) as error:
        raise Refused("tool", words(error)) from error
    return {"operations": watch.operations(), "parameters": _parameters(net, tool, watch)}


def _given(
    net: Any, tool: str, rules: Rules, inputs: list[Any], keywords: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The inputs as the tool gives them. ptflops: one sample, or all of them by name."""
    if tool == "thop" and keywords:
        raise Refused("tool", "it takes no inputs by name")
    if tool == "calflops" and not list(net.parameters()):
        raise Refused("tool", "StopIteration: it needs a network with parameters")
    if not rules.sample:
        return inputs, keywords
    if len(inputs) == 1 and not keywords and inputs[0].is_floating_point():
        if inputs[0].dim() < 2:
            raise Refused("tool", "it takes the shape of one sample, which needs an axis")
        return [inputs[0][:1]], {}
    names = list(signature(net.forward).parameters)
    return [], dict(zip(names, inputs, strict=False)) | keywords


@contextmanager
def _evaluated(net: Any) -> Iterator[None]:
    flags = [(module, module.training) for module in net.modules()]
    net.eval()
    try:
        yield
    finally:
        for module, flag in flags:
            module.training = flag


class Watch:
    """Adds a tool's amounts under the paths of the layers."""

    def __init__(self, net: Any, rules: Rules) -> None:
        self.net, self.rules = net, rules
        self.names = {id(m): n for n, m in net.named_modules()}
        self.found: dict[tuple[int, str], list[int | float]] = {}
        self.called: set[int] = set()
        self.stack: list[Any] = [net]
        self.watched = _visits(net)
        self.summed = _weights(net, rules)

    def add(
        self, module: Any, name: str, amount: int | float, mac: int = 0, times: int = 1
    ) -> None:
        entry = self.found.setdefault((id(module), name), [0, 0, 0])
        for i, number in enumerate((times, amount * times, mac * times)):
            entry[i] += number

    @contextmanager
    def on(self) -> Iterator[None]:
        """Watch while the block runs."""
        handles = [
            hooks.register_module_forward_pre_hook(self._enter),
            hooks.register_module_forward_hook(self._leave),
        ]
        before = [
            (OWNERS[owner], name, name in vars(OWNERS[owner]), getattr(OWNERS[owner], name))
            for owner, names in self.rules.functions.items()
            for name in names
        ]
        rules = [r for names in self.rules.functions.values() for r in names.values()]
        try:
            for (owner, name, _, original), rule in zip(before, rules, strict=True):
                setattr(owner, name, self._replaced(name, original, rule))
            yield
        finally:
            for owner, name, own, original in before:
                setattr(owner, name, original) if own else delattr(owner, name)
            for handle in handles:
                handle.remove()

    def _replaced(self, name: str, original: Any, rule: Callable[..., Any]) -> Any:
        def replaced(*args: Any, **kwargs: Any) -> Any:
            amount, mac = rule(*args, **kwargs)
            self.add(self.stack[-1], name, amount, mac)
            return original(*args, **kwargs)

        return replaced

    def _enter(self, module: Any, _: Any) -> None:
        known = id(module) in self.names and (
            self.rules.whole or type(module) not in self.rules.layers
        )
        self.stack.append(module if known else self.stack[-1])

    def _leave(self, module: Any, inputs: Any, output: Any) -> None:
        self.stack.pop()
        if id(module) in self.names and type(module) in self.rules.layers:
            self.called.add(id(module))
            times = self.watched[id(module)] if self.rules.repeated else 1
            amount = self.rules.layers[type(module)](module, inputs, output)
            self.add(module, type(module).__name__, amount, times=times)

    def operations(self) -> list[dict[str, Any]]:
        """What was added; a function counts once, or as often as its layer where it has no rule."""
        found = []
        for (key, name), (calls, amount, mac) in self.found.items():
            of_layer = name == type_name(self.net, key, self.names) or not self.rules.whole
            times = self.summed[key] if of_layer else 1
            entry = {"path": self.names[key], "name": name, "calls": int(calls)}
            found.append({**entry, "flop": int(amount * times), "mac": int(mac * times)})
        return found


def type_name(net: Any, key: int, names: dict[int, str]) -> str:
    return type(net.get_submodule(names[key])).__name__


def _visits(net: Any) -> Counter[int]:
    """How often a walk through all children of all parents comes to each module."""
    found: Counter[int] = Counter([id(net)])
    for child in net.children():
        found.update(_visits(child))
    return found


def _weights(net: Any, rules: Rules) -> Counter[int]:
    """How often the tool adds the amount of each module to the total."""
    found: Counter[int] = Counter([id(net)])
    if rules.whole and type(net) in rules.layers and not _open(net):
        return found
    for child in net.children():
        found.update(_weights(child, rules))
    return found


def _open(net: Any) -> bool:
    """Containers, whose children are added as well."""
    return isinstance(net, torch.nn.Sequential | torch.nn.ModuleList)


def _parameters(net: Any, tool: str, watch: Watch) -> int:
    if tool == "thop":
        return _of_layers(net, watch)
    return sum(p.numel() for p in net.parameters() if p.requires_grad)


def _of_layers(net: Any, watch: Watch) -> int:
    """Those of layers with a rule that ran, once for each parent, and none of the network's own."""
    total = 0
    for child in net.children():
        if type(child) in watch.rules.layers and not _open(child):
            ran = id(child) in watch.called
            total += sum(p.numel() for p in child.parameters()) if ran else 0
        else:
            total += _of_layers(child, watch)
    return total
