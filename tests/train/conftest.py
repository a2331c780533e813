"""A small problem that trains in a moment."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.data import Dataset


@pytest.fixture(scope="session")
def spirals() -> Dataset:
    """Three classes on a plane that no line separates: 330 points."""
    rng = np.random.default_rng(7)
    labels = np.repeat(np.arange(3), 110)
    t = np.tile(np.linspace(0.2, 1.0, 110), 3)
    angle = 3.0 * t + labels * 2 * np.pi / 3 + 0.05 * rng.standard_normal(330)
    x = np.stack([t * np.cos(angle), t * np.sin(angle)], axis=1).astype(np.float32)
    return Dataset(x=x, y=labels, name="spirals")
