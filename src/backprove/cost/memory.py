"""The memory of a training step, from shapes and the names of what backward keeps; float32.

The peak is that of the NumPy engine. Forward, it holds what is kept so far, the arrays at hand
and the intermediate ones of the operator that runs. Backward, it holds all that was kept, the
gradients so far and those that go from operator to operator. The update then holds old and new
parameters and optimizer state beside the gradients. The batch and its labels belong to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from backprove.cost.temporaries import temporaries
from backprove.cost.walk import VIEWS, Visit, Walk

ITEM = 4
"""The bytes of a float32."""


def kept(walk: Walk, last: Sequence[int] = ()) -> list[int]:
    """Bytes that each visit keeps and no earlier one does; those of the loss (`last`) at the end.

    Parameters are not among them: they are there anyway. Nor are labels, which belong to the data.
    """
    seen: set[int] = set()
    found = []
    for numbers in [*(visit.keeps for visit in walk.visits), last]:
        new = set(numbers) - seen
        seen |= new
        found.append(ITEM * sum(walk.sizes[n] for n in new))
    return found


def moved(visit: Visit) -> tuple[int, int]:
    """Bytes read and written by forward and by backward, each operand once: the least there can be.

    forward    inputs and parameters are read, the output is written
    backward   dy and what backward asks for by name are read; gradients of parameters, and dx
               where something before needs it, are written

    Linear, B x m -> n with bias: forward 4 (B m + m n + n + B n); backward 4 (B n + B m + m n) read
    and 4 (m n + n + B m) written; without dx, neither the weight is read nor B m written. Views
    move nothing. Where k branches join, forward reads k arrays and writes one, backward reads the
    k gradients of the shared input and writes their sum. Intermediate arrays are left out, so an
    engine that computes step by step moves more.
    """
    if isinstance(visit.op, VIEWS):
        return 0, 0
    inputs, output = sum(map(prod, visit.inputs)), prod(visit.output)
    if visit.joins:
        read = output if visit.concatenates else visit.joins * output
        gradients = (visit.joins + 1) * inputs if visit.needs_dx else 0
        return ITEM * (read + output), ITEM * gradients
    parameters = visit.parameters
    forward = inputs + sum(parameters.values()) + output
    names = visit.op.signature.residuals
    sizes = {**dict(zip(visit.op.signature.inputs, map(prod, visit.inputs), strict=False))}
    sizes |= {"y": output, **parameters}
    skipped = set() if visit.needs_dx or not visit.op.signature.skips else set(parameters)
    read = sum(size for name, size in sizes.items() if name in names and name not in skipped)
    written = sum(parameters.values()) + (inputs if visit.needs_dx else 0)
    return ITEM * forward, ITEM * (output + read + written)


def moved_by_loss(inputs: tuple[tuple[int, ...], ...]) -> tuple[int, int]:
    """Bytes read and written by a loss that gives one number: logits, labels; their gradient."""
    read = ITEM * sum(map(prod, inputs))
    return read + ITEM, read + ITEM + ITEM * prod(inputs[0])


def moved_by_update(slots: int) -> int:
    """Bytes an optimizer moves for a parameter: 4 (3 + 2 slots); SGD 12, momentum 20, Adam 28.

    The parameter, its gradient and its state are read; the parameter and its state are written.
    """
    return ITEM * (3 + 2 * slots)


def peak(walk: Walk, saved: list[int], parameters: int, slots: int, loss: bool) -> int:
    """The most bytes that a training step holds at once; a forward and backward without slots."""
    base = ITEM * parameters * (1 + slots)
    batch = ITEM * sum(prod(shape) for shape in walk.visits[0].inputs)
    update = base + ITEM * parameters + base + batch
    return max(update, base + max(_forward(walk, saved), _backward(walk, saved, loss)))


def compiled_peak(walk: Walk, saved: list[int], parameters: int, slots: int) -> int:
    """The most bytes that a compiled step holds: its state is updated in place.

    Parameters, optimizer state, gradients and the batch; what is kept for backward; and the largest
    pair of dy and dx. An elementwise operator writes dx over dy, and no other intermediate array
    exists, since the compiler fuses them. That is an estimate: with normalisation, dropout or many
    layers of ReLU the compiler was seen to keep an array or two more or less.
    """
    batch = ITEM * sum(prod(shape) for shape in walk.visits[0].inputs)
    kept_batch = batch if any(0 in visit.keeps for visit in walk.visits) else 0
    state = ITEM * parameters * (2 + slots) + batch
    return state + sum(saved) - kept_batch + max(map(_flowing, walk.visits))


def _flowing(visit: Visit) -> int:
    alone = visit.op.elementwise or isinstance(visit.op, VIEWS) or not visit.needs_dx
    return ITEM * (prod(visit.output) + (0 if alone else sum(map(prod, visit.inputs))))


def _forward(walk: Walk, saved: list[int]) -> int:
    most, held = 0, 0
    seen: set[int] = set()
    for visit, size in zip(walk.visits, saved, strict=False):
        held += size
        seen |= set(visit.keeps)
        arrays = {*visit.reads, visit.writes, 0} - seen
        work = int(temporaries(visit)[0] * ITEM * prod(visit.output))
        most = max(most, held + ITEM * sum(walk.sizes[n] for n in arrays) + work)
    return most


def _backward(walk: Walk, saved: list[int], loss: bool) -> int:
    last = walk.visits[-1]
    everything = {n for visit in walk.visits for n in visit.keeps}
    extra = {0, last.writes} - everything if loss else {0} - everything
    held = sum(saved[: len(walk.visits)]) + ITEM * sum(walk.sizes[n] for n in extra)
    most, gradients = held, 0
    for visit in reversed(walk.visits):
        gradients += 0 if visit.tied_to else ITEM * sum(visit.parameters.values())
        dy = ITEM * prod(visit.output)
        computed = visit.needs_dx or not visit.op.signature.skips
        dx = ITEM * sum(map(prod, visit.inputs)) if computed else 0
        work = int(temporaries(visit)[1] * dy)
        most = max(most, held + gradients + dy + dx + work)
    return most
