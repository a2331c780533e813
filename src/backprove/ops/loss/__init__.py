"""Losses."""

from backprove.ops.loss._targets import divisor

__all__ = ["divisor"]
