"""The versions that a report of a problem needs, found without importing anything."""

from __future__ import annotations

import platform
from importlib import metadata

from backprove._version import __version__

PACKAGES = {"numpy": "numpy", "jax": "jax", "paddle": "paddlepaddle", "torch": "torch"}


def versions() -> str:
    """One line for backprove, Python and each library that is installed."""
    lines = [f"backprove {__version__}", f"python {platform.python_version()}"]
    for name, package in PACKAGES.items():
        try:
            lines.append(f"{name} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            continue
    return "\n".join(lines)
