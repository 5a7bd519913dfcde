"""Layers merged into one tree of nodes, events and inodes.

What runs over all entries runs in C where it can (``map``, ``zip``, ``sorted``, ``compress``), and only what
meets something below is looked at one by one.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat

from layerview.filesystem.aspects import Placed, aspects_between
from layerview.filesystem.changes import Aspect, Change, Reason
from layerview.filesystem.columns import ABSENT, Columns
from layerview.filesystem.nodes import Nodes, preorder_key
from layerview.filesystem.placement import Placement
from layerview.layers import Kind, LayerIndex

Checksum = Callable[[int, int], int | None]
"""Gives the CRC-64/GO-ISO of a file's content by layer and row; None where it cannot be read."""

_IS_FILE = bytes(kind == Kind.FILE for kind in range(256))

_LINK_REPLACED = "the link of a lower layer is replaced by a folder, as overlayfs does; other runtimes may follow it"


def merge(layers: int, indexes: Mapping[int, LayerIndex], checksum: Checksum) -> Columns:
    """Merge the layers of an image that are at hand, from the lowest up.

    ``checksum`` is asked for contents of equal size under one path that their index does not know.
    A layer that is not at hand counts as empty and is named in the result.
    """
    merger = _Merger(Nodes(indexes), indexes, checksum)
    for number in range(1, layers + 1):
        merger.begin_layer()
        if number in indexes:
            _Layer(merger, number).apply()
    return merger.columns(layers, tuple(number for number in range(1, layers + 1) if number not in indexes))


class _Merger:
    """The tables of the result while layers are put on top of each other."""

    def __init__(self, nodes: Nodes, indexes: Mapping[int, LayerIndex], checksum: Checksum) -> None:
        self.nodes = nodes
        self.indexes = indexes
        self.checksum = checksum
        # the state that holds now
        self.current = array("i", [ABSENT]) * len(nodes)
        self.is_directory = bytearray(len(nodes))
        self.is_directory[0] = 1  # a container has a root, listed or not
        self.living: dict[int, set[int]] = {}
        """Inodes that have several names: those that are there now."""
        # the tables of Columns
        self.born = array("H", bytes(2 * len(nodes)))
        self.last = array("i", [ABSENT]) * len(nodes)
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

    def columns(self, layers: int, missing: tuple[int, ...]) -> Columns:
        def view(column: array[int]) -> memoryview:
            return memoryview(column).toreadonly()

        self.begin_layer()
        nodes = self.nodes
        return Columns(
            layers=layers,
            missing=missing,
            paths=memoryview(nodes.paths),
            start=view(nodes.start),
            parent=view(nodes.parent),
            end=view(nodes.end),
            depth=view(nodes.depth),
            born=view(self.born),
            last=view(self.last),
            event_bounds=tuple(self.bounds),
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
            inode_gone=view(self.inode_gone),
            inode_reason=memoryview(bytes(self.inode_reason)),
            names={inode: tuple(sorted(names)) for inode, names in self.names.items()},
            total_last=view(self.total_last),
            total_layer=view(self.total_layer),
            total_bytes=view(self.total_bytes),
            total_items=view(self.total_items),
            total_previous=view(self.total_previous),
            notes=self.notes,
        )

    # inodes

    def store(self, layer: int, nodes: Iterable[int], rows: Sequence[int], sizes: Iterable[int]) -> range:
        """New inodes for some rows of a layer, not named by any path yet."""
        first, count = len(self.inode_layer), len(rows)
        index = self.indexes[layer]
        self.inode_layer.extend(repeat(layer, count))
        self.inode_row.extend(rows)
        self.inode_node.extend(nodes)
        self.inode_size.extend(sizes)
        self.inode_crc.extend(map(index.crc.__getitem__, rows))
        self.inode_hashed.extend(map(index.hashed.__getitem__, rows))
        self.inode_names.extend(repeat(0, count))
        self.inode_gone.extend(repeat(0, count))
        self.inode_reason.extend(bytes(count))
        return range(first, first + count)

    def share(self, inode: int, node: int) -> None:
        """Give an inode one more name."""
        if inode not in self.names:
            first = self.inode_node[inode]
            holds = first != ABSENT and self.inode_of(first) == inode
            self.names[inode] = {first} if first != ABSENT else set()
            self.living[inode] = {first} if holds else set()
        self.names[inode].add(node)

    def inode_of(self, node: int) -> int:
        event = self.current[node]
        return ABSENT if event == ABSENT else self.event_inode[event]

    def placed(self, layer: int, row: int, inode: int) -> Placed:
        index = self.indexes[layer]
        if inode == ABSENT:
            return Placed(index, row, index, row, inode)
        return Placed(index, row, self.indexes[self.inode_layer[inode]], self.inode_row[inode], inode)

    def content_crc(self, inode: int) -> int | None:
        if not self.inode_size[inode]:
            return 0
        if not self.inode_hashed[inode]:
            crc = self.checksum(self.inode_layer[inode], self.inode_row[inode])
            if crc is None:
                return None
            self.inode_crc[inode] = crc
            self.inode_hashed[inode] = 1
        return self.inode_crc[inode]

    def same_content(self, one: int, other: int) -> bool:
        if one == other:
            return True
        if self.inode_size[one] != self.inode_size[other]:
            return False
        crc = self.content_crc(one)
        return crc is not None and crc == self.content_crc(other)

    def know_versions(self, node: int, inode: int) -> None:
        """Hash all contents of one path that have a size in common, so that any two states can be compared."""
        size = self.inode_size[inode]
        event = self.last[node]
        while event != ABSENT:
            other = self.event_inode[event]
            if other not in (ABSENT, inode) and self.inode_size[other] == size:
                self.content_crc(other)
                self.content_crc(inode)
            event = self.event_previous[event]


class _Layer:
    """One layer while it is put on top of those below."""

    def __init__(self, merger: _Merger, number: int) -> None:
        self.merger = merger
        self.number = number
        self.index = merger.indexes[number]
        self.kinds = bytes(self.index.kind)
        self.place = Placement(merger.nodes, number, self.kinds, merger.current, merger.is_directory)
        del merger.nodes.keys[number]
        self.inodes: dict[int, int] = {}
        """Row: the inode it stores or names."""
        self.dropped: dict[int, Reason] = {}
        """Inodes that lost a name, and why."""
        self.shared_before: dict[int, frozenset[int]] = {}
        """Inodes that have several names, and whose names changed: those they had."""
        self.bytes_below: defaultdict[int, int] = defaultdict(int)
        self.items_below: Counter[int] = Counter()

    def apply(self) -> None:
        self._store_inodes()
        self._record_events()
        self._bury()
        self._hide()
        self._total()

    def _store_inodes(self) -> None:
        """One inode for each regular file stored, and a name of it for each hard link."""
        merger, kinds, place = self.merger, self.kinds, self.place
        size = self.index.size
        is_file = kinds.translate(_IS_FILE)
        stored = [(row, node) for node, row in chain(place.rows.items(), place.buried) if is_file[row]]
        stored += [(row, ABSENT) for row in place.hidden.values()]
        rows = [row for row, _ in stored]
        inodes = merger.store(self.number, (node for _, node in stored), rows, map(size.__getitem__, rows))
        self.inodes = dict(zip(rows, inodes, strict=True))
        if Kind.HARDLINK in kinds:
            links = sorted((row, node) for node, row in place.rows.items() if kinds[row] == Kind.HARDLINK)
            for row, node in links:
                inode = self._target(row, set())
                if inode is None:  # a link to nothing reads as an empty file
                    (self.inodes[row],) = merger.store(self.number, [node], [row], [0])
                else:
                    self.inodes[row] = inode
                    merger.share(inode, node)

    def _target(self, row: int, seen: set[int]) -> int | None:
        """The inode that a hard link names: of this layer as it was at that point of the tar, else of those below."""
        if row in self.inodes:
            return self.inodes[row]
        seen.add(row)
        merger, place = self.merger, self.place
        key = preorder_key(self.index.links[row])
        if key in place.hidden:
            return self.inodes[place.hidden[key]]
        node = merger.nodes.number.get(key)
        if node is None:
            return None
        here = [at for buried, at in place.buried if buried == node]
        if node in place.rows:
            here.append(place.rows[node])
        if here:
            before = [at for at in here if at < row]
            target = max(before) if before else min(here)
            kind = self.kinds[target]
            if kind == Kind.DIRECTORY or target in seen:
                return None
            if kind == Kind.HARDLINK:
                return self._target(target, seen)
            if target not in self.inodes:
                (self.inodes[target],) = merger.store(self.number, [node], [target], [0])
            return self.inodes[target]
        inode = merger.inode_of(node)
        return None if inode == ABSENT else inode

    def _record_events(self) -> None:
        """One event for each path that the layer touches. Most are new: all are taken for that, and the rest mended."""
        merger, place = self.merger, self.place
        current, last, parent = merger.current, merger.last, merger.nodes.parent
        is_directory, kinds = merger.is_directory, self.kinds
        nodes = sorted(place.rows.keys() | place.implied | place.gone)
        first, count = len(merger.event_node), len(nodes)
        rows = array("i", map(place.rows.get, nodes, repeat(ABSENT)))
        inodes = array("i", map(self.inodes.get, rows, repeat(ABSENT)))
        merger.event_node.extend(nodes)
        merger.event_layer.extend(repeat(self.number, count))
        merger.event_row.extend(rows)
        merger.event_change.extend(bytes((Change.ADDED,)) * count)
        merger.event_aspects.extend(repeat(0, count))
        merger.event_inode.extend(inodes)
        merger.event_previous.extend(map(last.__getitem__, nodes))
        met = [(event, node) for event, node in enumerate(nodes, first) if current[node] != ABSENT]
        self.items_below = Counter(map(parent.__getitem__, nodes))
        for event, node in met:
            self._meet(event, node)
        for event, node in enumerate(nodes, first):
            last[node] = current[node] = event
        for node in place.gone:
            if node not in place.rows and node not in place.implied:
                current[node] = ABSENT
        for event, node in met:
            is_directory[node] = 0
        for node, row in zip(nodes, rows, strict=True):
            if row != ABSENT and kinds[row] == Kind.DIRECTORY:
                is_directory[node] = 1
        for node in place.implied:
            is_directory[node] = 1
        born = merger.born
        for node in nodes:
            if not born[node]:
                born[node] = self.number
        self.items_below.pop(ABSENT, None)
        self._name(nodes, inodes)

    def _name(self, nodes: Sequence[int], inodes: Sequence[int]) -> None:
        """Count the names and bytes that the layer gives."""
        merger, parent = self.merger, self.merger.nodes.parent
        names, sizes, shared, below = merger.inode_names, merger.inode_size, merger.names, self.bytes_below
        for node, inode in zip(nodes, inodes, strict=True):
            if inode != ABSENT:
                names[inode] += 1
                if inode in shared:
                    self._remember(inode)
                    merger.living[inode].add(node)
                else:
                    below[parent[node]] += sizes[inode]

    def _meet(self, event: int, node: int) -> None:
        """Mend the event of a path that lower layers hold."""
        merger, place = self.merger, self.place
        old, row, inode = merger.current[node], merger.event_row[event], merger.event_inode[event]
        self.items_below[merger.nodes.parent[node]] -= 1
        aspects = 0
        if row != ABSENT or node in place.implied:
            if inode != ABSENT:
                merger.know_versions(node, inode)
            below = merger.placed(merger.event_layer[old], merger.event_row[old], merger.event_inode[old])
            aspects = aspects_between(below, merger.placed(self.number, row, inode), merger.same_content)
            change = Change.MODIFIED if aspects else Change.UNMODIFIED
            if row == ABSENT and not merger.is_directory[node] and below.layer.kind[below.row] == Kind.SYMLINK:
                merger.notes[event] = _LINK_REPLACED
        else:
            change = Change.REMOVED
            self.items_below[merger.nodes.parent[node]] -= 1
        merger.event_change[event] = change
        merger.event_aspects[event] = aspects
        before = merger.event_inode[old]
        if before != ABSENT:
            self._drop(node, before, inode, change, aspects)

    def _drop(self, node: int, inode: int, successor: int, change: Change, aspects: int) -> None:
        """A path no longer names an inode."""
        merger = self.merger
        merger.inode_names[inode] -= 1
        if inode in merger.names:
            self._remember(inode)
            if successor != inode:
                merger.living[inode].discard(node)
        else:
            self.bytes_below[merger.nodes.parent[node]] -= merger.inode_size[inode]
        if change == Change.REMOVED:
            reason = Reason.REMOVED
        elif aspects & (Aspect.CONTENT | Aspect.TYPE):
            reason = Reason.REPLACED
        else:
            reason = Reason.METADATA if aspects else Reason.IDENTICAL
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
                reason = Reason.REPLACED
                if node in place.rows:
                    holds = place.rows[node]
                    successor = merger.placed(self.number, holds, self.inodes.get(holds, ABSENT))
                    aspects = aspects_between(merger.placed(self.number, row, inode), successor, merger.same_content)
                    if not aspects & (Aspect.CONTENT | Aspect.TYPE):
                        reason = Reason.METADATA if aspects else Reason.IDENTICAL
                self.dropped[inode] = reason
        for row in place.hidden.values():
            self.dropped.setdefault(self.inodes[row], Reason.REMOVED)

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
