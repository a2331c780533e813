"""Callbacks: what happens between the steps of training, one a file."""

from __future__ import annotations

from backprove.train.callbacks.base import Callback
from backprove.train.callbacks.checkpoint import Checkpoint
from backprove.train.callbacks.csv_log import CSVLog
from backprove.train.callbacks.early_stopping import EarlyStopping
from backprove.train.callbacks.json_log import JSONLog
from backprove.train.callbacks.progress_bar import ProgressBar
from backprove.train.callbacks.tensorboard import TensorBoard

__all__ = [
    "CSVLog",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "JSONLog",
    "ProgressBar",
    "TensorBoard",
]
