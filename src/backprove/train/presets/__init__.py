"""Presets: configurations that were measured, as TOML files inside the package.

The recipes were chosen on images held out of the training images, never on the test images.
`python -m benchmarks time-to-accuracy` measures them.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from backprove.errors import unknown
from backprove.messages import render


def presets() -> dict[str, str]:
    """What each preset is for, in the current language."""
    return {
        "fast-95": render("MNIST to 95 % on the test images in less than a second of training"),
        "fast-98.5": render("MNIST to 98.5 % on the test images in six seconds of training"),
        "accuracy": render("MNIST to 99.5 % with images moved and bent anew; takes long"),
    }


def preset(name: str) -> dict[str, Any]:
    """The tables of a preset's configuration. Raises UsageError for an unknown name."""
    if name not in presets():
        raise unknown("preset", name, presets())
    file = files(__name__) / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
