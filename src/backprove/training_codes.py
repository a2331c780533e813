"""The codes of what the doctor finds in data, networks and trainings; see `codes`.

What only a re-run can prove is an error here; the doctor lowers it to a warning while nothing is
proved.
"""

from __future__ import annotations

FAMILIES = {
    "DAT1": "data",
    "INI2": "initialisation",
    "ACT3": "activations",
    "LOS4": "loss",
    "OPT5": "optimisation",
    "GEN6": "generalisation",
    "RUN7": "running",
}
"""What the codes of a family are about."""

TITLES = {
    "DAT101": "the inputs are not scaled: columns deviate by {narrowest:.3g} to {widest:.3g}, "
    "with means of about {center:.3g}",
    "DAT102": "the targets lie between {low:.3g} and {high:.3g}, out of reach for the outputs",
    "DAT103": "{count} of {columns} input columns never change",
    "DAT104": "{count} input columns are copies of others",
    "DAT105": "the labels do not have the form that the loss {loss} expects",
    "DAT106": "inputs and targets do not belong together row by row",
    "DAT107": "nothing in the inputs predicts the targets",
    "DAT108": "the largest class has {ratio:.3g} times as many rows as the smallest",
    "DAT109": "the rows are sorted by their target and are not shuffled",
    "DAT110": "{share:.0%} of the rows have the same inputs as a row with another target",
    "DAT111": "the {kind} hold NaN or infinity",
    "INI201": "all units of layer {layer} have equal weights and stay equal",
    "INI202": "the first weights are too small, {ratio:.2g} times what the layers need: the "
    "signal shrinks to {signal:.2g} of itself",
    "INI203": "the first weights are too large, {ratio:.3g} times what the layers need",
    "ACT301": "ReLU units died: {before:.0%} were silent for every row at the start, {after:.0%} "
    "by step {step}",
    "ACT302": "{share:.0%} of the activations of layer {layer} are saturated at the start",
    "ACT303": "the outputs can only lie between {low:.3g} and {high:.3g}, the targets lie between "
    "{y_low:.3g} and {y_high:.3g}",
    "ACT304": "the network can be born dead: layers of these widths are in {chance:.2%} of all "
    "draws",
    "ACT305": "the gradient changes by the factor {factor:.2g} with every layer that it goes back",
    "ACT306": "the signal grows by the factor {factor:.3g} with every layer",
    "ACT307": "there is no non-linearity between the layers",
    "ACT308": "{depth} layers are too deep for this network",
    "ACT309": "the hidden layers are too small: {sizes}",
    "ACT310": "the network gives the same answer for every row",
    "LOS401": "softmax is applied before a loss that applies it again: the loss cannot fall below "
    "{floor:.4g}",
    "LOS402": "outputs and targets are broadcast against each other in the loss",
    "LOS403": "the first loss is {found:.3g}, where outputs that know nothing give {expected:.3g}",
    "LOS404": "the loss is computed by a formula that is wrong or not safe",
    "LOS405": "the loss is summed over the batch: every step is {factor} times as large",
    "LOS406": "the loss {loss} does not fit the targets",
    "LOS407": "the network has {found} outputs, the targets need {expected}",
    "LOS408": "the loss stays at {loss:.4g}, which is what a constant answer gives",
    "OPT501": "the learning rate {rate:.3g} is beyond the largest stable step, {stable:.3g} at "
    "step {step}",
    "OPT502": "the learning rate {rate:.3g} is too small: the steps are {used:.2g} of the largest "
    "stable one",
    "OPT503": "the updates go up the slope of the loss, not down",
    "OPT504": "gradients are not reset between the steps",
    "OPT505": "{count} of {total} parameters are never updated",
    "OPT506": "the gradient is not the derivative of the loss: it says {found:.3g} along a "
    "direction, where the loss changes by {expected:.3g}",
    "OPT507": "{optimizer} with these constants does not suit this problem",
    "OPT508": "the gradients of batches of {batch} rows are mostly noise",
    "OPT509": "batches of {batch} rows leave only {steps} steps",
    "OPT510": "{steps} steps are too few",
    "GEN601": "penalty or dropout are too strong",
    "RUN701": "the metric does not follow the loss",
    "RUN702": "NaN or infinity appeared at step {step}, in {place}",
    "RUN703": "the same seed gives other numbers when it is run again",
    "RUN704": "it trains",
    "RUN705": "no cause could be proved",
    "RUN706": "{count} of {total} re-runs stopped with an error: {error}",
}

NAMES = {
    "DAT101": "unscaled-input",
    "DAT102": "unscaled-target",
    "DAT103": "constant-feature",
    "DAT104": "duplicate-feature",
    "DAT105": "label-format",
    "DAT106": "rows-mixed-up",
    "DAT107": "no-signal",
    "DAT108": "imbalance",
    "DAT109": "not-shuffled",
    "DAT110": "conflicting-labels",
    "DAT111": "data-not-finite",
    "INI201": "symmetric-weights",
    "INI202": "weights-too-small",
    "INI203": "weights-too-large",
    "ACT301": "dead-relu",
    "ACT302": "saturated",
    "ACT303": "output-range-cannot-reach-target",
    "ACT304": "born-dead",
    "ACT305": "vanishing-signal",
    "ACT306": "exploding-signal",
    "ACT307": "missing-activation",
    "ACT308": "too-deep",
    "ACT309": "too-narrow",
    "ACT310": "constant-output",
    "LOS401": "double-softmax",
    "LOS402": "shape-broadcast",
    "LOS403": "start-loss",
    "LOS404": "unsafe-formula",
    "LOS405": "summed-loss",
    "LOS406": "wrong-loss",
    "LOS407": "output-units",
    "LOS408": "plateau",
    "OPT501": "step-too-large",
    "OPT502": "step-too-small",
    "OPT503": "ascent",
    "OPT504": "gradient-not-cleared",
    "OPT505": "parameter-not-updated",
    "OPT506": "not-the-derivative",
    "OPT507": "unsuitable-optimizer",
    "OPT508": "noisy-batches",
    "OPT509": "batch-too-large",
    "OPT510": "too-few-steps",
    "GEN601": "over-regularised",
    "RUN701": "wrong-metric",
    "RUN702": "diverged",
    "RUN703": "run-not-repeatable",
    "RUN704": "trains",
    "RUN705": "undecided",
    "RUN706": "re-run-stopped",
}

NOTES = frozenset({"DAT103", "DAT104", "RUN704"})
"""Codes that inform."""

SYMPTOMS = frozenset(
    {
        "DAT107", "DAT108", "DAT109", "DAT110", "ACT301", "ACT302", "ACT310", "LOS403", "LOS408",
        "RUN702", "RUN703", "RUN705", "RUN706",
    }
)  # fmt: skip
"""Codes that warn of what may be an effect of something else."""
