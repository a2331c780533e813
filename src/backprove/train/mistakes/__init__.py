"""Mistakes that people make in training loops of their own, to be trained with on purpose.

The table [mistakes] of a configuration turns them on. They make programs that do not train, so
that one can see what that looks like, and a doctor can be asked why.
"""

from backprove.train.mistakes.backward import with_wrong_backward
from backprove.train.mistakes.data import with_wrong_rows
from backprove.train.mistakes.loss import with_wrong_loss, with_wrong_metric
from backprove.train.mistakes.update import with_wrong_update

__all__ = [
    "with_wrong_backward",
    "with_wrong_loss",
    "with_wrong_metric",
    "with_wrong_rows",
    "with_wrong_update",
]
