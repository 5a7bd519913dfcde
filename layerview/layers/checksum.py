"""The checksum of holes in sparse files, however large, without their zeros being made."""

from __future__ import annotations

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
