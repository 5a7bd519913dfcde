"""The checksum of what is in a file: of a layer, read by where it lies in the tar, or of this system."""

from __future__ import annotations

import os

from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError
from layerview.layers.blocks import ReadAt
from layerview.layers.checksum import PassingChecksum, checksum_of_zeros
from layerview.layers.index import LayerIndex

CHUNK = 1 << 18
"""Bytes read at a time; they stay in the processor's cache."""


def content_checksum(index: LayerIndex, row: int, read: ReadAt) -> int:
    """CRC-64/GO-ISO of a regular file's content, its holes read as zeros; ``read`` reads the uncompressed tar.

    Raises DamagedError where the content is cut off, and what ``read`` raises.
    """
    size, at = index.size[row], index.offset[row]
    if size <= CHUNK and row not in index.sparse and len(part := read(at, size)) == size:
        return go_iso(part)  # most files
    pieces = index.sparse.get(row, ((0, size),))
    checksum, left = PassingChecksum(pieces, size), sum(length for _, length in pieces)
    while left:
        if not (part := read(at, min(left, CHUNK))):
            raise DamagedError(f"The tar is cut off in a file at offset {at}")
        checksum.add(part)
        at += len(part)
        left -= len(part)
    return checksum.whole()


def file_checksum(file: int, size: int) -> tuple[int, int]:
    """Bytes and CRC-64/GO-ISO of an open file of this ``size``, fewer where it ends before. Holes are not read."""
    crc = at = 0
    while at < size:
        try:
            data = min(os.lseek(file, at, os.SEEK_DATA), size)
            hole = min(os.lseek(file, data, os.SEEK_HOLE), size) if data < size else size
        except OSError:  # there is nothing but a hole to the end, or the end has come nearer
            data = hole = min(size, max(os.fstat(file).st_size, at))
            size = hole
        crc = checksum_of_zeros(data - at, crc)
        at = data
        while at < hole:
            if not (part := os.pread(file, min(CHUNK, hole - at), at)):
                return at, crc
            crc = go_iso(part, crc)
            at += len(part)
    return at, crc
