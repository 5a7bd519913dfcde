"""Checksums of contents that their layers' indexes do not have: read where they are at hand, fetched where they are far."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from io import FileIO
from itertools import accumulate

from layerview.filesystem import Rivals
from layerview.layers import LayerIndex, content_checksum
from layerview.sources.protocol import Contents, FarContents, NearContents

Known = Mapping[tuple[int, int], int]
"""Checksums by layer and row."""


class Checksums:
    """Gives the CRC-64/GO-ISO of a file's content by layer and row; None where it cannot be read.

    Of contents that are far away it is also None when first asked for, and noted: whoever asks does so until
    :meth:`fetch` says that all was there. So what is far away is fetched with few requests, and only the asking tells
    what that is.
    """

    def __init__(
        self,
        indexes: Mapping[int, LayerIndex],
        contents: Mapping[int, Contents | None],
        known: Known | None = None,
        shared: FileIO | None = None,
    ) -> None:
        """``known`` are those of far contents that have been fetched before.

        ``shared``, a file of :func:`shared_size` zeros, is where processes that have it find what others of them have read;
        it is mapped and closed.
        """
        self._indexes = indexes
        self._near = {layer: reader for layer, reader in contents.items() if isinstance(reader, NearContents)}
        self._far = {layer: reader for layer, reader in contents.items() if isinstance(reader, FarContents)}
        self.far = bool(self._far)
        """Whether some are far away, so that a first answer may not be the last."""
        counts = [len(indexes[layer].kind) for layer in self._near]
        self._first = dict(zip(self._near, accumulate(counts, initial=0), strict=False))
        """By layer whose contents are near, where the items for its rows begin among those that were read."""
        self._read = memoryview(_pages(shared, shared_size(indexes, contents))).cast("Q")
        """Checksums that were read; 0 of what was not, or is 0, which is read again. An item is written at once, as a word."""
        self.known = dict(known or {})
        """Those of far contents that have been fetched by now."""
        self._wanted: dict[int, list[int]] = {}

    def __call__(self, layer: int, row: int) -> int | None:
        if layer in self._near:
            at = self._first[layer] + row
            crc = self._read[at]
            if not crc:
                crc = self._read[at] = content_checksum(self._indexes[layer], row, self._near[layer].read)
            return crc
        if layer in self._far and (layer, row) not in self.known:
            self._wanted.setdefault(layer, []).append(row)
        return self.known.get((layer, row))

    def read(self, rivals: Rivals) -> None:
        """Read these for another process that is going to ask for them. Raises LayerviewError."""
        for layer, row in zip(*rivals, strict=True):
            if layer in self._near:
                self(layer, row)

    def fetch(self) -> bool:
        """Fetch what was asked for and was not there; whether there was any. Raises LayerviewError."""
        wanted, self._wanted = self._wanted, {}
        for layer, rows in wanted.items():
            found = self._far[layer].checksums(self._indexes[layer], rows)
            self.known.update({(layer, row): crc for row, crc in found.items()})
        return bool(wanted)


def shared_size(indexes: Mapping[int, LayerIndex], contents: Mapping[int, Contents | None]) -> int:
    """Bytes of a file in which processes share checksums of near contents; 0 where none are near."""
    return 8 * sum(len(indexes[layer].kind) for layer, reader in contents.items() if isinstance(reader, NearContents))


def _pages(shared: FileIO | None, size: int) -> bytearray | mmap.mmap:
    if shared is None:
        return bytearray(size)
    with shared:
        return mmap.mmap(shared.fileno(), size)
