"""The visible nodes of an outline from top to bottom, in any order, where only what is looked at is put in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, compress, islice
from typing import overload

from layerview.trees.preorder import Preordered

_BLOCK = 512
"""Nodes that are counted together: half a million are counted in half a millisecond, and one is found in ten microseconds."""


class Rows(Sequence[int]):
    """A list of nodes without the root, each folder before what is below it. Some folders around a row may have none.

    ``weigh`` puts the entries of a folder in order, the heaviest first; without it they stand by name, as nodes are
    numbered. Nothing is listed before it is asked for, so that no order costs more than what the screen shows.
    """

    def __init__(self, tree: Preordered, shown: bytearray, weigh: Callable[[int], int] | None) -> None:
        """``shown`` has 1 for each node that has a row; those folders around it that have none have but one row right in them."""
        self._tree = tree
        self._shown = shown
        self._weigh = weigh
        self._count()

    def _count(self) -> None:
        blocks = range(0, len(self._shown), _BLOCK)
        self._before = [0, *accumulate(self._shown.count(1, block, block + _BLOCK) for block in blocks)]
        """Visible nodes before each block, and at last all of them."""
        self._sorted: dict[int, tuple[list[int], list[int]]] = {}
        self._found = -1, 0
        """The row that was asked for last, and its node: whoever paints a row asks several times."""

    def __len__(self) -> int:
        return self._before[-1]

    @overload
    def __getitem__(self, row: int) -> int: ...
    @overload
    def __getitem__(self, row: slice) -> list[int]: ...
    def __getitem__(self, row: int | slice) -> int | list[int]:
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        if row != self._found[0]:
            if not 0 <= row < len(self):
                raise IndexError(f"there is no row {row}")
            self._found = row, self._node(row)
        return self._found[1]

    def _node(self, row: int) -> int:
        if self._weigh is None:
            block = bisect_right(self._before, row) - 1
            nodes = range(block * _BLOCK, len(self._shown))
            visible = compress(nodes, self._shown[nodes.start : nodes.start + _BLOCK])
            return next(islice(visible, row - self._before[block], None))
        folder, first = 0, 0
        while True:
            entries, starts = self._entries(folder)
            at = bisect_right(starts, row - first) - 1
            if (first := first + starts[at]) == row:
                return entries[at]
            folder, first = entries[at], first + 1

    def find(self, node: int) -> int | None:
        """The row of a node; None where it has none."""
        if not self._shown[node]:
            return None
        if self._weigh is None:
            block = node // _BLOCK
            return self._before[block] + self._shown.count(1, block * _BLOCK, node)
        row = -1
        while node > 0:
            over = self._tree.parent(node)
            while over > 0 and not self._shown[over]:
                over = self._tree.parent(over)
            entries, starts = self._entries(over)
            row += starts[entries.index(node)] + 1
            node = over
        return row

    def has(self, node: int) -> bool:
        return bool(self._shown[node])

    def put_below(self, folder: int, shown: bytearray) -> None:
        """Show other nodes below a folder: 1 or 0 for each that there is."""
        self._shown[folder + 1 : self._tree.end(folder)] = shown
        self._count()

    def _entries(self, folder: int) -> tuple[list[int], list[int]]:
        """What stands right below a folder, in order, and how many rows behind its first one each is."""
        known = self._sorted.get(folder)
        if known is None:
            assert self._weigh is not None
            shown, end = self._shown, self._tree.end
            lengths = dict[int, int]()
            for child in self._tree.children(folder):
                node = shown.find(1, child, end(child))
                if node != -1:
                    lengths[node] = shown.count(1, node, end(child))
            entries = sorted(lengths, key=self._weigh, reverse=True)
            starts = [0, *accumulate(map(lengths.__getitem__, entries))]
            known = self._sorted[folder] = entries, starts[:-1]
        return known
