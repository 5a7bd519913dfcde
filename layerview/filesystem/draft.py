"""The tables of a merged tree while layers are put on top of each other, and the state that they make so far."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat

from layerview.filesystem.aspects import Placed
from layerview.filesystem.changes import Reason
from layerview.filesystem.columns import ABSENT, NEVER, Columns
from layerview.filesystem.nodes import Nodes
from layerview.layers import Kind, LayerIndex
from layerview.trees import Change

Checksum = Callable[[int, int], int | None]
"""Gives the CRC-64/GO-ISO of a file's content by layer and row; None where it cannot be read."""


class Draft:
    """A tree's tables, and what holds now."""

    def __init__(self, nodes: Nodes, indexes: Mapping[int, LayerIndex], checksum: Checksum) -> None:
        self.nodes = nodes
        self.indexes = indexes
        self.checksum = checksum
        self.living: dict[int, set[int]] = {}
        """Inodes that have several names: those that are there now."""
        # the tables of Columns
        self.last = array("i", [ABSENT]) * len(nodes)
        self.gone = array("H", [NEVER]) * len(nodes)
        self.returned: set[int] = set()
        self.stored: list[int] = []
        self.wasted: Counter[tuple[int, int, int]] = Counter()
        self.wasted_files = 0
        self.bounds: list[int] = []
        self.event_node = array("i")
        self.event_layer = array("H")
        self.event_row = array("i")
        self.event_change = bytearray()
        self.event_aspects = array("H")
        self.event_inode = array("i")
        self.event_previous = array("i")
        self.inode_layer = array("H")
        self.inode_row = array("i")
        self.inode_node = array("i")
        self.inode_size = array("q")
        self.inode_crc = array("Q")
        self.inode_hashed = bytearray()
        self.inode_sha256 = array("Q")
        self.told = any(len(index.sha256) for index in indexes.values())
        """Whether a layer tells any; else the column stays empty."""
        self.inode_names = array("i")
        """How many names it has now."""
        self.inode_gone = array("H")
        self.inode_reason = bytearray()
        self.names: dict[int, set[int]] = {}
        self.total_last = array("i", [ABSENT]) * len(nodes)
        self.total_layer = array("H")
        self.total_bytes = array("q")
        self.total_items = array("i")
        self.total_previous = array("i")
        self.notes: dict[int, str] = {}

    def begin_layer(self, number: int) -> None:
        self.bounds.append(len(self.event_node))
        self.stored.append(sum(self.indexes[number].size) if number in self.indexes else 0)

    def columns(self, layers: int, upto: int) -> Columns:
        """What the layers ``upto`` one of them make of the paths: copies of the columns, unless that is the last one."""

        def view(column: array[int]) -> memoryview:
            return memoryview(column if upto == layers else column[:]).toreadonly()

        bounds = self.bounds + [len(self.event_node)] * (layers + 1 - len(self.bounds))
        return Columns(
            layers=layers,
            missing=tuple(number for number in range(1, layers + 1) if number not in self.indexes or number > upto),
            stored=(*self.stored, *repeat(0, layers - len(self.stored))),
            wasted=tuple((*charge, size) for charge, size in sorted(self.wasted.items())),
            wasted_files=self.wasted_files,
            born=view(self._born()),
            gone=view(self.gone),
            returned=view(array("i", sorted(self.returned))),
            last=view(self.last),
            event_bounds=tuple(bounds),
            event_node=view(self.event_node),
            event_layer=view(self.event_layer),
            event_row=view(self.event_row),
            event_change=memoryview(bytes(self.event_change)),
            event_aspects=view(self.event_aspects),
            event_inode=view(self.event_inode),
            event_previous=view(self.event_previous),
            inode_layer=view(self.inode_layer),
            inode_row=view(self.inode_row),
            inode_node=view(self.inode_node),
            inode_size=view(self.inode_size),
            inode_crc=view(self.inode_crc),
            inode_sha256=view(self.inode_sha256),
            inode_gone=view(self.inode_gone),
            inode_reason=memoryview(bytes(self.inode_reason)),
            names={inode: tuple(sorted(names)) for inode, names in self.names.items()},
            total_last=view(self.total_last),
            total_layer=view(self.total_layer),
            total_bytes=view(self.total_bytes),
            total_items=view(self.total_items),
            total_previous=view(self.total_previous),
            notes=dict(self.notes),
        )

    def _born(self) -> array[int]:
        """By node, the layer of its first event."""
        born = array("H", [NEVER]) * len(self.nodes)
        for node, layer in zip(reversed(self.event_node), reversed(self.event_layer), strict=True):
            born[node] = layer
        return born

    # the state that holds now

    def current(self, node: int) -> int:
        """The event that made a path what it is; ABSENT where it is not there."""
        event = self.last[node]
        return ABSENT if event == ABSENT or self.event_change[event] == Change.REMOVED else event

    def holds(self, node: int) -> bool:
        return self.current(node) != ABSENT

    def is_directory(self, node: int) -> bool:
        event = self.current(node)
        if event == ABSENT:
            return node == 0
        row = self.event_row[event]
        return row == ABSENT or self.indexes[self.event_layer[event]].kind[row] == Kind.DIRECTORY

    def linkable(self, node: int) -> int | None:
        """The inode that a link to a path of a lower layer names; None of a folder and of nothing."""
        if self.is_directory(node) or not self.holds(node):
            return None
        event = self.last[node]
        if self.event_inode[event] == ABSENT:  # a symbolic link, a device, a FIFO: nobody needed it so far
            layer, row = self.event_layer[event], self.event_row[event]
            (self.event_inode[event],) = self.store(layer, [node], [row], [0], names=1)
        return self.event_inode[event]

    # inodes

    def store(self, layer: int, nodes: Iterable[int], rows: Sequence[int], sizes: Iterable[int], names: int) -> range:
        """New inodes for some rows of a layer, with so many names each (0 or 1)."""
        first, count = len(self.inode_layer), len(rows)
        index = self.indexes[layer]
        self.inode_layer.extend(array("H", (layer,)) * count)
        self.inode_row.extend(rows)
        self.inode_node.extend(nodes)
        self.inode_size.extend(sizes)
        self.inode_crc.extend(map(index.crc.__getitem__, rows))
        self.inode_hashed.extend(map(index.hashed.__getitem__, rows))
        if self.told:
            self.inode_sha256.extend(map(index.sha256.__getitem__, rows) if len(index.sha256) else repeat(0, count))
        self.inode_names.extend(array("i", (names,)) * count)
        self.inode_gone.extend(array("H", (0,)) * count)
        self.inode_reason.extend(bytes(count))
        return range(first, first + count)

    def hide(self, inode: int, layer: int, reason: Reason) -> None:
        """Charge a content that has lost its last name to the layer that took it."""
        self.inode_gone[inode] = layer
        self.inode_reason[inode] = reason
        if size := self.inode_size[inode]:
            self.wasted[self.inode_layer[inode], layer, reason] += size
            self.wasted_files += 1

    def placed(self, layer: int, row: int, inode: int) -> Placed:
        index = self.indexes[layer]
        if inode == ABSENT:
            return index, row, index, row, inode
        return index, row, self.indexes[self.inode_layer[inode]], self.inode_row[inode], inode

    def know_content(self, inode: int) -> None:
        """Find the checksum of a content; one that cannot be read gets a number of its own, to be like no other."""
        size = self.inode_size[inode]
        crc = self.checksum(self.inode_layer[inode], self.inode_row[inode]) if size else 0
        self.inode_crc[inode] = inode if crc is None else crc
        self.inode_hashed[inode] = 1

    def same_content(self, one: int, other: int) -> bool:
        if one == other or self.inode_size[one] != self.inode_size[other]:
            return one == other
        if self.told and self.both_tell(one, other):
            return self.inode_sha256[one] == self.inode_sha256[other]
        if not self.inode_hashed[one]:
            self.know_content(one)
        if not self.inode_hashed[other]:
            self.know_content(other)
        return self.inode_crc[one] == self.inode_crc[other]

    def both_tell(self, one: int, other: int) -> bool:
        """Whether their layers tell the SHA-256 of two contents, so that neither need be read."""
        return bool(self.inode_sha256[one] and self.inode_sha256[other])

    def know_versions(self, inode: int, event: int) -> None:
        """Know all contents of one path that have a size in common, so that any two states can be compared.

        ``event`` is the last one before that which has ``inode``.
        """
        while event != ABSENT:
            if (other := self.event_inode[event]) != ABSENT:
                self.same_content(other, inode)
            event = self.event_previous[event]
