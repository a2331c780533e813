"""What an edit is."""

from __future__ import annotations

from functools import reduce
from typing import Any

import msgspec

from backprove.messages import render
from backprove.train.config import Named

PHRASES = {
    "placebo": "nothing but other seeds",
    "learning_rate": "learning rate {rate:g}",
    "warm_up": "learning rate warmed up over {steps} steps",
    "optimizer": "{name} with learning rate {rate:g}",
    "clipping": "gradients clipped to the norm {limit:g}",
    "weight_decay": "penalty {value:g}",
    "longer": "{factor} times as many steps",
    "batch_size": "batches of {size}",
    "shuffle": "rows shuffled in every epoch",
    "activation": "{name} in the hidden layers",
    "initializer": "{name} first weights",
    "normalization": "batch normalisation before the hidden activations",
    "hidden_layers": "hidden layers {sizes}",
    "dropout": "dropout {share:g}",
    "no_dropout": "no dropout",
    "relu_he": "ReLU in the hidden layers and He first weights",
    "constants": "{name} with its usual constants",
    "output": "{name} behind the last layer",
    "linear_output": "no activation behind the last layer",
    "head": "{units} outputs with the loss {loss}",
    "loss": "the loss {loss}",
    "reduction": "the mean over the batch as loss",
    "scale_inputs": "standardised inputs",
    "input_range": "inputs scaled ({name})",
    "scale_targets": "standardised targets",
    "target_range": "targets scaled ({name})",
    "targets": "targets as {name}",
    "no_mistake": "without the mistake {name}",
}
"""What people read, an English template for each kind of edit."""

MASKING = frozenset({"normalization", "optimizer", "clipping"})
"""Kinds that cure many causes, and so prove little by themselves."""


class Edit(msgspec.Struct, frozen=True):
    """A change: `changes` maps dotted keys to values, None takes a key away.

    id names it in results, kind says what it touches, params fill the kind's phrase. A combined
    edit has the kind "combined" and its parts.
    """

    id: str
    kind: str
    changes: dict[str, Any]
    params: dict[str, Any] = {}
    parts: tuple[Edit, ...] = ()

    @property
    def masking(self) -> bool:
        """Whether this or a part of it cures many causes."""
        return self.kind in MASKING or any(part.masking for part in self.parts)

    def __str__(self) -> str:
        if self.parts:
            return " + ".join(map(str, self.parts))
        return render(PHRASES[self.kind], **self.params)


def combined(*parts: Edit) -> Edit:
    """Several edits at once; where they touch the same key, the later one counts."""
    flat = tuple(p for part in parts for p in (part.parts or (part,)))
    changes: dict[str, Any] = reduce(lambda a, b: a | b.changes, flat, {})
    return Edit("+".join(p.id for p in flat), "combined", changes, parts=flat)


def name_of(named: Named | None) -> str:
    """The name of something that may have options; "linear" for nothing."""
    if named is None:
        return "linear"
    return named if isinstance(named, str) else str(named["name"])
