"""Bounds for columns of numbers, looked at as one number of many bits: in a tenth of the time that a loop takes.

Each item of 32 bits is a *lane*, the first one lowest. To add such numbers or to mask them is to do it to all lanes, and as
long as none overflows, none notices the others.
"""

from __future__ import annotations

import sys

_BITS = 32


class Lanes:
    """What columns of so many signed items of 32 bits are held against."""

    def __init__(self, count: int, longer: Lanes | None = None) -> None:
        """``longer`` are as many or more, of which these are the first."""
        self.count = count
        if longer is None:
            self._ones, self._places = _lanes(count)
        else:
            mine = (1 << _BITS * count) - 1
            self._ones, self._places = longer._ones & mine, longer._places & mine
        self._tops = self._ones << (_BITS - 1)
        self._behind = self._places + self._ones

    def below(self, column: memoryview, limit: int) -> bool:
        """Whether there are so many items, each at least -1 and less than the limit, which is less than 2**31."""
        return self._are_below(column, self._tops + self._ones * limit)

    def before(self, column: memoryview) -> bool:
        """Whether there are so many items, each at least -1 and less than its own place."""
        return self._are_below(column, self._tops + self._places)

    def _are_below(self, column: memoryview, limits: int) -> bool:
        """``limits`` are in lanes that have their highest bit besides, so that none borrows from the next."""
        if len(column) != self.count:
            return False
        # One more than each item: of -1, whose lane overflows, what went over into the next one is taken back. Any other
        # that is negative keeps its highest bit; at least the first of them, and one is enough.
        items = _read(column)
        tops = self._tops
        more = items + self._ones
        if negative := items & tops:
            more -= negative << 1
        return not more & tops and (limits - more) & tops == tops

    def behind(self, column: memoryview) -> bool:
        """Whether each of so many items is more than its own place."""
        items = _read(column)
        tops = self._tops
        return not items & tops and ((items | tops) - self._behind) & tops == tops


def _read(column: memoryview) -> int:
    if sys.byteorder == "little":
        return int.from_bytes(column, "little")
    return int.from_bytes(column[::-1].tobytes(), "big")


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
