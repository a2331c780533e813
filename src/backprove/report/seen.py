"""What was seen while the training ran as given, as text: loss, curvature, data, layers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from backprove.findings import label
from backprove.messages import render
from backprove.seen import LayerSeen, Seen
from backprove.tables import paragraph, text_table

MOST_LAYERS = 14
"""Of deeper networks the first and the last layers are shown."""


def seen_text(seen: Seen) -> str:
    """Sentences, then a table of the layers: values at the start and at the last look."""
    title = render("Seen while it trained as given, {steps} steps from one seed:", steps=seen.steps)
    blocks = [title, paragraph(" ".join(_sentences(seen)))]
    if seen.layers:
        blocks.append(layer_table(seen.layers))
    return "\n".join(blocks)


def _sentences(seen: Seen) -> Iterator[str]:
    yield render(
        "Loss {first:.4g} at the start, {last:.4g} at the end.",
        first=seen.first_loss,
        last=seen.last_loss,
    )
    if seen.floors:
        best = min(seen.floors, key=lambda name: seen.floors[name])
        yield render(
            "The cheapest constant answer, {name}, costs {value:.4g}.",
            name=label(best),
            value=seen.floors[best],
        )
    yield from _stability(seen)
    if math.isfinite(seen.noise_scale):
        yield render(
            "Gradient noise scale at the start: {noise:.3g} rows, batches have {batch}.",
            noise=seen.noise_scale,
            batch=seen.batch_size,
        )
    if seen.kill_found > 0:
        yield render(
            "Of the first layer's living units one step silenced {found:.0%} on its batch; "
            "{predicted:.0%} were computed before it.",
            found=seen.kill_found,
            predicted=seen.kill_predicted,
        )
    yield from _data(seen)


def _stability(seen: Seen) -> Iterator[str]:
    if math.isfinite(seen.sharpness):
        yield render("Largest curvature at the start: {value:.3g}.", value=seen.sharpness)
    if math.isfinite(seen.stable):
        yield render(
            "Stable up to the learning rate {stable:.3g} there; it is {rate:.3g}.",
            stable=seen.stable,
            rate=seen.learning_rate,
        )
    if math.isfinite(seen.preconditioned_stable):
        yield render(
            "As Adam sees it the curvature is {value:.3g} at the end: stable up to the learning "
            "rate {stable:.3g}; it is {rate:.3g}.",
            value=seen.preconditioned,
            stable=seen.preconditioned_stable,
            rate=seen.learning_rate,
        )
    if math.isfinite(seen.overshoot):
        yield render(
            "The largest step was {share:.3g} times the largest stable one, at step {step}.",
            share=seen.overshoot,
            step=seen.overshoot_step,
        )


def _data(seen: Seen) -> Iterator[str]:
    facts = seen.data
    if not facts:
        return
    yield render(
        "Rows: {rows}; input columns: {columns}, {constant} constant, {duplicate} repeated, "
        "deviations {narrowest:.3g} to {widest:.3g}; targets from {low:.3g} to {high:.3g}.",
        rows=facts["rows"],
        columns=facts["columns"],
        constant=facts["constant"],
        duplicate=facts["duplicate"],
        narrowest=facts["narrowest"],
        widest=facts["widest"],
        low=facts["y_low"],
        high=facts["y_high"],
    )
    yield render(
        "A simple reader predicts left-out targets with correlation {signal:.2f}, permuted ones "
        "with at most {limit:.2f}.",
        signal=facts["signal"],
        limit=facts["signal_limit"],
    )


def layer_table(layers: list[LayerSeen]) -> str:
    """One line a layer: "start > end" where both tell something."""
    half = MOST_LAYERS // 2
    rows = [_row(layer) for layer in layers]
    if len(rows) > MOST_LAYERS:
        rows = [*rows[:half], ["..."] * len(rows[0]), *rows[-half:]]
    headings = [
        render("layer"),
        render("units"),
        render("deviation"),
        render("before activation"),
        render("silent units"),
        render("since step"),
        render("saturated"),
        render("gradient"),
        render("update / weight"),
    ]
    return text_table(headings, rows)


def _row(layer: LayerSeen) -> list[str]:
    start, end = layer.start, layer.end
    name = f"{layer.name} {layer.activation}".strip()
    return [
        name,
        str(layer.width),
        _both(start.std, end.std, ".3g"),
        f"[{_number(end.low, '.3g')}, {_number(end.high, '.3g')}]",
        _both(start.silent, end.silent, ".0%"),
        "-" if layer.silent_since is None else str(layer.silent_since),
        _both(start.saturated, end.saturated, ".0%"),
        _number(end.gradient, ".3g"),
        _number(end.update_ratio, ".2g"),
    ]


def _both(start: float, end: float, form: str) -> str:
    return f"{_number(start, form)} > {_number(end, form)}"


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)
