"""Single changes of a configuration, as data: what a re-run tries.

An edit touches one thing: the learning rate, the activation, the initialisation ... Each function
makes one for a given configuration. `combined` puts edits together, for causes that act in series.
"""

from backprove.doctor.edits.data import mistakes, no_mistake, scale_inputs, scale_targets, targets
from backprove.doctor.edits.edit import MASKING, PHRASES, Edit, combined
from backprove.doctor.edits.network import (
    activation,
    batch_norm,
    depth,
    dropout,
    hidden_layers,
    initializer,
    no_dropout,
    relu_he,
    width,
)
from backprove.doctor.edits.output import HEADS, head, loss, output, reduction
from backprove.doctor.edits.training import (
    batch_size,
    clip_norm,
    learning_rate,
    longer,
    optimizer,
    placebo,
    shuffle,
    usual_constants,
    warm_up,
    weight_decay,
)

__all__ = [
    "HEADS",
    "MASKING",
    "PHRASES",
    "Edit",
    "activation",
    "batch_norm",
    "batch_size",
    "clip_norm",
    "combined",
    "depth",
    "dropout",
    "head",
    "hidden_layers",
    "initializer",
    "learning_rate",
    "longer",
    "loss",
    "mistakes",
    "no_dropout",
    "no_mistake",
    "optimizer",
    "output",
    "placebo",
    "reduction",
    "relu_he",
    "scale_inputs",
    "scale_targets",
    "shuffle",
    "targets",
    "usual_constants",
    "warm_up",
    "weight_decay",
    "width",
]
