"""The nodes of an outline that are no folders, in one list, whatever folders they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload


class FlatRows(Sequence[int]):
    """A list of nodes that grows block by block, so that its first rows are there before all are found."""

    def __init__(self, nodes: int, blocks: Iterator[Sequence[int]]) -> None:
        """``nodes`` is how many there are in the tree."""
        self._blocks = blocks
        self._rows = list[int]()
        self._has = bytearray(nodes)
        self.is_whole = False

    def grow(self) -> None:
        """Find more rows, for a few milliseconds at most."""
        block = next(self._blocks, None)
        if block is None:
            self.is_whole = True
            return
        self._rows += block
        for node in block:
            self._has[node] = 1

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, row: int) -> int: ...
    @overload
    def __getitem__(self, row: slice) -> list[int]: ...
    def __getitem__(self, row: int | slice) -> int | list[int]:
        return self._rows[row]

    def has(self, node: int) -> bool:
        return bool(self._has[node])

    def find(self, node: int) -> int | None:
        """The row of a node; None where it has none, or none yet."""
        return self._rows.index(node) if self._has[node] else None

    def next_of(self, mask: bytes | bytearray, node: int, step: int) -> int | None:
        """The next row whose node has a 1, or the one before, from the row of a node, or for 0 from the top."""
        row = self.find(node)
        if step > 0:
            return next((each for each in self._rows[0 if row is None else row + 1 :] if mask[each]), None)
        return next((each for each in reversed(self._rows[:row]) if mask[each]), None)
