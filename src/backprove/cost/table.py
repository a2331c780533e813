"""What a count is: rows, totals, and how they are handed on.

A number of operations is a dictionary with the fields of `counts.Count`: mac, flop, cheap, trans,
random. Everything is a Python whole number, so nothing overflows, and a result is plain data: its
JSON holds all of it, and every rendering is made from it in the language that is then chosen.
"""

from __future__ import annotations

from typing import Any

import msgspec

from backprove.cost.times import StepTime, Time

Operations = dict[str, int]
KINDS = ("mac", "flop", "cheap", "trans", "random")
"""What is counted, each apart: the fields of `counts.Count`."""


class Step(msgspec.Struct, kw_only=True):
    """What executions of one kind within a row came to, and how: "64 x 784 x 100; bias 64 x 100".

    The formula names what the counts arise from; it is no equation for one of them.
    """

    passed: str
    operation: str
    formula: str
    counts: Operations
    calls: int = 1


class Row(msgspec.Struct, kw_only=True):
    """One operator of a network (or its loss).

    parameters    elements of the parameters that the operator has; counted once in the totals
    used          of those, how many the forward pass reads
    trainable     of those, how many the optimizer changes
    tied_to       the earlier row that owns the parameters, if they are shared
    counts        operations by "forward", "dx", "dweight", "dbias" (or "d" and another name of a
                  parameter), "loss", "optimizer"; the first layer's dx is absent
    saved_bytes   kept for backward, without what an earlier row keeps already
    moved_bytes   read and written in the forward pass, each operand once (see `memory.moved`)
    backward_bytes, optimizer_bytes   the same of backward and of the update
    formula       how the numbers arise, worked out
    known         False for an operator without a formula: the total then reads "at least"
    measured      True if the operator has no formula and was counted during a run
    worked        the same as `formula`, by quantity: {"forward.mac": "64 * 784 * 1,500"}
    steps         of a network of a framework or an ONNX file: what was executed, kind by kind
    """

    name: str
    operator: str
    parameters: int = 0
    used: int = 0
    trainable: int = 0
    tied_to: str | None = None
    output_shape: tuple[int, ...] | None = None
    counts: dict[str, Operations] = {}
    saved_bytes: int = 0
    moved_bytes: int = 0
    formula: str = ""
    known: bool = True
    backward_bytes: int = 0
    optimizer_bytes: int = 0
    measured: bool = False
    worked: dict[str, str] = {}
    steps: list[Step] = []
    times: dict[str, Time] = {}

    def amount(self, pass_: str, kind: str = "flop") -> int:
        """The operations of one kind in one pass; 0 where there are none."""
        return self.counts.get(pass_, {}).get(kind, 0)

    @property
    def backward(self) -> Operations:
        """All gradients of the row together."""
        return summed([c for k, c in self.counts.items() if k.startswith("d")])

    @property
    def unknown(self) -> set[str]:
        """For what there is no formula: "forward", "backward", "loss"."""
        if self.known:
            return set()
        if self.name == "loss":
            return {"loss"}
        named = {"backward" if name.startswith("d") else "forward" for name in self.counts}
        return named or {"forward", "backward"}

    @property
    def intensity(self) -> float | None:
        """FLOP a byte of the forward pass; None where nothing is moved."""
        return self.traffic("forward")[1]

    def traffic(self, pass_: str) -> tuple[int, float | None]:
        """Bytes moved in "forward", "backward" or "optimizer", and the arithmetic intensity.

        The intensity is FLOP a byte, in the convention of the count; None where nothing is moved.
        """
        moved, flop = {
            "forward": (self.moved_bytes, self.amount("forward") + self.amount("loss")),
            "backward": (self.backward_bytes, self.backward.get("flop", 0)),
            "optimizer": (self.optimizer_bytes, self.amount("optimizer")),
        }[pass_]
        return moved, flop / moved if moved else None


PARTS = {
    "forward": {"forward"},
    "loss": {"loss"},
    "loss_backward": {"loss"},
    "optimizer": set(),
    "step": {"forward", "backward"},
    "step_with_loss": {"forward", "backward", "loss"},
}
"""What the totals are made of; all others are parts of backward."""


class CostResult(msgspec.Struct, kw_only=True):
    """Parameters, compute and memory of a network, an operator a row.

    totals   "parameters": total, used, trainable, tied, buffers; "operations": a pass each, with
             "backward", "step" and "step_with_loss"; "memory": bytes; "moved": bytes;
             "complete": False if an operator has no formula; "printed": the parameters as the
             tool of the convention prints them, where they were asked of it
    """

    subject: str
    batch_size: int
    input_shapes: list[tuple[int, ...]]
    convention: str
    rows: list[Row]
    totals: dict[str, Any]
    versions: dict[str, str]
    step: StepTime | None = None

    @property
    def complete(self) -> bool:
        """Whether every operator has a formula."""
        return all(row.known for row in self.rows)

    def operations(self, pass_: str, kind: str = "flop") -> int:
        """The total operations of one kind in one pass."""
        found: int = self.totals["operations"].get(pass_, {}).get(kind, 0)
        return found

    def complete_in(self, pass_: str) -> bool:
        """Whether every operator has a formula for a pass, or sum of passes, of the totals."""
        parts = PARTS.get(pass_, {"backward"})
        return not any(row.unknown & parts for row in self.rows)

    def json(self) -> str:
        """The whole result as JSON."""
        return msgspec.json.format(msgspec.json.encode(self)).decode()

    def __str__(self) -> str:
        from backprove.cost import rendering

        return rendering.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from backprove.cost import rendering

        return rendering.html(self)


def summed(found: list[Operations]) -> Operations:
    """The sum of numbers of operations, kind by kind."""
    kinds = dict.fromkeys(kind for one in found for kind in one)
    return {kind: sum(one.get(kind, 0) for one in found) for kind in kinds}
