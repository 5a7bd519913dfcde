"""How far a stream has come, told now and then."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from layerview.layers.blocks import Read

_STEP = 1 << 22
"""Bytes between two reports."""
_PAUSE = 0.25
"""Seconds after which fewer are reported, too."""


def reporting(read: Read, report: Callable[[int], None]) -> Read:
    """Reads as ``read`` does, and reports how many bytes came by then."""
    done = reported = 0
    due = 0.0

    def reading(size: int) -> bytes:
        nonlocal done, reported, due
        data = read(size)
        done += len(data)
        if done > reported and (done >= reported + _STEP or monotonic() >= due):
            reported, due = done, monotonic() + _PAUSE
            report(done)
        return data

    return reading
