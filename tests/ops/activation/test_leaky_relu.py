"""LeakyReLU at the ends of the range, for slopes of any size and sign."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.ops.activation.leaky_relu import LeakyReLU

LARGEST = np.finfo(np.float32).max


@pytest.mark.parametrize("slope", [0.0, 0.001, 0.1, 0.5, 1.0, 2.0, -0.3, -2.0])
def test_ends_of_the_range_without_a_warning(slope) -> None:
    x = np.array([LARGEST, np.inf, 1e-45, -1e-3, -0.0, -LARGEST / 4, -np.inf], dtype=np.float32)
    y, saved = LeakyReLU(slope).fwd(x)
    low = -np.inf * slope if slope else 0.0
    expected = [LARGEST, np.inf, 1e-45, slope * -1e-3, 0.0, slope * (-LARGEST / 4), low]
    np.testing.assert_allclose(y, np.array(expected, dtype=np.float32), rtol=2e-7)
    (dx,), _ = LeakyReLU(slope).bwd(saved, np.ones_like(x))
    np.testing.assert_array_equal(dx, np.float32([1, 1, 1, *[slope] * 4]))


def test_nan_goes_through() -> None:
    for slope in (0.0, 0.1, -2.0):
        assert np.isnan(LeakyReLU(slope).fwd(np.array([np.nan]))[0][0])
