"""What is largest of half a million things, told before all of them are in order."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import compress, pairwise

_BLOCK = 4_000
"""Sizes that are put in order within a millisecond or two."""
_SAMPLE = 4_000
"""Sizes that tell how all of them lie."""
_BAND = 2_000
"""Sizes that are to be between two bounds, as far as the sample tells."""


class Ranking:
    """The numbers of the things that have a size, the largest first; of equal ones in the order of their places.

    They lie in bands, of which each is put in order when it is asked for.
    """

    def __init__(self, sizes: Sequence[int], places: Sequence[int] | None = None) -> None:
        """``sizes`` and ``places`` are by number. Without places, things stand in the order of their numbers."""
        self._sizes, self._places = sizes, places
        count = len(sizes)
        sample = sorted(filter(None, sizes[:: count // _SAMPLE + 1]))
        step = max(len(sample) * _BAND // max(count, 1), 1)
        self._bounds = sorted(set(sample[step::step]))
        """The least size of each band but the lowest."""
        self._bands: list[array[int]] = [array("i") for _ in range(len(self._bounds) + 1)]
        self._sorted = set[int]()
        self._full = 0
        """How many bands have all that belongs there, from the highest down."""
        self._filling = self._fill()

    def blocks(self) -> Iterator[Sequence[int]]:
        """The numbers, the largest first. Each block takes a few milliseconds at most, for which it may be empty."""
        for below in range(len(self._bands)):
            while self._full <= below:
                next(self._filling)
                yield ()
            yield self._in_order(len(self._bands) - 1 - below)

    def _fill(self) -> Iterator[None]:
        """Find what belongs in the highest band, then in all others."""
        sizes, count = self._sizes, len(self._sizes)
        least = self._bounds[-1] if self._bounds else 1
        for first in range(0, count, 8 * _BLOCK):
            some = range(first, min(first + 8 * _BLOCK, count))
            self._bands[-1].extend(compress(some, map(least.__le__, sizes[some.start : some.stop])))
            yield
        self._full = 1
        yield
        for first in range(0, count, _BLOCK):
            some = range(first, min(first + _BLOCK, count))
            run = sorted(compress(some, sizes[some.start : some.stop]), key=sizes.__getitem__)
            cuts = [0, *(bisect_left(run, bound, key=sizes.__getitem__) for bound in self._bounds)]
            for band, (start, end) in enumerate(pairwise(cuts)):
                self._bands[band].extend(run[start:end])
            yield
        self._full = len(self._bands)
        yield

    def _in_order(self, band: int) -> array[int]:
        if band not in self._sorted:
            numbers = sorted(self._bands[band])
            if self._places is not None:
                numbers.sort(key=self._places.__getitem__)
            numbers.sort(key=self._sizes.__getitem__, reverse=True)
            self._bands[band] = array("i", numbers)
            self._sorted.add(band)
        return self._bands[band]
