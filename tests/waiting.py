"""Waiting for what a test means: until it is so, and not for a time that is usually enough."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120
"""Seconds after which what is waited for is taken for what never comes. No measure: until then a machine may be as slow as it
is."""


def until(condition: Callable[[], bool], told: Callable[[], str] = str) -> None:
    """Wait until it comes true; what is ``told`` is why it does not."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, told()
        time.sleep(0.02)
