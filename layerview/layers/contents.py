"""What is in a file of a layer, read by where it lies in the tar."""

from __future__ import annotations

from collections.abc import Callable

from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError
from layerview.layers.checksum import checksum_of_zeros
from layerview.layers.index import LayerIndex

CHUNK = 1 << 18
"""Bytes read at a time; they stay in the processor's cache."""

ReadAt = Callable[[int, int], bytes]
"""Reads bytes of an uncompressed tar, by offset and size; none where it ends."""


def content_checksum(index: LayerIndex, row: int, read: ReadAt) -> int:
    """CRC-64/GO-ISO of a regular file's content, its holes read as zeros.

    Raises DamagedError where the content is cut off, and what ``read`` raises.
    """
    size, at = index.size[row], index.offset[row]
    if size <= CHUNK and row not in index.sparse and len(part := read(at, size)) == size:
        return go_iso(part)  # most files
    pieces = index.sparse.get(row, ((0, size),))
    crc = end = 0
    for offset, length in (*pieces, (size, 0)):
        crc = checksum_of_zeros(offset - end, crc)
        end = offset + length
        while length:
            if not (part := read(at, min(length, CHUNK))):
                raise DamagedError(f"The tar is cut off in a file at offset {at}")
            crc = go_iso(part, crc)
            at += len(part)
            length -= len(part)
    return crc
