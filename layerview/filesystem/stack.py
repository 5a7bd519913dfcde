"""Layers stacked: the state of every path at every layer, and its history."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, pairwise

import msgspec

from layerview.filesystem.aspects import IMPLIED_MODE, REGULAR, Placed, aspects_between, mode_of
from layerview.filesystem.changes import Aspect
from layerview.filesystem.columns import ABSENT, NEVER, Paths, Tree
from layerview.layers import Kind, LayerIndex, Warning
from layerview.trees import Change, Preordered, Ranking

_LOW = slice(0 if sys.byteorder == "little" else 1, None, 2)
"""The lower byte of each number of 16 bits."""
_BLOCK = 128
"""Contents that are summed up together: half a million in some 8 ms, and any row of them in some 2 µs."""


class Entry(msgspec.Struct, frozen=True):
    """What a path is in some state."""

    kind: Kind
    mode: int
    """Permission and set-id bits."""
    uid: int
    gid: int
    size: int
    """Bytes of a regular file, also under each of its hard links; 0 for all else."""
    mtime: int
    """Nanoseconds since 1970."""
    layer: int
    """The layer that last touched the path."""
    link: bytes | None = None
    """A symbolic link's target as written; a hard link's other path, the one that carries the bytes."""
    device: tuple[int, int] | None = None
    """Major and minor number."""
    xattrs: Mapping[bytes, bytes] = msgspec.field(default_factory=dict)
    implied: bool = False
    """A folder that no layer lists."""


class Event(msgspec.Struct, frozen=True):
    """What a layer did to a path."""

    layer: int
    change: Change
    """UNMODIFIED: the layer stores the very same again."""
    aspects: Aspect
    entry: Entry | None
    """None where the layer removed it."""
    stored: int
    """Bytes that the layer stores for it."""
    note: str
    """What a reader must know, such as that runtimes disagree; else empty."""


class Counts(msgspec.Struct, frozen=True):
    """How many paths were added, modified and removed. A removed folder counts with all that was below it."""

    added: int
    modified: int
    removed: int

    @property
    def total(self) -> int:
        return self.added + self.modified + self.removed


class Stack(Preordered):
    """The merged tree of an image's layers, at every layer at once.

    A path is named by its *node*, a number in preorder; 0 is the root, the nodes below ``n`` are
    ``range(n + 1, end(n))``. States are named by the layer they stand at, from 0 (before the
    first). All queries are look-ups; nothing is rebuilt.
    """

    paths: Paths

    def __init__(self, tree: Tree, indexes: Mapping[int, LayerIndex]) -> None:
        super().__init__(tree.paths)
        self.tree = tree
        self.columns = tree.columns
        self.layers = self.columns.layers
        self.missing = frozenset(self.columns.missing)
        self._indexes = indexes
        self._first_names: dict[tuple[int, int], int] = {}
        """Inode of several names and layer: the first of them there."""

    # states

    def event_at(self, node: int, layer: int) -> int:
        """The node's last event up to a layer, be it a removal; ABSENT where there is none."""
        columns = self.columns
        event: int = columns.last[node]
        while event != ABSENT and columns.event_layer[event] > layer:
            event = columns.event_previous[event]
        return event

    def events_at(self, layer: int) -> array[int]:
        """``event_at`` of every node: at once in a tenth of the time."""
        columns = self.columns
        above = columns.event_bounds[layer]
        if above * 2 < len(columns.event_node):
            events = array("i", [ABSENT]) * self.nodes
            for event, node in enumerate(columns.event_node[:above]):
                events[node] = event
        else:
            events = array("i")
            events.frombytes(columns.last.tobytes())
            nodes, previous = columns.event_node[above:].tolist(), columns.event_previous[above:].tolist()
            for node, event in zip(reversed(nodes), reversed(previous), strict=True):
                events[node] = event
        return events

    @cached_property
    def event_bytes(self) -> array[int]:
        """Bytes of what each event made of its path, without what is below; 0 for ABSENT, the last item."""
        sizes = array("q", self.columns.inode_size)
        sizes.append(0)
        bytes_ = array("q", map(sizes.__getitem__, self.columns.event_inode))
        bytes_.append(0)
        return bytes_

    @cached_property
    def ranking(self) -> Ranking:
        """The inodes that have bytes, the largest first."""
        return Ranking(self.columns.inode_size, self.columns.inode_node)

    def state(self, node: int, layer: int) -> int:
        """The event that made the path what it is at a layer; ABSENT where it is not there."""
        event = self.event_at(node, layer)
        if event != ABSENT and self.columns.event_change[event] == Change.REMOVED:
            return ABSENT
        return event

    def present(self, node: int, layer: int) -> bool:
        return self.state(node, layer) != ABSENT or node == 0

    def presence(self, layer: int, or_before: bool = False) -> bytearray:
        """1 for every node that is there at a layer, ``or_before`` it, at the next lower one."""
        lowest = layer - 1 if or_before else layer
        there = self._reached(self._born, layer) ^ self._reached(self._gone, lowest)
        presence = bytearray(there.to_bytes(self.nodes, "little"))
        for node in self.columns.returned:
            presence[node] = self.present(node, layer) or self.present(node, lowest)
        presence[0] = 1
        return presence

    @cached_property
    def _born(self) -> bytes | memoryview:
        return self._short(self.columns.born)

    @cached_property
    def _gone(self) -> bytes | memoryview:
        return self._short(self.columns.gone)

    def _short(self, layers: memoryview) -> bytes | memoryview:
        """A column of layers, in one byte each where they fit, as NEVER then does: these are compared in no time."""
        return layers.tobytes()[_LOW] if self.layers < NEVER & 0xFF else layers

    def _reached(self, column: bytes | memoryview, layer: int) -> int:
        """Whether each number of a column is at most that of the layer: a byte each, 1 or 0, in one number."""
        if isinstance(column, bytes):
            flags = column.translate(bytes(number <= layer for number in range(256)))
        else:
            flags = bytes(map(layer.__ge__, column))
        return int.from_bytes(flags, "little")

    def is_directory(self, node: int, layer: int) -> bool:
        event = self.state(node, layer)
        if event == ABSENT:
            return node == 0
        row = self.columns.event_row[event]
        return row == ABSENT or self._indexes[self.columns.event_layer[event]].kind[row] == Kind.DIRECTORY

    def entry(self, node: int, layer: int) -> Entry | None:
        """What the path is at a layer, or None where it is not there."""
        event = self.state(node, layer)
        if event == ABSENT:
            return _implied(0) if node == 0 else None
        return self._entry(event, layer)

    def _entry(self, event: int, at: int) -> Entry:
        columns = self.columns
        layer, row, inode = columns.event_layer[event], columns.event_row[event], columns.event_inode[event]
        node = columns.event_node[event]
        if row == ABSENT:
            return _implied(layer)
        index, _, content, content_row, _ = self.placed(event)
        kind = Kind(index.kind[row])
        link = index.links.get(row)
        device = index.devices.get(row)
        size = 0
        if inode != ABSENT:
            size = columns.inode_size[inode]
            device = content.devices.get(content_row)
            first = self._first_name(inode, node, at)
            if first != node:
                kind, link = Kind.HARDLINK, self.path(first)
            elif content.kind[content_row] in REGULAR:
                kind, link = Kind.FILE, None
            else:
                kind, link = Kind(content.kind[content_row]), content.links.get(content_row)
        return Entry(
            kind=kind,
            mode=mode_of(index, row, content, content_row),
            uid=index.uid[row],
            gid=index.gid[row],
            size=size,
            mtime=index.mtime[row],
            layer=layer,
            link=link,
            device=device,
            xattrs=index.xattrs.get(row, {}),
        )

    def size(self, node: int, layer: int) -> int:
        """Bytes of what the path is at a layer; of a folder, of all below it, each inode once (statement 21)."""
        event = self.state(node, layer)
        inode = ABSENT if event == ABSENT else self.columns.event_inode[event]
        if inode != ABSENT:
            return self.columns.inode_size[inode]
        total = self._total(node, layer)
        return 0 if total == ABSENT else self.columns.total_bytes[total]

    def shared_bytes(self, mask: bytes, layer: int) -> Iterator[tuple[int, int]]:
        """For each name of a file in a mask but its first, the folder that it has in common with the one before, and its bytes."""
        for inode, names in self.columns.names.items():
            if bytes_ := self.columns.inode_size[inode]:
                named = [name for name in names if mask[name] and self.inode(name, layer) == inode]
                yield from ((folder, bytes_) for folder in self.meetings(named))

    def meetings(self, nodes: Sequence[int]) -> Iterator[int]:
        """For each of these nodes but the first, ascending, the folder that it has in common with the one before."""
        end, parent = self.paths.end, self.paths.parent
        for folder, other in pairwise(nodes):
            while folder != ABSENT and end[folder] <= other:
                folder = parent[folder]
            yield folder

    def items(self, node: int, layer: int) -> int:
        """How many paths are below a folder at a layer."""
        total = self._total(node, layer)
        return 0 if total == ABSENT else self.columns.total_items[total]

    def _total(self, node: int, layer: int) -> int:
        columns = self.columns
        total: int = columns.total_last[node]
        while total != ABSENT and columns.total_layer[total] > layer:
            total = columns.total_previous[total]
        return total

    def walk(self, layer: int, node: int = 0) -> Iterator[int]:
        """The nodes that are there at a layer, from ``node`` down, in preorder."""
        end = self.paths.end
        stop = end[node]
        while node < stop:
            if self.present(node, layer):
                yield node
                node += 1
            else:
                node = end[node]

    # histories and changes

    def history(self, node: int) -> tuple[Event, ...]:
        """What each layer did to the path, from the lowest up."""
        columns = self.columns
        events = []
        event = columns.last[node]
        while event != ABSENT:
            change = Change(columns.event_change[event])
            events.append(
                Event(
                    layer=columns.event_layer[event],
                    change=change,
                    aspects=Aspect(columns.event_aspects[event]),
                    entry=None if change == Change.REMOVED else self._entry(event, columns.event_layer[event]),
                    stored=self._stored_by(event),
                    note=columns.notes.get(event, ""),
                )
            )
            event = columns.event_previous[event]
        return tuple(reversed(events))

    def _stored_by(self, event: int) -> int:
        columns = self.columns
        inode = columns.event_inode[event]
        mine = (columns.event_layer[event], columns.event_row[event])
        if inode == ABSENT or (columns.inode_layer[inode], columns.inode_row[inode]) != mine:
            return 0
        return columns.inode_size[inode]

    def aspects(self, node: int, below: int, above: int) -> Aspect:
        """What differs between two events of a path, neither of them a removal."""
        return Aspect(aspects_between(self.placed(below), self.placed(above), self._same_content))

    def placed(self, event: int) -> Placed:
        """The entry of an event that is no removal."""
        columns = self.columns
        layer, row, inode = columns.event_layer[event], columns.event_row[event], columns.event_inode[event]
        index = self._indexes[layer]
        if inode == ABSENT:
            return index, row, index, row, inode
        return index, row, self._indexes[columns.inode_layer[inode]], columns.inode_row[inode], inode

    def content(self, inode: int) -> tuple[LayerIndex, int]:
        """The layer's index, and its row, that an inode comes from."""
        return self._indexes[self.columns.inode_layer[inode]], self.columns.inode_row[inode]

    def inode(self, node: int, layer: int) -> int:
        """The content that a path names at a layer; ABSENT where it names none."""
        event = self.state(node, layer)
        return ABSENT if event == ABSENT else self.columns.event_inode[event]

    def _same_content(self, one: int, other: int) -> bool:
        columns = self.columns
        if one == other or columns.inode_size[one] != columns.inode_size[other]:
            return one == other
        if len(sums := columns.inode_sha256) and sums[one] and sums[other]:
            return sums[one] == sums[other]
        return columns.inode_crc[one] == columns.inode_crc[other]

    def counts(self, layer: int) -> Counts:
        """How many paths a layer added, modified and removed."""
        changes = bytes(self.columns.event_change[slice(*self.events(layer))])
        return Counts(changes.count(Change.ADDED), changes.count(Change.MODIFIED), changes.count(Change.REMOVED))

    def events(self, layer: int) -> tuple[int, int]:
        """The range of a layer's events: the first, and the one behind the last."""
        return self.columns.event_bounds[layer - 1], self.columns.event_bounds[layer]

    # layers

    def entries(self, layer: int) -> int:
        """How many entries the layer's tar has."""
        return len(self._indexes[layer].kind) if layer in self._indexes else 0

    def stored(self, layer: int) -> int:
        """Regular-file bytes that the layer stores."""
        return self.columns.stored[layer - 1]

    def bytes_of(self, inodes: range) -> int:
        """What contents that are numbered one after the other take."""
        if len(inodes) < _BLOCK:
            return sum(self.columns.inode_size[inodes.start : inodes.stop])
        return self._bytes_before(inodes.stop) - self._bytes_before(inodes.start)

    def _bytes_before(self, inode: int) -> int:
        block = inode // _BLOCK
        return self._blocks[block] + sum(self.columns.inode_size[block * _BLOCK : inode])

    @cached_property
    def _blocks(self) -> list[int]:
        """Bytes of the contents before each block."""
        sizes = self.columns.inode_size
        return [0, *accumulate(sum(sizes[at : at + _BLOCK]) for at in range(0, len(sizes), _BLOCK))]

    def index(self, layer: int) -> LayerIndex:
        """The entries of a layer that is not missing."""
        return self._indexes[layer]

    def warnings(self, layer: int) -> tuple[Warning, ...]:
        """What was odd in the layer, and by which rule it was read."""
        return self._indexes[layer].warnings if layer in self._indexes else ()

    def _first_name(self, inode: int, node: int, layer: int) -> int:
        """The first path of an inode at a layer: the one that carries its bytes."""
        names = self.columns.names.get(inode)
        if names is None:
            return node
        key = inode, layer
        if key not in self._first_names:  # or listing many names would look through all of them for each
            states = ((name, self.state(name, layer)) for name in names)
            found = (name for name, state in states if state != ABSENT and self.columns.event_inode[state] == inode)
            self._first_names[key] = next(found, node)
        return self._first_names[key]


def _implied(layer: int) -> Entry:
    return Entry(kind=Kind.DIRECTORY, mode=IMPLIED_MODE, uid=0, gid=0, size=0, mtime=0, layer=layer, implied=True)
