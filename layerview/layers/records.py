"""An engine's own record of a layer: the tar's headers, and a checksum in place of each file's content.

Docker and Podman write it with the tar-split library when they unpack a layer, so that they can give the
very same tar back later: a JSON object a line, in the order of the tar. Type 2 is a segment, bytes of
the tar as they are: headers, and padding. Type 1 is an entry; where it has content, that stood here, and its
CRC-64/GO-ISO is in place of it.
"""

from __future__ import annotations

from collections import deque

import msgspec

from layerview.errors import DamagedError
from layerview.layers.blocks import CHUNK, Read
from layerview.layers.tar import BLOCK, MAX_EXTENSION, Pieces

_SEGMENT = 2
_MAX_LINE = 8 * MAX_EXTENSION
"""Bytes of one record: a segment holds the largest header there may be, in base64."""


class _Record(msgspec.Struct):
    type: int
    payload: bytes | None = None
    size: int = 0


class Recorded:
    """The blocks of a tar, from its record."""

    def __init__(self, read: Read) -> None:
        """``read`` gives the record, not compressed."""
        self._source = read
        self._decode = msgspec.json.Decoder(_Record).decode_lines
        self._records: deque[_Record] = deque()
        self._rest = b""
        """The beginning of a line whose end was not read yet."""
        self._segment = b""
        self.position = 0

    def header(self) -> bytes:
        """The next 512 bytes; fewer where the record ends."""
        return self._pull(BLOCK)

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        data = self._pull(size)
        padding = -size % BLOCK
        if len(data) < size or len(self._pull(padding)) < padding:
            raise DamagedError(f"The record of the layer ends at offset {self.position} of its tar")
        return data

    def content(self, size: int, pieces: Pieces | None, length: int) -> int | None:
        """The checksum of a content that is not here."""
        record = None if self._segment else self._next()
        if record is None or record.type == _SEGMENT or record.size != size or len(record.payload or b"") != 8:
            raise DamagedError(f"The record of the layer has no content for the file at offset {self.position}")
        self.position += size
        padding = -size % BLOCK
        if len(self._pull(padding)) < padding:
            raise DamagedError(f"The record of the layer ends at offset {self.position} of its tar")
        return int.from_bytes(record.payload or b"") if pieces is None else None

    def finish(self) -> int:
        """Pass what is left, which is padding."""
        while self._pull(CHUNK):
            pass
        return self.position

    def _pull(self, size: int) -> bytes:
        """The next ``size`` bytes of the tar; fewer where the record ends."""
        while len(self._segment) < size:
            record = self._next()
            if record is None:
                break
            if record.type == _SEGMENT:
                self._segment += record.payload or b""
            elif record.size:
                raise DamagedError(f"The record of the layer has content where a header was to be, at {self.position}")
        data, self._segment = self._segment[:size], self._segment[size:]
        self.position += len(data)
        return data

    def _next(self) -> _Record | None:
        while not self._records:
            more = self._source(CHUNK)
            lines, _, self._rest = (self._rest + more).rpartition(b"\n")
            if not more:
                lines, self._rest = self._rest, b""
            if len(self._rest) > _MAX_LINE:
                raise DamagedError("The record of the layer has a line that does not end")
            try:
                self._records.extend(self._decode(lines))
            except msgspec.DecodeError as error:
                raise DamagedError(f"The record of the layer is damaged: {error}") from error
            if not more and not self._records:
                return None
        return self._records.popleft()
