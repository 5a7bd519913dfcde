"""How fast bytes come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

_WINDOW = 5.0
"""Seconds that the rate is an average of."""
_STEP = 0.2
"""Seconds between two figures that are kept for it."""
_SOON = 0.5
"""Seconds after which a rate means something."""


class Rate:
    """Bytes a second, by those of the last few. One thread tells, another may ask."""

    def __init__(self, clock: Callable[[], float] = monotonic, done: int = 0) -> None:
        """It begins when so many are ``done``."""
        self._clock = clock
        self._past = deque([(clock(), done)])
        """When how many bytes had come."""

    def note(self, done: int) -> None:
        """So many have come by now."""
        now = self._clock()
        if now - self._past[-1][0] >= _STEP:
            self._past.append((now, done))
            while len(self._past) > 2 and now - self._past[1][0] >= _WINDOW:
                self._past.popleft()

    def at(self, done: int) -> float:
        """How fast they come now that so many are there; 0 where that is not known yet."""
        since, before = self._past[0]
        elapsed = self._clock() - since
        return (done - before) / elapsed if elapsed >= _SOON else 0.0
