"""Layers of which an engine has kept a record: the headers of the layer's tar, and a checksum of each content."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from layerview.errors import LayerviewError
from layerview.layers import LayerIndex, index_records
from layerview.regular import open_regular
from layerview.sources.protocol import Found, Reading


class RecordJob(msgspec.Struct, frozen=True):
    """Indexes a layer from its record."""

    number: int
    record: Path | bytes
    """Where it lies, or what it is."""
    size: int
    """Bytes of it."""

    @property
    def cost(self) -> int:
        """As much time as for so many bytes of a compressed layer."""
        return self.size * 60

    @property
    def layers(self) -> tuple[int, ...]:
        return (self.number,)

    def run(self, reading: Reading) -> Iterator[Found]:
        """Index; all faults are the layer's."""
        result: LayerIndex | LayerviewError
        try:
            with self._open() as file:
                result = index_records(
                    file.read,
                    lambda done: reading.progress(self.number, done, self.size),
                    max_size=reading.max_size,
                    show=reading.show,
                )
        except LayerviewError as error:
            result = error
        except OSError as error:
            result = LayerviewError(f"The engine's record of the layer cannot be read: {error}", "Try --export.")
        yield (self.number, result)

    def _open(self) -> IO[bytes]:
        if isinstance(self.record, bytes):
            return BytesIO(self.record)
        return os.fdopen(open_regular(self.record), "rb")
