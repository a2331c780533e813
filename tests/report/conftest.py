"""English unless a test says otherwise."""

from __future__ import annotations

import pytest

from backprove import messages


@pytest.fixture(autouse=True)
def _english():
    messages.choose_language("en")
    yield
    messages.choose_language("auto")
