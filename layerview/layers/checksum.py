"""The checksum of sparse files: of holes, however large, without their zeros being made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from fastcrc.crc64 import go_iso

_STEP = 20
_ZEROS = bytes(1 << _STEP)
_ONES = (1 << 64) - 1
"""CRC-64/GO-ISO keeps its remainder inverted."""

_Matrix = tuple[int, ...]
"""A linear map of 64 bits to 64 bits: what it makes of each bit, the lowest first."""


def checksum_of_zeros(count: int, crc: int) -> int:
    """The checksum ``crc`` continued by ``count`` zero bytes.

    To append a zero is to multiply the remainder by a matrix, and to append 2**n of them by that matrix squared n times:
    a hole of 500 TB takes a millisecond.
    """
    crc = go_iso(_ZEROS[: count % len(_ZEROS)], crc)
    left, power = count >> _STEP, _STEP
    while left:
        if left & 1:
            crc = _product(_zeros(power), crc ^ _ONES) ^ _ONES
        left >>= 1
        power += 1
    return crc


class PassingChecksum:
    """CRC-64/GO-ISO of a file's content, while what is stored of it passes in parts of any size."""

    def __init__(self, pieces: Sequence[tuple[int, int]], length: int) -> None:
        """``pieces`` are what is stored, as (offset in the file, bytes); ``length`` are the bytes of the file."""
        self._pieces = iter(pieces)
        self._length = length
        self._crc = self._end = self._left = 0

    def add(self, data: bytes | memoryview) -> None:
        """These bytes come next."""
        at = 0
        while at < len(data):
            while not self._left:
                offset, self._left = next(self._pieces)
                self._pass_hole(offset)
                self._end += self._left
            part = memoryview(data)[at : at + self._left]
            self._crc = go_iso(part, self._crc)
            self._left -= len(part)
            at += len(part)

    def whole(self) -> int:
        """That of all of it."""
        self._pass_hole(self._length)
        return self._crc

    def _pass_hole(self, end: int) -> None:
        self._crc = checksum_of_zeros(end - self._end, self._crc)
        self._end = end


@cache
def _zeros(power: int) -> _Matrix:
    """What 2**``power`` zero bytes do to a remainder."""
    if power == 0:
        return tuple(go_iso(b"\0", (1 << bit) ^ _ONES) ^ _ONES for bit in range(64))
    half = _zeros(power - 1)
    return tuple(_product(half, column) for column in half)


def _product(matrix: _Matrix, vector: int) -> int:
    product = 0
    for column in matrix:
        if vector & 1:
            product ^= column
        vector >>= 1
    return product
