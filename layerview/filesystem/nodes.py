"""All paths of all layers, numbered in preorder."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import accumulate, chain, compress

from layerview.errors import DamagedError
from layerview.filesystem.columns import ABSENT
from layerview.layers import Kind, LayerIndex

MAX_TEXT = 1 << 30
"""Bytes of all paths of an image; ten million paths of a hundred bytes."""

IS_SHOWN = bytes(kind not in (Kind.WHITEOUT, Kind.OPAQUE, Kind.HIDDEN) for kind in range(256))
"""Translates a column of kinds: 1 for a row that puts a path into the tree."""

_SWAP = bytes.maketrans(b"/\0", b"\0/")
_LINES = bytes.maketrans(b"\0/\n", b"/\n\0")


def preorder_key(path: bytes) -> bytes:
    """A path whose byte order is preorder, children in byte order of their names: NUL between its names."""
    return path.translate(_SWAP)


def layer_keys(index: LayerIndex) -> list[bytes]:
    """The preorder key of every row."""
    return bytes(index.paths).translate(_SWAP).split(b"/")[:-1]


class Nodes:
    """The nodes of a merged tree: what of the columns depends on paths alone."""

    def __init__(self, indexes: Mapping[int, LayerIndex]) -> None:
        self.keys = {number: layer_keys(index) for number, index in indexes.items()}
        """By layer, the key of every row."""
        found = {b""}
        for number, index in indexes.items():
            found.update(compress(self.keys[number], bytes(index.kind).translate(IS_SHOWN)))
        parents, text = found, sum(map(len, found))
        while parents := {key[: max(key.rfind(b"\0"), 0)] for key in parents} - found:
            found |= parents
            text += sum(map(len, parents))
            if text > MAX_TEXT:
                raise DamagedError(f"The image has more than {MAX_TEXT:,} bytes of paths")
        order = sorted(found)
        self.number = dict(zip(order, range(len(order)), strict=True))
        """The node of each key."""
        self.paths = (b"\0" + b"/\0".join(order) + b"/").translate(_LINES)
        self.start = array("Q", accumulate(chain((0,), map((2).__add__, map(len, order)))))
        self.depth = array("i", map((1).__add__, map(bytes.count, order, [b"\0"] * len(order))))
        self.depth[0] = 0
        self.parent, self.end = _structure(self.depth)

    def __len__(self) -> int:
        return len(self.parent)


def _structure(depths: array[int]) -> tuple[array[int], array[int]]:
    """Parent and end of subtree of each node, from the depths of a preorder."""
    nodes = len(depths)
    parent = array("i", [ABSENT]) * nodes
    end = array("i", [nodes]) * nodes
    open_nodes = [0]
    """The node being filled at each depth."""
    for node in range(1, nodes):
        depth = depths[node]
        if depth < len(open_nodes):
            for closed in open_nodes[depth:]:
                end[closed] = node
            del open_nodes[depth:]
        parent[node] = open_nodes[-1]
        open_nodes.append(node)
    return parent, end
