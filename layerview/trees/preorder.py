"""Nodes numbered in preorder, so that all that is below one is a range: how they are numbered, and ways among them.

A node is found again in another tree by its path, the names that lead to it from the root, which has none.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, count, groupby, repeat
from typing import Protocol

_NO_PARENT = -1
_BLOCK = 1 << 14
"""Paths that are made text at a time."""
_SWAP = bytes.maketrans(b"/\0", b"\0/")
_LINES = bytes.maketrans(b"\0/\n", b"/\n\0")
_UNLINED = bytes.maketrans(b"/\n\0", b"\0/\n")


def preorder_key(path: bytes) -> bytes:
    """A path whose byte order is preorder, children in byte order of their names: NUL between its names."""
    return path.translate(_SWAP)


class PathColumns(Protocol):
    """The paths of a tree, by node, and how they lie in each other."""

    @property
    def text(self) -> memoryview | bytearray:
        """``/``, ``/etc``, ``/etc/passwd`` … in preorder, each ended by a newline; a newline in a name is a NUL here."""
        ...

    @property
    def start(self) -> Sequence[int]:
        """Where a node's path begins in ``text``, and one more item for where the last one ends."""
        ...

    @property
    def parent(self) -> Sequence[int]: ...

    @property
    def end(self) -> Sequence[int]:
        """The first node behind all that is below the node."""
        ...

    @property
    def depth(self) -> Sequence[int]:
        """0 for the root."""
        ...


def keys_of(paths: PathColumns) -> list[bytes]:
    """The preorder key of each node."""
    return bytes(paths.text).translate(_UNLINED)[1:-1].split(b"/\0")


def numbered(order: list[bytes]) -> dict[bytes, int]:
    """The node of each preorder key."""
    return dict(zip(order, count()))


class Preorder:
    """Paths being numbered in preorder: their text, and how they lie in each other."""

    def __init__(self, order: list[bytes]) -> None:
        """``order`` are all of their preorder keys, ascending, the root's first."""
        self.text = bytearray()
        for block in (order[at : at + _BLOCK] for at in range(0, len(order), _BLOCK)):  # or it is there three times
            self.text += (b"\0" + b"/\0".join(block) + b"/").translate(_LINES)
        self.start = array("Q", accumulate(chain((0,), map((2).__add__, map(len, order)))))
        self.depth = array("i", map((1).__add__, map(bytes.count, order, repeat(b"\0"))))
        self.depth[0] = 0
        self.parent, self.end = _structure(self.depth)

    def __len__(self) -> int:
        return len(self.parent)


class Preordered:
    """A tree whose nodes are numbered in preorder, the root 0, and those right below one in byte order of their names."""

    def __init__(self, paths: PathColumns) -> None:
        self.paths = paths
        self.nodes = len(paths.parent)

    def path(self, node: int) -> bytes:
        """The path without a leading slash; of the root, ``b""``."""
        paths = self.paths
        return bytes(paths.text[paths.start[node] + 1 : paths.start[node + 1] - 1]).replace(b"\0", b"\n")

    def all_paths(self) -> list[bytes]:
        """All paths, by node: at once in a fifth of the time that each by itself takes."""
        text = bytes(self.paths.text)[1:-1]
        paths = text.split(b"\n/")
        return [path.replace(b"\0", b"\n") for path in paths] if b"\0" in text else paths

    def name(self, node: int) -> bytes:
        """The last part of the path."""
        return self.path(node).rpartition(b"/")[2]

    def parent(self, node: int) -> int:
        return self.paths.parent[node]

    def end(self, node: int) -> int:
        """The first node that is not below this one."""
        return self.paths.end[node]

    def depth(self, node: int) -> int:
        """0 for the root."""
        return self.paths.depth[node]

    def find(self, path: bytes) -> int | None:
        """The node of a path, None where there is none. A leading slash is allowed."""
        path = b"/".join(name for name in path.split(b"/") if name not in (b"", b"."))
        node = bisect_left(range(self.nodes), preorder_key(path), key=lambda node: preorder_key(self.path(node)))
        return node if node < self.nodes and self.path(node) == path else None

    def children(self, node: int) -> Iterator[int]:
        """The nodes right below, in byte order of their names."""
        end = self.paths.end
        child, stop = node + 1, end[node]
        while child < stop:
            yield child
            child = end[child]


def _structure(depths: array[int]) -> tuple[array[int], array[int]]:
    """Parent and end of subtree of each node, from the depths of a preorder."""
    parent = array("i")
    end = array("i", range(1, len(depths) + 1))
    lowest: list[int] = []
    """At each depth the node that is being filled, or may be."""
    node = 0
    for depth, siblings in groupby(depths):  # all but the last of which have nothing below
        for closed in lowest[depth:]:
            end[closed] = node
        del lowest[depth:]
        count = len(list(siblings))
        parent.extend(repeat(lowest[-1] if lowest else _NO_PARENT, count))
        node += count
        lowest.append(node - 1)
    for closed in lowest:
        end[closed] = node
    return parent, end
