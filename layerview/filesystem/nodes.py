"""All paths of all layers, numbered in preorder."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import chain, compress, count, repeat

from layerview.errors import DamagedError
from layerview.filesystem.columns import ABSENT, Paths
from layerview.layers import IS_SHOWN, Kind, LayerIndex
from layerview.trees import Preorder, preorder_key

MAX_TEXT = 1 << 30
"""Bytes of all paths of an image; ten million paths of a hundred bytes."""

_IS_UNSEEN = bytes(not shown for shown in IS_SHOWN)


def _keys(paths: memoryview) -> list[bytes]:
    """The preorder key of each path of a column."""
    return preorder_key(bytes(paths)).split(b"/")[:-1]


def recorded(order: Preorder) -> Paths:
    """Paths as a record, which shares their memory."""
    return Paths(
        text=memoryview(order.text).toreadonly(),
        start=memoryview(order.start).toreadonly(),
        parent=memoryview(order.parent).toreadonly(),
        end=memoryview(order.end).toreadonly(),
        depth=memoryview(order.depth).toreadonly(),
    )


class Nodes(Preorder):
    """The nodes of a merged tree, and which rows of the layers are about them: what depends on paths alone."""

    def __init__(self, indexes: Mapping[int, LayerIndex]) -> None:
        keys = {number: _keys(index.paths) for number, index in indexes.items()}
        shown = (compress(keys[number], bytes(index.kind).translate(IS_SHOWN)) for number, index in indexes.items())
        folders = (_keys(index.folders) for index in indexes.values())
        # Most layers are in preorder already. A dictionary keeps that, which a set would not, and it sorts in no time.
        number: dict[bytes, int] = dict.fromkeys(chain((b"",), *shown, *folders), 0)
        order = sorted(number)
        if sum(map(len, order)) > MAX_TEXT:
            raise DamagedError(f"The image has more than {MAX_TEXT:,} bytes of paths")
        number.update(zip(order, count()))  # which takes half as long as another dictionary
        self.located = _located(indexes, keys, number)
        """By layer."""
        del number
        super().__init__(order)  # when most of the keys are gone: they and the text are all that takes much memory
        self.inner = frozenset(self.parent)
        """Those that have others below them."""


class Located:
    """The rows of a layer by the nodes that they are about."""

    def __init__(self, index: LayerIndex, keys: list[bytes], number: Mapping[bytes, int]) -> None:
        """``keys`` are those of the rows, ``number`` gives the node of a key."""
        kinds = bytes(index.kind)
        self.nodes = array("i", map(number.get, keys, repeat(ABSENT)))
        """By row; of a whiteout what it removes. Paths that are no nodes have numbers of their own, below ABSENT."""
        self.links: dict[int, int] = {}
        """By row of a hard link, the node that it names."""
        self.lost: list[int] = []
        """Rows of hard links that are not there."""
        self.marks: dict[int, int] = {}
        """By row of a whiteout or an opaque marker, the folder that it stands in."""
        elsewhere: dict[bytes, int] = {}

        def node_of(key: bytes) -> int:
            node = number.get(key)
            return elsewhere.setdefault(key, ABSENT - 1 - len(elsewhere)) if node is None else node

        for row in compress(range(len(kinds)), kinds.translate(_IS_UNSEEN)):
            key = keys[row]
            self.nodes[row] = node_of(key)
            if kinds[row] == Kind.OPAQUE:
                self.marks[row] = number[key]
            elif kinds[row] == Kind.WHITEOUT:
                self.marks[row] = number[key.rpartition(b"\0")[0]]
        for row, path in index.links.items():
            if kinds[row] == Kind.HARDLINK:
                self.links[row] = node_of(preorder_key(path))
        if kinds.count(Kind.HARDLINK) > len(self.links):
            links = compress(range(len(kinds)), map(int(Kind.HARDLINK).__eq__, kinds))
            self.lost += [row for row in links if row not in self.links]


def _located(
    indexes: Mapping[int, LayerIndex], keys: dict[int, list[bytes]], number: Mapping[bytes, int]
) -> dict[int, Located]:
    """The same of all layers. No key of theirs is left afterwards."""
    return {layer: Located(index, keys.pop(layer), number) for layer, index in indexes.items()}
