"""The beginning of a layer: what there is of its index while the layer is being read, for whoever looks at it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from time import monotonic

import msgspec

from layerview.layers.index import IS_SHOWN, LayerIndex, named, unlisted

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


_COLUMNS = ("kind", "mode", "uid", "gid", "size", "mtime", "crc", "hashed", "sha256", "offset")
_BY_ROW = ("links", "devices", "xattrs", "sparse")


def beginning_of(index: LayerIndex, rows: int) -> LayerIndex:
    """The first rows of an index, as if no more of the layer had been read."""
    paths, kinds = bytes(index.paths).split(b"\0", rows)[:rows], index.kind[:rows]
    listed = set(compress(paths, bytes(kinds).translate(IS_SHOWN)))
    columns = {name: getattr(index, name)[:rows] for name in _COLUMNS}
    by_row = {name: {row: told for row, told in getattr(index, name).items() if row < rows} for name in _BY_ROW}
    return msgspec.structs.replace(
        index, paths=named(paths), folders=named(unlisted(paths, kinds, listed)), tar_size=0, **columns, **by_row
    )
