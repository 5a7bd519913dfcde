"""Layers merged into one tree of nodes, events and inodes.

What runs over all entries runs in C where it can (``map``, ``zip``, ``sorted``, ``compress``), and only what
meets something below is looked at one by one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, compress, repeat

from layerview.filesystem.aspects import Placed, aspects_between, kind_of
from layerview.filesystem.changes import Aspect, Change, Reason
from layerview.filesystem.columns import ABSENT, NEVER, Columns, Tree
from layerview.filesystem.nodes import Nodes
from layerview.filesystem.placement import Placement
from layerview.filesystem.rivals import Rivals, rivals
from layerview.layers import IS_FILE, Kind, LayerIndex, hardlink_targets

Checksum = Callable[[int, int], int | None]
"""Gives the CRC-64/GO-ISO of a file's content by layer and row; None where it cannot be read."""

_UNMODIFIED, _MODIFIED, _REMOVED = int(Change.UNMODIFIED), int(Change.MODIFIED), int(Change.REMOVED)
_OTHER = int(Aspect.CONTENT | Aspect.TYPE)

_MUCH = 100_000
"""Entries that keep a tree waiting for a quarter of a second, so that one without them is worth having before."""

_LINK_REPLACED = "the link of a lower layer is replaced by a folder, as overlayfs does; other runtimes may follow it"


def merge(
    layers: int,
    indexes: Mapping[int, LayerIndex],
    checksum: Checksum,
    expect: Callable[[Rivals], None] | None = None,
    grow: Callable[[Tree], None] | None = None,
    least: int = 0,
) -> Tree:
    """Merge the layers of an image that are at hand, from the lowest up.

    ``checksum`` is asked for contents of equal size under one path that their index does not know; ``expect`` is told
    before which ones these will be, save a few. A layer that is not at hand counts as empty and is named in the result.
    ``grow`` is given the tree as the lower layers make it, where the others take a while, each time it has doubled; all
    layers up to ``least`` are in it.
    """
    nodes = Nodes(indexes)
    if expect is not None:
        expect(rivals(nodes, indexes))
    merger = _Merger(nodes, indexes, checksum)
    paths = nodes.paths()
    left = sum(len(index.kind) for index in indexes.values())
    wanted = left // 8
    for number in range(1, layers + 1):
        merger.begin_layer()
        if number in indexes:
            _Layer(merger, number).apply()
            left -= len(indexes[number].kind)
        if grow is not None and number >= least and left >= _MUCH and len(merger.event_node) >= wanted:
            wanted = 2 * len(merger.event_node)
            grow(Tree(paths, merger.columns(layers, number)))
    return Tree(paths, merger.columns(layers, layers))


class _Merger:
    """The tables of the result while layers are put on top of each other."""

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

    def begin_layer(self) -> None:
        self.bounds.append(len(self.event_node))

    def columns(self, layers: int, upto: int) -> Columns:
        """What the layers ``upto`` one of them make of the paths: copies of the columns, unless that is the last one."""

        def view(column: array[int]) -> memoryview:
            return memoryview(column if upto == layers else column[:]).toreadonly()

        bounds = self.bounds + [len(self.event_node)] * (layers + 1 - len(self.bounds))
        return Columns(
            layers=layers,
            missing=tuple(number for number in range(1, layers + 1) if number not in self.indexes or number > upto),
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

    def inode_of(self, node: int) -> int:
        event = self.current(node)
        return ABSENT if event == ABSENT else self.event_inode[event]

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

    def placed(self, layer: int, row: int, inode: int) -> Placed:
        index = self.indexes[layer]
        if inode == ABSENT:
            return index, row, index, row, inode
        return index, row, self.indexes[self.inode_layer[inode]], self.inode_row[inode], inode

    def know_content(self, inode: int) -> None:
        """Have the checksum of a content; one that cannot be read gets a number of its own, to be like no other."""
        if not self.inode_hashed[inode]:
            size = self.inode_size[inode]
            crc = self.checksum(self.inode_layer[inode], self.inode_row[inode]) if size else 0
            self.inode_crc[inode] = inode if crc is None else crc
            self.inode_hashed[inode] = 1

    def same_content(self, one: int, other: int) -> bool:
        if one == other or self.inode_size[one] != self.inode_size[other]:
            return one == other
        if self.both_tell(one, other):
            return self.inode_sha256[one] == self.inode_sha256[other]
        self.know_content(one)
        self.know_content(other)
        return self.inode_crc[one] == self.inode_crc[other]

    def both_tell(self, one: int, other: int) -> bool:
        """Whether their layers tell the SHA-256 of two contents, so that neither need be read."""
        return self.told and bool(self.inode_sha256[one] and self.inode_sha256[other])

    def know_versions(self, node: int, inode: int) -> None:
        """Hash all contents of one path that have a size in common, so that any two states can be compared."""
        sizes, inodes = self.inode_size, self.event_inode
        size = sizes[inode]
        event = self.last[node]
        while event != ABSENT:
            other = inodes[event]
            if other != ABSENT and other != inode and sizes[other] == size and not self.both_tell(inode, other):
                self.know_content(other)
                self.know_content(inode)
            event = self.event_previous[event]


class _Layer:
    """One layer while it is put on top of those below."""

    def __init__(self, merger: _Merger, number: int) -> None:
        self.merger = merger
        self.number = number
        self.index = merger.indexes[number]
        self.kinds = bytes(self.index.kind)
        self.located = merger.nodes.located.pop(number)
        self.place = Placement(merger.nodes, self.located, self.kinds, merger)
        unlisted = (self.place.implied | self.place.gone) - self.place.rows.keys()
        self.nodes = array("i", sorted(chain(self.place.rows, unlisted)))
        """All nodes that the layer touches, ascending: one event each."""
        self.rows = array("i", map(self.place.rows.get, self.nodes, repeat(ABSENT)))
        self.first = len(merger.event_node)
        """The event of the first of them."""
        self.inodes: dict[int, int] = {}
        """Row: its inode, of what the tree does not show, and of what is no file and has hard links."""
        self.dropped: dict[int, Reason] = {}
        """Inodes that lost a name, and why."""
        self.shared_before: dict[int, frozenset[int]] = {}
        """Inodes that have several names, and whose names changed: those they had."""
        self.bytes_below: defaultdict[int, int] = defaultdict(int)
        self.items_below = Counter(map(merger.nodes.parent.__getitem__, self.nodes))

    def apply(self) -> None:
        self._take_for_new()
        self._store_unseen()
        last = self.merger.last
        known = [(event, node) for event, node in enumerate(self.nodes, self.first) if last[node] != ABSENT]
        self._link()
        self._meet(known)
        for event, node in enumerate(self.nodes, self.first):
            last[node] = event
        self._bury()
        self._hide()
        self._total()

    def _take_for_new(self) -> None:
        """Record all paths as added, and store an inode for each file."""
        merger, nodes, rows = self.merger, self.nodes, self.rows
        count = len(nodes)
        is_file = bytes(map((self.kinds.translate(IS_FILE) + b"\0").__getitem__, rows))
        file_rows = array("i", compress(rows, is_file))
        sizes = array("q", map(self.index.size.__getitem__, file_rows))
        inodes = merger.store(self.number, compress(nodes, is_file), file_rows, sizes, names=1)
        below = self.bytes_below
        for over, size in zip(map(merger.nodes.parent.__getitem__, compress(nodes, is_file)), sizes, strict=True):
            below[over] += size
        merger.event_node.extend(nodes)
        merger.event_layer.extend(array("H", (self.number,)) * count)
        merger.event_row.extend(rows)
        merger.event_change.extend(bytes((Change.ADDED,)) * count)
        merger.event_aspects.extend(array("H", (0,)) * count)
        numbers = iter(inodes)
        merger.event_inode.extend([next(numbers) if file else ABSENT for file in is_file])
        merger.event_previous.extend(map(merger.last.__getitem__, nodes))

    def _store_unseen(self) -> None:
        """Inodes of files that the tree does not show."""
        size = self.index.size
        for node, row in self.place.buried:
            if self.kinds[row] == Kind.FILE:
                (self.inodes[row],) = self.merger.store(self.number, [node], [row], [size[row]], names=0)
        for row in self.place.hidden:
            (self.inodes[row],) = self.merger.store(self.number, [ABSENT], [row], [size[row]], names=0)

    def _link(self) -> None:
        """Give each hard link the inode that it names."""
        if Kind.HARDLINK not in self.kinds:
            return
        merger, links = self.merger, self.located.links
        targets = hardlink_targets(self.located.nodes, self.kinds, links)
        for row, node in sorted((row, node) for node, row in self.place.rows.items() if row in links):
            target = targets.get(row)
            inode = None if target is None else self._named(target)
            if inode is None:  # a link to nothing reads as an empty file
                (inode,) = merger.store(self.number, [node], [row], [0], names=1)
            else:
                self._share(inode, node)
                merger.inode_names[inode] += 1
            merger.event_inode[self._event(node)] = inode

    def _share(self, inode: int, node: int) -> None:
        """Give an inode one more name."""
        merger = self.merger
        if inode not in merger.names:
            first = merger.inode_node[inode]
            own = merger.inode_layer[inode] == self.number
            if own and merger.inode_names[inode]:
                # until now it was counted as a file with one name
                self.bytes_below[merger.nodes.parent[first]] -= merger.inode_size[inode]
            merger.names[inode] = {first} - {ABSENT}
            merger.living[inode] = set() if own else {first} if merger.inode_of(first) == inode else set()
            self._remember(inode)
            if own and merger.inode_names[inode]:
                merger.living[inode].add(first)
        self._remember(inode)
        merger.names[inode].add(node)
        merger.living[inode].add(node)

    def _event(self, node: int) -> int:
        """This layer's event of a node that it touches."""
        return self.first + bisect_left(self.nodes, node)

    def _named(self, target: int) -> int | None:
        """The inode of a row that hard links come from; None where that is a link to nothing, or to a folder."""
        merger = self.merger
        if target in self.located.links:
            elsewhere = self.located.links[target]
            return None if elsewhere < 0 else merger.linkable(elsewhere)
        if target in self.inodes:
            return self.inodes[target]
        node = self.located.nodes[target]
        shown = self.place.rows.get(node) == target
        if shown and self.kinds[target] == Kind.FILE:
            return merger.event_inode[self._event(node)]
        (inode,) = merger.store(self.number, [node], [target], [0], names=int(shown))
        self.inodes[target] = inode
        if shown:
            merger.event_inode[self._event(node)] = inode
        return inode

    def _meet(self, known: Iterable[tuple[int, int]]) -> None:
        """Mend the events of paths that lower layers hold or held."""
        merger, implied = self.merger, self.place.implied
        last, parent, items_below = merger.last, merger.nodes.parent, self.items_below
        layers, rows, inodes, changes = merger.event_layer, merger.event_row, merger.event_inode, merger.event_change
        for event, node in known:
            old, row, inode = last[node], rows[event], inodes[event]
            if inode != ABSENT:
                merger.know_versions(node, inode)
            if changes[old] == _REMOVED:
                merger.returned.add(node)
                continue
            before = inodes[old]
            items_below[parent[node]] -= 1
            aspects = 0
            if row != ABSENT or node in implied:
                below = merger.placed(layers[old], rows[old], before)
                aspects = aspects_between(below, merger.placed(self.number, row, inode), merger.same_content)
                change = _MODIFIED if aspects else _UNMODIFIED
                if row == ABSENT and kind_of(below) == Kind.SYMLINK:
                    merger.notes[event] = _LINK_REPLACED
            else:
                change = _REMOVED
                merger.gone[node] = min(merger.gone[node], self.number)
                items_below[parent[node]] -= 1
            changes[event] = change
            merger.event_aspects[event] = aspects
            if before != ABSENT:
                self._drop(node, before, inode, Reason.REMOVED if change == _REMOVED else _reason(aspects))

    def _drop(self, node: int, inode: int, successor: int, reason: Reason) -> None:
        """A path no longer names an inode."""
        merger = self.merger
        merger.inode_names[inode] -= 1
        if inode in merger.names:
            self._remember(inode)
            if successor != inode:
                merger.living[inode].discard(node)
        else:
            self.bytes_below[merger.nodes.parent[node]] -= merger.inode_size[inode]
        if inode not in self.dropped or merger.inode_node[inode] == node:
            self.dropped[inode] = reason

    def _remember(self, inode: int) -> None:
        if inode not in self.shared_before:
            self.shared_before[inode] = frozenset(self.merger.living[inode])

    def _bury(self) -> None:
        """Charge to this layer what it stores and hides itself (statement 24)."""
        merger, place = self.merger, self.place
        for node, row in place.buried:
            inode = self.inodes.get(row)
            if inode is not None:
                reason = Reason.REPLACED if self._leads_to_rows(node) else Reason.REMOVED
                if node in place.rows:
                    holds = place.rows[node]
                    successor = merger.placed(self.number, holds, merger.event_inode[self._event(node)])
                    aspects = aspects_between(merger.placed(self.number, row, inode), successor, merger.same_content)
                    reason = _reason(aspects)
                self.dropped[inode] = reason
        for row in place.hidden:
            self.dropped.setdefault(self.inodes[row], Reason.REMOVED)

    def _leads_to_rows(self, node: int) -> bool:
        """Whether the layer has anything below a path."""
        low, high = bisect_left(self.nodes, node + 1), bisect_left(self.nodes, self.merger.nodes.end[node])
        return any(row != ABSENT for row in self.rows[low:high])

    def _hide(self) -> None:
        """Charge what lost its last name to this layer (statements 22 and 24)."""
        merger = self.merger
        for inode, reason in self.dropped.items():
            if not merger.inode_names[inode]:
                merger.inode_gone[inode] = self.number
                merger.inode_reason[inode] = reason

    def _total(self) -> None:
        """Carry the layer's differences in bytes and items up to the root."""
        merger = self.merger
        self.items_below.pop(ABSENT, None)  # the root is below nothing
        for inode, before in self.shared_before.items():
            size = merger.inode_size[inode]
            self._spread(before, -size)
            self._spread(merger.living[inode], size)
        depth, parent = merger.nodes.depth, merger.nodes.parent
        levels: defaultdict[int, set[int]] = defaultdict(set)
        for node in self.bytes_below.keys() | self.items_below.keys():
            levels[depth[node]].add(node)
        for level in range(max(levels, default=-1), -1, -1):
            for node in levels[level]:
                more_bytes, more_items = self.bytes_below[node], self.items_below[node]
                over = parent[node]
                if over != ABSENT:
                    self.bytes_below[over] += more_bytes
                    self.items_below[over] += more_items
                    levels[level - 1].add(over)
                if more_bytes or more_items:
                    previous = merger.total_last[node]
                    merger.total_last[node] = len(merger.total_layer)
                    merger.total_layer.append(self.number)
                    merger.total_bytes.append(more_bytes + (merger.total_bytes[previous] if previous != ABSENT else 0))
                    merger.total_items.append(more_items + (merger.total_items[previous] if previous != ABSENT else 0))
                    merger.total_previous.append(previous)

    def _spread(self, names: Iterable[int], size: int) -> None:
        """Add an inode's bytes to the folders of its names so that, summed upwards, each counts it once (21)."""
        parent, end = self.merger.nodes.parent, self.merger.nodes.end
        before = ABSENT
        for node in sorted(names):
            self.bytes_below[parent[node]] += size
            if before != ABSENT:
                common = parent[before]
                while end[common] <= node:
                    common = parent[common]
                self.bytes_below[common] -= size
            before = node


def _reason(aspects: int) -> Reason:
    """Why a content is stored in vain whose path differs so from what is above it (statement 24)."""
    if aspects & _OTHER:
        return Reason.REPLACED
    return Reason.METADATA if aspects else Reason.IDENTICAL
