"""Work in steps, between which keys are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from time import perf_counter

_SLICE, _PAUSE = 0.002, 0.003
"""Seconds that is worked before keys are looked for, and that these have then."""


def advance(steps: Iterator[None]) -> bool:
    """Work for a moment; whether more is to be done."""
    until = perf_counter() + _SLICE
    return any(perf_counter() > until for _ in steps)


async def finish(steps: Iterator[None], wanted: Callable[[], bool]) -> bool:
    """Work to the end, or until that is no longer wanted; whether it is done."""
    while advance(steps):
        await asyncio.sleep(_PAUSE)
        if not wanted():
            return False
    return True
