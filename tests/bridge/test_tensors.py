"""Every operator inside PyTorch and Paddle: first and second derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import bridge_table
import support
from backprove.oracle.client import OracleError
from bridge_table import near

CASES = support.every_case()
REFUSED = {("paddle", "MatMul", 3): "Input dimension size should be equal to 2"}
"""Second derivatives that the library has not: its own matmul with unequal leading axes."""


@pytest.mark.parametrize("library", ["torch", "paddle"])
@pytest.mark.parametrize(("cls", "case"), CASES)
def test_gradients_are_ours_for_every_layout_of_dy(cls, case, library) -> None:
    point = bridge_table.Point(cls, case)
    for upstream in ("plain", "strided", "expanded"):
        found = support.ask(library).ask(
            "bridge_checks:first", library=library, upstream=upstream, **point.request()
        )
        near(found["y"].reshape(point.dy.shape), point.value(point.z))
        dy = point.dy
        if upstream == "expanded":
            dy = np.full(dy.shape, np.ravel(dy)[0])
        near(point.flat(found["gradients"]), point.gradient(point.z, dy))


@pytest.mark.parametrize("library", ["torch", "paddle"])
@pytest.mark.parametrize(("cls", "case"), CASES)
def test_second_derivatives(cls, case, library) -> None:
    point = bridge_table.Point(cls, case)
    direction = point.direction()
    request = {"library": library, "direction": direction, **point.request()}
    words = REFUSED.get((library, cls.__name__, cls.CASES.index(case)))
    if words:
        with pytest.raises(OracleError, match=words):
            support.ask(library).ask("bridge_checks:second", **request)
        return
    found = support.ask(library).ask("bridge_checks:second", **request)["gradients"]
    v = point.flat(direction)
    near(point.flat(found), point.second() @ v, 1e-7)
    step = 1e-6
    along = (point.value(point.z + step * v) - point.value(point.z - step * v)) / (2 * step)
    near(found["dy"].reshape(along.shape), along, 1e-7)


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_gradcheck_and_gradgradcheck_of_pytorch(cls, case) -> None:
    point = bridge_table.Point(cls, case)
    found = support.ask("torch").ask("bridge_checks:gradcheck", **point.request())
    assert found == {"first": True, "second": True}
