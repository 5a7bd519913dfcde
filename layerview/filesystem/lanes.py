"""Bounds for columns of numbers, looked at as one number of many bits: in a tenth of the time that a loop takes.

Each item of 32 bits is a *lane*, the first one lowest. To add such numbers or to mask them is to do it to all lanes, and as
long as none overflows, none notices the others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

_BITS = 32
_BLOCK = 1 << 12
"""Items that are looked at together: what comes of them stays in the processor's cache."""


def _lanes(count: int) -> tuple[int, int]:
    """A 1 in so many lanes; in each its own place, from 0. Both are doubled until they are long enough."""
    ones = places = have = 0
    for digit in f"{count:b}":
        shift = _BITS * have
        places |= (places + ones * have) << shift
        ones |= ones << shift
        have *= 2
        if digit == "1":
            places |= have << (_BITS * have)
            ones |= 1 << (_BITS * have)
            have += 1
    return ones, places


_ONES, _PLACES = _lanes(_BLOCK)
_TOPS = _ONES << (_BITS - 1)


class Lanes:
    """What columns of so many signed items of 32 bits are held against."""

    def __init__(self, count: int) -> None:
        self.count = count

    def below(self, column: memoryview, limit: int) -> bool:
        """Whether there are so many items, each at least -1 and less than the limit, which is less than 2**31."""
        limits = _TOPS + _ONES * limit
        return len(column) == self.count and all(_are_below(items, limits) for _, items in _blocks(column))

    def before(self, column: memoryview) -> bool:
        """Whether there are so many items, each at least -1 and less than its own place."""
        return len(column) == self.count and all(
            _are_below(items, _TOPS + _PLACES + _ONES * first) for first, items in _blocks(column)
        )

    def behind(self, column: memoryview) -> bool:
        """Whether each of so many items is more than its own place."""
        return len(column) == self.count and all(
            not items & _TOPS and ((items | _TOPS) - _PLACES - _ONES * (first + 1)) & _TOPS == _TOPS
            for first, items in _blocks(column, pad=True)
        )


def _are_below(items: int, limits: int) -> bool:
    """``limits`` are in lanes that have their highest bit besides, so that none borrows from the next."""
    # One more than each item: of -1, whose lane overflows, what went over into the next one is taken back. Any other
    # that is negative keeps its highest bit; at least the first of them, and one is enough.
    more = items + _ONES
    if negative := items & _TOPS:
        more -= negative << 1
    return not more & _TOPS and (limits - more) & _TOPS == _TOPS


def _blocks(column: memoryview, pad: bool = False) -> Iterator[tuple[int, int]]:
    """Where each block begins, and its lanes. The last one is filled up: with -1, or ``pad`` with the highest number."""
    for first in range(0, len(column), _BLOCK):
        block = column[first : first + _BLOCK]
        items = _read(block)
        if missing := _BLOCK - len(block):
            fill = (1 << (_BITS - 1)) - 1 if pad else (1 << _BITS) - 1
            items |= (fill * (_ONES & ((1 << _BITS * missing) - 1))) << (_BITS * len(block))
        yield first, items


def _read(column: memoryview) -> int:
    if sys.byteorder == "little":
        return int.from_bytes(column, "little")
    return int.from_bytes(column[::-1].tobytes(), "big")
