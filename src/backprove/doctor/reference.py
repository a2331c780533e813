"""A program for the same data that is known to train well, as changes of the given one.

It says what is attainable, and where no single change is enough it is the set from which parts are
taken away: standard scales, a head that fits the targets, ReLU with He's weights, Adam, no penalty,
enough steps, and none of the plain mistakes.
"""

from __future__ import annotations

from backprove.doctor import edits
from backprove.doctor.causes.common import fitting_head
from backprove.doctor.edits import Edit
from backprove.doctor.facts import Facts
from backprove.doctor.ideas import name_of
from backprove.doctor.spec import Spec, changed

WIDTH = 32
DEEPEST = 4
ENOUGH_STEPS = 500
MOST_LONGER = 20


def reference(spec: Spec, facts: Facts, steps: int) -> list[Edit]:
    """The parts, those first that are the most likely to be needed."""
    network, training = spec.network, spec.training
    parts = [*edits.mistakes(spec), fitting_head(spec, facts)]
    if facts.kind == "real" and spec.data.scale_targets is None and spec.data.targets is None:
        parts.append(edits.scale_targets(spec))
    parts.append(edits.optimizer(spec, "adam", min(0.01, max(0.001, 3.0 / steps))))
    if steps < ENOUGH_STEPS:
        parts.append(edits.longer(spec, min(MOST_LONGER, -(-ENOUGH_STEPS // steps))))
    if len(network.layers) > 2:
        parts.append(edits.relu_he(spec))
    if spec.data.scale_inputs is None and not spec.data.transforms:
        parts.append(edits.scale_inputs(spec))
    hidden = network.layers[1:-1]
    if len(hidden) > DEEPEST or min(hidden, default=WIDTH) < WIDTH:
        parts.append(edits.hidden_layers(spec, [WIDTH, WIDTH]))
    if network.dropout or network.input_dropout:
        parts.append(edits.no_dropout(spec))
    if training.weight_decay:
        parts.append(edits.weight_decay(spec, 0.0))
    return [part for part in parts if _changes(spec, part)]


def _changes(spec: Spec, part: Edit) -> bool:
    """Whether a part changes anything that matters: Adam with other constants does not."""
    if part.kind == "optimizer":
        same = name_of(spec.training.optimizer) == "adam"
        return not (same and spec.training.learning_rate == part.params["rate"])
    return changed(spec, part.changes) != spec
