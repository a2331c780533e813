"""The most bytes that Paddle holds at once during a run, from its own allocator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import paddle

KIND = ("Allocated", 0)


def peak_of(run: Callable[[], Any]) -> int:
    """Bytes beyond those that are held before `run`, at the most."""
    core = paddle.base.core
    where = "device" if "gpu" in paddle.device.get_device() else "host"
    current = getattr(core, f"{where}_memory_stat_current_value")
    before = int(current(*KIND))
    getattr(core, f"{where}_memory_stat_reset_peak_value")(*KIND)
    found = run()
    most = int(getattr(core, f"{where}_memory_stat_peak_value")(*KIND))
    del found
    return max(most - before, 0)
