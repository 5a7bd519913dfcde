"""What a single layer stores at each path and below it (statement 52)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate, compress

from layerview.filesystem.columns import ABSENT
from layerview.filesystem.stack import Stack


class OwnBytes:
    """The bytes of a layer's files by path: one pass over these, then each path is a look-up.

    They stand at the nodes that they are stored at, in preorder, so that what is below a folder is a row of them.
    """

    def __init__(self, stack: Stack, layer: int) -> None:
        columns = stack.columns
        inodes = stack.contents(layer)
        part = slice(inodes.start, inodes.stop)
        several = {inode: names for inode, names in columns.names.items() if inode in inodes}
        alone = bytearray(map(bool, columns.inode_size[part]))
        for inode in several:
            alone[inode - inodes.start] = False
        nodes = [*compress(columns.inode_node[part], alone)]
        sizes = [*compress(columns.inode_size[part], alone)]
        for inode, names in several.items():
            for node, bytes_ in _shared(stack, layer, inode, names):
                nodes.append(node)
                sizes.append(bytes_)
        order = sorted(range(len(nodes)), key=nodes.__getitem__)
        self._end = stack.paths.end
        self._nodes = array("i", map(nodes.__getitem__, order))
        self._sums = array("q", accumulate(map(sizes.__getitem__, order), initial=0))

    def at(self, node: int) -> int:
        """Bytes of the files at the path and below it, each of them once."""
        # What the bookkeeping of AUFS keeps has no path, and is the layer's nevertheless: it stands before the root.
        low = bisect_left(self._nodes, node) if node else 0
        return self._sums[bisect_left(self._nodes, self._end[node], low)] - self._sums[low]


def _shared(stack: Stack, layer: int, inode: int, names: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """A file that has several names: its bytes at each that it has in the layer, less where two of them are below a folder."""
    columns, parent, end = stack.columns, stack.paths.parent, stack.paths.end
    bytes_ = columns.inode_size[inode]
    here = {name for name in names if stack.inode(name, layer) == inode}
    stored = columns.inode_node[inode]
    before = ABSENT
    for node in sorted(here | {stored} - {ABSENT}):
        yield node, bytes_
        if before != ABSENT:
            while end[before] <= node:
                before = parent[before]
            yield before, -bytes_
        before = node
