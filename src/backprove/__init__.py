"""backprove: feed-forward networks whose every claim is proved."""

from __future__ import annotations

from backprove._version import __version__

__all__ = ["__version__"]
