"""Paths in one list, whatever folders they are in: the largest first, or by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress

from layerview.filesystem.comparison import Comparison

_BLOCK = 1_000
"""Paths that are looked at in a millisecond or two."""


def listed(comparison: Comparison, chosen: bytes | bytearray, by_size: bool) -> Iterator[Sequence[int]]:
    """The chosen nodes but folders, block by block, of which some are empty.

    By size those without bytes stand behind the others, by name.
    """
    left = bytearray(chosen)
    if by_size:
        for block in comparison.largest(chosen):
            for node in block:
                left[node] = 0
            yield block
    for first in range(1, len(left), _BLOCK):
        some = range(first, min(first + _BLOCK, len(left)))
        yield [node for node in compress(some, left[first : some.stop]) if not comparison.is_directory(node)]
