"""How far a stream has come, told now and then."""

from __future__ import annotations

from collections.abc import Callable

from layerview.layers.blocks import Read

_STEP = 1 << 22
"""Bytes between two reports."""


def reporting(read: Read, report: Callable[[int], None]) -> Read:
    """Reads as ``read`` does, and reports how many bytes came by then."""
    done = reported = 0

    def reading(size: int) -> bytes:
        nonlocal done, reported
        data = read(size)
        done += len(data)
        if done >= reported + _STEP:
            reported = done
            report(done)
        return data

    return reading
