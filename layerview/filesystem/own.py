"""What a single layer stores at each path and below it (statement 52)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, compress
from typing import NamedTuple

from layerview.filesystem.columns import ABSENT
from layerview.filesystem.stack import Stack
from layerview.layers import IS_FILE

Beside = tuple[int, int]
"""A node, and bytes that count there and in each folder around it; less than none where they count once too often."""


class _Several(NamedTuple):
    """A file of several names in its layer."""

    stored: int
    """The node that it is stored at; ABSENT for AUFS bookkeeping."""
    names: list[int]
    """That one, and all that name it there, ascending."""
    bytes_: int


class OwnBytes:
    """The bytes of a layer's files by path: look-ups, but for files of several names, each of which is looked at once.

    Contents of the files that stand in a layer's state are numbered as their paths are, so that what is below a folder is
    a row of them. What else counts stands beside these: other names, what the layer hides itself, what has no path.
    """

    def __init__(self, stack: Stack, layer: int) -> None:
        self._stack, self._layer = stack, layer
        self._shown = _shown(stack, layer)
        self._nodes = stack.columns.inode_node
        self._unseen = dict[int, int]()
        if stack.bytes_of(self._shown) != stack.stored(layer):
            self._unseen = dict(_unseen(stack, layer, self._shown.stop))
        self._files = list[_Several]()
        self.found = not stack.columns.names
        """Whether all files of several names are looked at."""

    @property
    def hides(self) -> bool:
        """Whether the layer hides what it stores itself, so that a path may have the bytes of several files."""
        return bool(self._unseen)

    def find(self) -> Iterator[None]:
        """Look at the files of several names, one after the other. What is asked meanwhile looks at the rest of them at once."""
        stack, columns, files = self._stack, self._stack.columns, []
        for inode, nodes in columns.names.items():
            if inode in self._shown or inode in self._unseen:
                stored = columns.inode_node[inode]
                names = {stored, *(node for node in nodes if stack.inode(node, self._layer) == inode)}
                files.append(_Several(stored, sorted(names), columns.inode_size[inode]))
                yield
        self._files, self.found = files, True

    def at(self, node: int) -> int:
        """Bytes of the files at the path and below it, each of them once."""
        inodes, stop, end = self._nodes, self._shown.stop, self._stack.paths.end[node]
        low = bisect_left(inodes, node, self._shown.start, stop)
        if end > node + 1:
            bytes_ = self._stack.bytes_of(range(low, bisect_left(inodes, end, low, stop)))
        else:
            bytes_ = self._stack.columns.inode_size[low] if low < stop and inodes[low] == node else 0
        nodes, sums = self._beside
        if nodes:
            # The bookkeeping of AUFS has no path, and is the layer's nevertheless: ABSENT stands before the root.
            first = bisect_left(nodes, node) if node else 0
            bytes_ += sums[bisect_left(nodes, end, first)] - sums[first]
        return bytes_

    @cached_property
    def alone(self) -> array[int]:
        """The bytes at every path, without what is below it."""
        alone = array("q", bytes(8 * self._stack.nodes))
        columns, shown = self._stack.columns, slice(self._shown.start, self._shown.stop)
        for node, bytes_ in zip(columns.inode_node[shown], columns.inode_size[shown], strict=True):
            alone[node] = bytes_
        for node, bytes_ in self._more():
            if node != ABSENT:
                alone[node] += bytes_
        return alone

    def twice(self, mask: bytes) -> Iterator[Beside]:
        """Where two names of a file meet that are both in the mask, and the file's bytes."""
        for file in self._several:
            here = [name for name in file.names if name != ABSENT and mask[name]]
            yield from ((folder, file.bytes_) for folder in self._stack.meetings(here))

    @cached_property
    def _beside(self) -> tuple[array[int], array[int]]:
        """The nodes beside those of the files that stand in the layer's state, and the bytes before each of them."""
        beside = [*self._more()]
        for file in self._several:
            beside += [(folder, -file.bytes_) for folder in self._stack.meetings(file.names)]
        beside.sort()
        sums = accumulate((bytes_ for _, bytes_ in beside), initial=0)
        return array("i", [node for node, _ in beside]), array("q", sums)

    def _more(self) -> Iterator[Beside]:
        """Names besides those that files are stored under, and what does not stand in the layer's state."""
        stored = self._stack.columns.inode_node
        for inode, bytes_ in self._unseen.items():
            yield stored[inode], bytes_
        for file in self._several:
            yield from ((name, file.bytes_) for name in file.names if name != file.stored)

    @property
    def _several(self) -> list[_Several]:
        if not self.found:
            for _ in self.find():
                pass
        return self._files


def _shown(stack: Stack, layer: int) -> range:
    """The inodes of the files that the layer lists and does not hide itself, as the merge has stored them: ascending by path."""
    if layer in stack.missing:
        return range(0)
    columns, part = stack.columns, slice(*stack.events(layer))
    rows, inodes = columns.event_row[part], columns.event_inode[part]
    is_file = (bytes(stack.index(layer).kind).translate(IS_FILE) + b"\0").__getitem__  # none where there is no row
    first = next(compress(inodes, map(is_file, rows)), 0)
    last = next(compress(inodes[::-1], map(is_file, rows[::-1])), first - 1)
    return range(first, last + 1)


def _unseen(stack: Stack, layer: int, first: int) -> Iterator[tuple[int, int]]:
    """Inode and bytes of what else the layer stores, from ``first`` on."""
    columns = stack.columns
    inodes = range(first, len(columns.inode_node))
    for inode in compress(inodes, map(layer.__eq__, columns.inode_layer[first:])):
        if bytes_ := columns.inode_size[inode]:
            yield inode, bytes_
