"""Which gradient a kernel of PyTorch's backward pass computes: of an activation, weight or bias.

Forward, each autograd node is remembered by its number with the storages that it read, and whether
each is a weight: a parameter, or computed from parameters and not from the input (a normalised or
cast weight). A kernel of backward that reads one factor of a product computes the gradient of the
other.
"""

from __future__ import annotations

from typing import Any

PRODUCTS = ("mm", "bmm", "mv", "addmm", "baddbmm", "mul")
VIEWS = (
    *("T", "Transpose", "Permute", "View", "UnsafeView", "Unsqueeze", "Squeeze", "Expand"),
    *("Reshape", "Alias", "Clone", "ToCopy", "AsStrided"),
)
ADDED = ("Add", "Sub", "Baddbmm")
"""Nodes whose operand that was spread over the rows is a bias."""


def key_of(tensor: Any) -> int:
    """The storage of a tensor: views of one storage, and tied parameters, have the same."""
    return int(tensor.untyped_storage()._cdata)


class Roles:
    """The storages that are weights or data, and those that each node read."""

    def __init__(self, owned: set[int], given: set[int]) -> None:
        self.owned = owned
        self.weights = set(owned)
        self.data = set(given)
        self.read: dict[int, dict[int, bool]] = {}

    def forward(self, number: int, operands: list[Any], results: list[Any]) -> None:
        """Remember the kernel of a node, which is the first of that number.

        What it made is data if it read any, else a weight if it read one, else a constant.
        """
        keys = {key_of(t) for t in operands}
        leaves = {key_of(t) for t in operands if t.requires_grad and t.is_leaf}
        self.weights |= leaves - self.data
        self.read.setdefault(number, {key: key in self.weights for key in keys})
        found = {key_of(t) for t in results} - self.owned
        data, weight = bool(keys & self.data), bool(keys & self.weights)
        self.data -= found
        self.weights -= found
        if data:
            self.data |= found
        elif weight:
            self.weights |= found

    def backward(self, name: str, out: Any, node: Any, keys: set[int]) -> str:
        """dx, dweight or dbias, for a kernel of that name under a node."""
        if name in PRODUCTS:
            found = self._of_factor(node, keys)
            if found:
                return found
        if name in ("mm", "mv", "_trilinear"):
            return "dx" if keys & self.owned else "dweight"
        kind = type(node).__name__
        if name == "sum" and _to_leaf(node):
            return "dbias" if kind.startswith(ADDED) else "dweight"
        if name == "add" and kind == "TBackward0":
            return "dweight"
        if name == "add" and kind.startswith("Addmm") and out.dim() == 1:
            return "dbias"
        return "dx"

    def _of_factor(self, node: Any, keys: set[int]) -> str:
        """The role of what a product did not read again; "" where that is not known."""
        roles = self.read.get(node._sequence_nr() + 1, {}) if node is not None else {}
        known = {key: roles[key] for key in keys & set(roles)}
        others = [weight for key, weight in roles.items() if key not in known]
        if not known or (len(set(known.values())) == 1 and not others):
            return "" if not known else "dweight" if all(known.values()) else "dx"
        if len(set(known.values())) > 1:
            return "dx"
        return "dweight" if all(others) else "dx"


def _to_leaf(node: Any) -> bool:
    """Whether a gradient of the node goes to a parameter, but for views and casts."""
    return any(_is_leaf(following) for following, _ in getattr(node, "next_functions", ()))


def _is_leaf(node: Any) -> bool:
    while type(node).__name__.removesuffix("Backward0") in VIEWS:
        node = node.next_functions[0][0]
    return type(node).__name__ == "AccumulateGrad"
