"""Data sets: what is shipped, what is read from files, and how it is divided and transformed."""

from backprove.data.dataset import TASKS, Dataset
from backprove.data.labels import as_labels
from backprove.data.loading import BUILT_IN, SPLITS, load
from backprove.data.splitting import partition, split

__all__ = [
    "BUILT_IN",
    "SPLITS",
    "TASKS",
    "Dataset",
    "as_labels",
    "load",
    "partition",
    "split",
]
