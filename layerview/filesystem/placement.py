"""One layer held against the tree below it: which rows hold, what goes, which folders are needed.

Whiteouts and opaque markers act on lower layers only, wherever they stand in the layer (statements 1
and 2); entries follow in the order of the tar (11 to 13).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import chain, compress
from typing import Protocol

from layerview.filesystem.nodes import Located, Nodes
from layerview.layers import IS_SHOWN, Kind

_IS_HIDDEN = bytes(kind == Kind.HIDDEN for kind in range(256))


class Below(Protocol):
    """The state that lower layers make."""

    def holds(self, node: int) -> bool:
        """Whether the path is there."""
        ...

    def is_directory(self, node: int) -> bool:
        """Whether it is there and a folder; the root always is."""
        ...


class Placement:
    """Where the entries of a layer go, given what lower layers hold."""

    def __init__(self, nodes: Nodes, located: Located, kinds: bytes, below: Below) -> None:
        self._nodes = nodes
        self._located = located
        self._kinds = kinds
        self._below = below
        self.gone: set[int] = set()
        """Nodes of lower layers that this one removes; some of them it may hold again."""
        self.rows: dict[int, int] = {}
        """Node: the row that holds."""
        self.buried: list[tuple[int, int]] = []
        """Node and row of entries that a later row of the same layer takes the place of."""
        self.hidden = list(compress(range(len(kinds)), kinds.translate(_IS_HIDDEN)))
        """Rows of AUFS bookkeeping."""
        self.implied: set[int] = set()
        """Folders that the layer needs and does not list."""
        self._marked: set[int] = set()
        """Folders that whiteouts and opaque markers stand in."""
        self._read_marks()
        self._place_entries()
        self._imply_parents()

    def _read_marks(self) -> None:
        end, nodes = self._nodes.end, self._located.nodes
        ranges = []
        for row, over in self._located.marks.items():
            self._marked.add(over)
            if self._kinds[row] == Kind.OPAQUE:
                ranges.append((over + 1, end[over]))
            elif (node := nodes[row]) > 0:
                ranges.append((node, end[node]))
        done = 0
        for first, stop in sorted(ranges):  # each node once, however many marks there are above it
            if stop > done:
                self._remove(max(first, done), stop)
                done = stop

    def _remove(self, first: int, end: int) -> None:
        self.gone.update(filter(self._below.holds, range(first, end)))

    def _place_entries(self) -> None:
        kinds = self._kinds
        shown = kinds.translate(IS_SHOWN)
        nodes = array("i", compress(self._located.nodes, shown))
        placed = compress(range(len(kinds)), shown)
        rows = self.rows = dict(zip(nodes, placed, strict=True))
        if len(rows) < len(nodes):
            placed = compress(range(len(kinds)), shown)
            self.buried += [(node, row) for node, row in zip(nodes, placed, strict=True) if rows[node] != row]
        if 0 in rows and kinds[rows[0]] != Kind.DIRECTORY:
            self.buried.append((0, rows.pop(0)))
        inner = self._nodes.inner
        above = {node for node in inner.intersection(rows) if kinds[rows[node]] != Kind.DIRECTORY}
        over = {node: row for node, row in self.buried if node in inner and kinds[row] != Kind.DIRECTORY}
        if above or over:
            self._settle(above, over)
        for row in self._located.lost:
            self._lose(self._located.nodes[row], row)

    def _lose(self, node: int, row: int) -> None:
        """A hard link that is not there: overlayfs takes it for a whiteout, as it links to one (statement 46)."""
        if self.rows.get(node) == row:
            del self.rows[node]
            self._marked.add(self._nodes.parent[node])
            self._remove(node, self._nodes.end[node])

    def _settle(self, above: set[int], over: dict[int, int]) -> None:
        """Paths that are no folder, or were none for a while, and what is below them: the later entry holds (13).

        The layer is one tree before it meets those below, as if extracted into an empty folder.
        """
        rows, end, order = self.rows, self._nodes.end, sorted(self.rows)

        def below(node: int) -> list[int]:
            held = order[bisect_left(order, node + 1) : bisect_left(order, end[node])]
            return [child for child in held if child in rows]

        for node, row in chain(over.items(), [(node, rows[node]) for node in above]):
            for child in below(node):
                if rows[child] < row:
                    self.buried.append((child, rows.pop(child)))
        for node in above & rows.keys():
            if below(node):
                self.buried.append((node, rows.pop(node)))
            elif self._below.is_directory(node):
                self._remove(node + 1, end[node])

    def _imply_parents(self) -> None:
        """Folders that are neither listed nor there already (statements 5, 12 and 14)."""
        parent = self._nodes.parent
        for node in set(map(parent.__getitem__, self.rows)):
            self._imply(node)
        for node in self._marked:
            over = node
            while over > 0 and over not in self.rows and over not in self.implied:
                over = parent[over]
            if self.rows.get(over) is None or self._kinds[self.rows[over]] == Kind.DIRECTORY:
                self._imply(node)

    def _imply(self, node: int) -> None:
        parent = self._nodes.parent
        while node > 0 and node not in self.rows and node not in self.implied:
            if node not in self.gone and self._below.is_directory(node):
                break
            self.implied.add(node)
            node = parent[node]
