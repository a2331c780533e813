"""From calls and bytes to a time: one model for each engine.

numpy   every array function takes its own time, one after the other, and so does the binding of
        names; the update goes through all parameters in blocks, so its bytes come from memory
jax     matrix products take their own time; everything else of a pass is fused into one loop over
        the data, which takes the longer of moving the bytes and of computing
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backprove.cost.counted import KIND_OF
from backprove.cost.machine.calls import CHAIN, COPY, FRESH, LINKS, MATMUL, Call
from backprove.cost.machine.numpy import executes
from backprove.cost.machine.rates import Rates
from backprove.cost.times import Time

Listed = Sequence[tuple[Call, float]]
Model = Callable[[Rates, Listed, int, int], Time]


def numpy_time(rates: Rates, listed: Listed, moved: int, working_set: int) -> Time:
    """Of a pass that makes these calls and moves so many bytes, out of a set of that size."""
    each, binding = dispatch(rates)
    python = each - rates.overhead
    predicted = binding + sum((rates.seconds(call) + python) * times for call, times in listed)
    overhead = binding + each * sum(times for _, times in listed)
    return _time(rates, listed, moved, working_set, predicted, overhead)


def dispatch(rates: Rates) -> tuple[float, float]:
    """Seconds of Python for each array function in an operator, and for the operator itself.

    From two operators on hardly any data, one with few functions and one with many.
    """
    few, many = (rates.seconds(Call("operator", kind, "float32", (1,))) for kind in ("few", "many"))
    each = max((many - few) / (executes("many") - executes("few")), rates.overhead)
    return each, max(few - each * executes("few"), 0.0)


def jax_time(rates: Rates, listed: Listed, moved: int, working_set: int) -> Time:
    """The same where a compiler fuses all but the matrix products."""
    products = [(call, times) for call, times in listed if call.name == MATMUL]
    others = [(c, times) for c, times in listed if c.name not in (MATMUL, COPY, FRESH)]
    overhead = rates.overhead * (len(products) + bool(others))
    predicted = overhead + sum(rates.seconds(call) * times for call, times in products)
    if others:
        operands = 4 * sum(_operands(call) * times for call, times in products)
        results = 8 * sum(call.elements * times for call, times in products)
        left = max(moved - operands, 0) + results
        predicted += max(left / rates.bandwidth(working_set), _fused(rates, others))
    return _time(rates, listed, moved, working_set, predicted, overhead)


def _fused(rates: Rates, listed: Listed) -> float:
    """Seconds of computing alone: transcendental functions, and all else at the rate of a chain."""
    size = max(call.elements for call, _ in listed)
    each = rates.seconds(Call(CHAIN, "2", "float32", (size,))) / (2 * LINKS * size)
    return sum(
        times * (rates.seconds(call) if _slow(call) else call.elements * each)
        for call, times in listed
    )


MODELS: dict[str, Model] = {"numpy": numpy_time, "jax": jax_time}


def _time(
    rates: Rates, listed: Listed, moved: int, working_set: int, predicted: float, overhead: float
) -> Time:
    slow = sum(call.elements * times for call, times in listed if _slow(call))
    compute = sum(call.flop * times for call, times in listed) / rates.peak
    return Time(
        predicted=predicted,
        compute=compute + slow / rates.each("exp"),
        memory=moved / rates.bandwidth(working_set) if moved else 0.0,
        overhead=overhead,
    )


def _slow(call: Call) -> bool:
    return KIND_OF.get(call.name) == "trans"


def _operands(call: Call) -> int:
    m, k, n = call.size
    return m * k + k * n + m * n
