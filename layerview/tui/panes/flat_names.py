"""The paths of a list, cut so that those near each other do not look the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from layerview.text import alike_in, columns, fit_middle

_BLOCK = 64
"""Rows that are cut together. So many before and behind a row are looked at, at the least: more than are on a screen."""


class FlatNames:
    """Names of rows, in so many columns."""

    def __init__(self, name: Callable[[int], str], count: int, width: int) -> None:
        """``name`` gives the whole name of a row, of which there are ``count``."""
        self._name, self._count, self.width = name, count, width
        self._blocks = dict[int, defaultdict[str, list[int]]]()

    def cut(self, row: int) -> str:
        """A name as long as it fits, else its beginning and its end, and between them what tells it from others."""
        name = self._name(row)
        if columns(name) <= self.width:
            return name
        plain, block = fit_middle(name, self.width), row // _BLOCK
        same = {self._name(other) for near in (block - 1, block, block + 1) for other in self._cut_in(near)[plain]}
        alike = [alike_in(name, other) for other in same - {name}]
        return fit_middle(name, self.width, min(alike), max(alike)) if alike else plain

    def _cut_in(self, block: int) -> defaultdict[str, list[int]]:
        """The rows of a block by what they look like."""
        if block not in self._blocks:
            self._blocks[block] = rows = defaultdict[str, list[int]](list)
            for row in range(max(block, 0) * _BLOCK, min((block + 1) * _BLOCK, self._count)):
                rows[fit_middle(self._name(row), self.width)].append(row)
        return self._blocks[block]
