"""Checksums of contents that their layers' indexes do not have: read where they are at hand, fetched where they are far."""

from __future__ import annotations

from collections.abc import Mapping

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
    ) -> None:
        """``known`` are those of far contents that have been fetched before."""
        self._indexes = indexes
        self._near = {layer: reader for layer, reader in contents.items() if isinstance(reader, NearContents)}
        self._far = {layer: reader for layer, reader in contents.items() if isinstance(reader, FarContents)}
        self.known = dict(known or {})
        """Those of far contents that have been fetched by now."""
        self._wanted: dict[int, list[int]] = {}

    def __call__(self, layer: int, row: int) -> int | None:
        if layer in self._near:
            return content_checksum(self._indexes[layer], row, self._near[layer].read)
        if layer in self._far and (layer, row) not in self.known:
            self._wanted.setdefault(layer, []).append(row)
        return self.known.get((layer, row))

    def fetch(self) -> bool:
        """Fetch what was asked for and was not there; whether there was any. Raises LayerviewError."""
        wanted, self._wanted = self._wanted, {}
        for layer, rows in wanted.items():
            found = self._far[layer].checksums(self._indexes[layer], rows)
            self.known.update({(layer, row): crc for row, crc in found.items()})
        return bool(wanted)
