"""The beginning of a layer: what there is of its index while the layer is being read, for whoever looks at it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from layerview.layers.index import LayerIndex

Show = Callable[[LayerIndex], None]
"""Is given the index of the entries that have been read by then, now and then."""

_SOON = 0.1
"""Seconds after which that is done first: what takes less is there as soon as its beginning would be."""
_PAUSE = 1.0
"""Seconds between two times, at least."""
_SHARE = 20
"""How many times as long as it takes it waits, as the layer is held up meanwhile."""


class Beginning:
    """Hands over the beginning of one layer when it is time, if someone looks."""

    def __init__(self, show: Show | None) -> None:
        """``show`` is None where nobody looks."""
        self._show = show
        self._last = monotonic()
        self._pause = _SOON
        self._cost = 0.0
        """Seconds for each entry that it took the last time."""

    def reach(self, entries: int, index: Callable[[], LayerIndex]) -> None:
        """So many entries are read, of which ``index`` makes the index."""
        if self._show is None:
            return
        now = monotonic()
        if now - self._last >= max(self._pause, _SHARE * self._cost * entries):
            self._show(index())
            self._last, self._pause = monotonic(), _PAUSE
            self._cost = (self._last - now) / entries
