"""All paths of all layers, numbered in preorder."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import accumulate, chain, compress, count, groupby, repeat

from layerview.errors import DamagedError
from layerview.filesystem.columns import ABSENT, Paths
from layerview.layers import IS_SHOWN, Kind, LayerIndex

MAX_TEXT = 1 << 30
"""Bytes of all paths of an image; ten million paths of a hundred bytes."""

_BLOCK = 1 << 14
"""Paths that are made text at a time."""
_IS_UNSEEN = bytes(not shown for shown in IS_SHOWN)
_SWAP = bytes.maketrans(b"/\0", b"\0/")
_LINES = bytes.maketrans(b"\0/\n", b"/\n\0")
_UNLINED = bytes.maketrans(b"/\n\0", b"\0/\n")


def preorder_key(path: bytes) -> bytes:
    """A path whose byte order is preorder, children in byte order of their names: NUL between its names."""
    return path.translate(_SWAP)


def _keys(paths: memoryview) -> list[bytes]:
    """The preorder key of each path of a column."""
    return bytes(paths).translate(_SWAP).split(b"/")[:-1]


def keys_of(paths: Paths) -> list[bytes]:
    """The preorder key of each node."""
    return bytes(paths.text).translate(_UNLINED)[1:-1].split(b"/\0")


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

    def paths(self) -> Paths:
        """The same as a record, which shares its memory."""
        return Paths(
            text=memoryview(self.text).toreadonly(),
            start=memoryview(self.start).toreadonly(),
            parent=memoryview(self.parent).toreadonly(),
            end=memoryview(self.end).toreadonly(),
            depth=memoryview(self.depth).toreadonly(),
        )


def numbered(order: list[bytes]) -> dict[bytes, int]:
    """The node of each preorder key."""
    return dict(zip(order, range(len(order)), strict=True))


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
        parent.extend(repeat(lowest[-1] if lowest else ABSENT, count))
        node += count
        lowest.append(node - 1)
    for closed in lowest:
        end[closed] = node
    return parent, end
