"""Layers merged into one tree of nodes, events and inodes.

Whiteouts and opaque markers act on lower layers only, wherever they stand in a layer (statements 1
and 2); entries follow in the order of the tar (11 to 13). What runs over all entries runs in C where
it can (``map``, ``zip``, ``sorted``, ``compress``), so that half a million entries take about a second.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate, chain, compress
from typing import NamedTuple

from layerview.filesystem.changes import Aspect, Change, Reason
from layerview.filesystem.columns import ABSENT, Columns
from layerview.layers import Kind, LayerIndex

Checksum = Callable[[int, int], int | None]
"""Gives the CRC-64/GO-ISO of a file's content by layer and row; None where it cannot be read."""

_SWAP = bytes.maketrans(b"/\0", b"\0/")
_LINES = bytes.maketrans(b"\0/\n", b"/\n\0")
_SHOWN = bytes(kind not in (Kind.WHITEOUT, Kind.OPAQUE, Kind.HIDDEN) for kind in range(256))
_MARKS = bytes(1 - shown for shown in _SHOWN)
_IS_FILE = bytes(kind == Kind.FILE for kind in range(256))
_REGULAR = (Kind.FILE, Kind.HARDLINK)
"""A hard link that names no other entry is an empty file."""

IMPLIED_MODE = 0o755
"""Of a folder that no layer lists (statement 12)."""

_LINK_REPLACED = "the link of a lower layer is replaced by a folder, as overlayfs does; other runtimes may follow it"


def preorder_key(path: bytes) -> bytes:
    """A path whose byte order is preorder, children in byte order of their names."""
    return path.translate(_SWAP)


def merge(layers: int, indexes: Mapping[int, LayerIndex], checksum: Checksum) -> Columns:
    """Merge the layers of an image that are at hand, from the lowest up.

    ``checksum`` is asked for contents of equal size under one path that their index does not know.
    A layer that is not at hand counts as empty and is named in the result.
    """
    tree = _Tree(indexes)
    merger = _Merger(tree, indexes, checksum)
    for number in range(1, layers + 1):
        merger.begin_layer()
        if number in indexes:
            merger.apply(number)
    return merger.columns(layers, tuple(n for n in range(1, layers + 1) if n not in indexes))


class _Tree:
    """All paths of all layers, numbered in preorder."""

    def __init__(self, indexes: Mapping[int, LayerIndex]) -> None:
        # the key of every path of an index at once: NUL ends a path there, as no name can hold one
        keys = {number: bytes(index.paths).translate(_SWAP).split(b"/")[:-1] for number, index in indexes.items()}
        found = {b""}
        for number, index in indexes.items():
            found.update(compress(keys[number], bytes(index.kind).translate(_SHOWN)))
        parents = found
        while parents := {key[: max(key.rfind(b"\0"), 0)] for key in parents} - found:
            found |= parents
        order = sorted(found)
        del found
        self.node_of = dict(zip(order, range(len(order)), strict=True))
        self.keys = keys
        self.paths = (b"\0" + b"/\0".join(order) + b"/").translate(_LINES)
        self.start = array("Q", accumulate(chain((0,), map((2).__add__, map(len, order)))))
        self.depth = array("i", [key.count(b"\0") + 1 for key in order])
        self.depth[0] = 0
        self.parent, self.end = _structure(self.depth)


def _structure(depths: array[int]) -> tuple[array[int], array[int]]:
    """Parent and end of subtree of each node, from the depths of a preorder."""
    parent = array("i", [ABSENT])
    above = [0]
    for node, depth in enumerate(depths):
        if node:
            del above[depth:]
            parent.append(above[-1])
            above.append(node)
    end = array("i", range(1, len(depths) + 1))
    for node in range(len(depths) - 1, 0, -1):
        over = parent[node]
        if end[over] < end[node]:
            end[over] = end[node]
    return parent, end


class _Merger:
    """The tables of the result while layers are put on top of each other."""

    def __init__(self, tree: _Tree, indexes: Mapping[int, LayerIndex], checksum: Checksum) -> None:
        self.tree = tree
        self.indexes = indexes
        self.checksum = checksum
        nodes = len(tree.parent)
        # the state that holds now
        self.current = array("i", [ABSENT]) * nodes
        self.is_directory = bytearray(nodes)
        self.is_directory[0] = 1  # a container has a root, listed or not
        self.living: dict[int, set[int]] = {}
        # the tables of Columns
        self.born = array("H", bytes(2 * nodes))
        self.last = array("i", [ABSENT]) * nodes
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
        self.inode_gone = array("H")
        self.inode_reason = bytearray()
        self.names: dict[int, set[int]] = {}
        self.total_last = array("i", [ABSENT]) * nodes
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
        tree = self.tree
        return Columns(
            layers=layers,
            missing=missing,
            paths=memoryview(tree.paths),
            start=view(tree.start),
            parent=view(tree.parent),
            end=view(tree.end),
            depth=view(tree.depth),
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
            names={inode: tuple(sorted(nodes)) for inode, nodes in self.names.items()},
            total_last=view(self.total_last),
            total_layer=view(self.total_layer),
            total_bytes=view(self.total_bytes),
            total_items=view(self.total_items),
            total_previous=view(self.total_previous),
            notes=self.notes,
        )

    # one layer

    def apply(self, number: int) -> None:
        index = self.indexes[number]
        layer = _Layer(self, number, index)
        layer.read_marks()
        layer.place_entries()
        layer.imply_parents()
        layer.store_inodes()
        layer.record_events()
        self._hide(layer)
        self._total(layer)

    def new_inode(self, layer: int, row: int, node: int, size: int) -> int:
        index = self.indexes[layer]
        self.inode_layer.append(layer)
        self.inode_row.append(row)
        self.inode_node.append(node)
        self.inode_size.append(size)
        self.inode_crc.append(index.crc[row])
        self.inode_hashed.append(index.hashed[row])
        self.inode_names.append(0)
        self.inode_gone.append(0)
        self.inode_reason.append(0)
        return len(self.inode_layer) - 1

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

    def _hide(self, layer: _Layer) -> None:
        """Charge what lost its last name to this layer (statements 22 and 24)."""
        for inode, reason in layer.dropped.items():
            if not self.inode_names[inode]:
                self.inode_gone[inode] = layer.number
                self.inode_reason[inode] = reason

    def _total(self, layer: _Layer) -> None:
        """Carry the layer's differences in bytes and items up to the root."""
        for inode, before in layer.shared_before.items():
            size = self.inode_size[inode]
            self._spread(layer.bytes_below, before, -size)
            self._spread(layer.bytes_below, self.living[inode], size)
        depth, parent = self.tree.depth, self.tree.parent
        levels: defaultdict[int, set[int]] = defaultdict(set)
        for node in layer.bytes_below.keys() | layer.items_below.keys():
            levels[depth[node]].add(node)
        for level in range(max(levels, default=-1), -1, -1):
            for node in levels[level]:
                more_bytes, more_items = layer.bytes_below[node], layer.items_below[node]
                over = parent[node]
                if over != ABSENT:
                    layer.bytes_below[over] += more_bytes
                    layer.items_below[over] += more_items
                    levels[level - 1].add(over)
                if more_bytes or more_items:
                    previous = self.total_last[node]
                    self.total_last[node] = len(self.total_layer)
                    self.total_layer.append(layer.number)
                    self.total_bytes.append(more_bytes + (self.total_bytes[previous] if previous != ABSENT else 0))
                    self.total_items.append(more_items + (self.total_items[previous] if previous != ABSENT else 0))
                    self.total_previous.append(previous)

    def _spread(self, bytes_below: dict[int, int], names: Iterable[int], size: int) -> None:
        """Add an inode's bytes to the folders of its names so that, summed upwards, each counts it once (21)."""
        parent, end = self.tree.parent, self.tree.end
        before = ABSENT
        for node in sorted(names):
            bytes_below[parent[node]] += size
            if before != ABSENT:
                common = parent[before]
                while end[common] <= node:
                    common = parent[common]
                bytes_below[common] -= size
            before = node


class _Layer:
    """One layer while it is put on top of those below."""

    def __init__(self, merger: _Merger, number: int, index: LayerIndex) -> None:
        self.merger = merger
        self.number = number
        self.index = index
        self.kinds = bytes(index.kind)
        self.keys = merger.tree.keys.pop(number)
        self.gone: set[int] = set()
        """Nodes of lower layers that this one removes."""
        self.rows: dict[int, int] = {}
        """Node: the row that holds."""
        self.buried: list[tuple[int, int]] = []
        """Node and row of entries that a later row of the same layer takes the place of."""
        self.hidden: dict[bytes, int] = {}
        """Key of AUFS bookkeeping: its row."""
        self.implied: set[int] = set()
        self.inodes: dict[int, int] = {}
        """Row: the inode it stores or names."""
        self.dropped: dict[int, Reason] = {}
        """Inodes that lost a name, and why."""
        self.shared_before: dict[int, frozenset[int]] = {}
        self.bytes_below: defaultdict[int, int] = defaultdict(int)
        self.items_below: defaultdict[int, int] = defaultdict(int)

    def read_marks(self) -> None:
        node_of = self.merger.tree.node_of
        for row in compress(range(len(self.kinds)), self.kinds.translate(_MARKS)):
            kind = self.kinds[row]
            if kind == Kind.HIDDEN:
                self.hidden[self.keys[row]] = row
                continue
            node = node_of.get(self.keys[row])
            if node is not None:
                if kind == Kind.WHITEOUT and node:
                    self._remove(node, self.merger.tree.end[node])
                elif kind == Kind.OPAQUE:
                    self._remove(node + 1, self.merger.tree.end[node])

    def _remove(self, first: int, end: int) -> None:
        current = self.merger.current
        self.gone.update(node for node in range(first, end) if current[node] != ABSENT)

    def place_entries(self) -> None:
        """Find the row that holds for each path, and what of the lower layers it replaces."""
        merger, kinds, end = self.merger, self.kinds, self.merger.tree.end
        shown = kinds.translate(_SHOWN)
        nodes = array("i", map(merger.tree.node_of.__getitem__, compress(self.keys, shown)))
        self.keys.clear()
        rows = self.rows = dict(zip(nodes, compress(range(len(kinds)), shown), strict=True))
        if len(rows) < len(nodes):
            self.buried += [
                (node, row)
                for node, row in zip(nodes, compress(range(len(kinds)), shown), strict=True)
                if rows[node] != row
            ]
        if 0 in rows and kinds[rows[0]] != Kind.DIRECTORY:
            self.buried.append((0, rows.pop(0)))
        order = None
        for node in [node for node in rows if end[node] > node + 1 and kinds[rows[node]] != Kind.DIRECTORY]:
            if merger.is_directory[node]:
                self._remove(node + 1, end[node])
            order = order or sorted(rows)
            self._settle(node, order[bisect_left(order, node + 1) : bisect_left(order, end[node])])

    def _settle(self, node: int, below: list[int]) -> None:
        """A path that is no folder, and entries below it in the same layer: the later one holds (13)."""
        row = self.rows.get(node)
        if row is None:
            return
        for child in below:
            if self.rows.get(child, row) < row:
                self.buried.append((child, self.rows.pop(child)))
        if any(child in self.rows for child in below):
            self.buried.append((node, self.rows.pop(node)))
            if self.merger.current[node] != ABSENT:
                self.gone.add(node)

    def imply_parents(self) -> None:
        """Folders that the layer needs and does not list (statements 12 and 14)."""
        parent, merger = self.merger.tree.parent, self.merger
        for node in set(map(parent.__getitem__, self.rows)):
            while node > 0 and node not in self.rows and node not in self.implied:
                if node not in self.gone and merger.is_directory[node]:
                    break
                self.implied.add(node)
                node = parent[node]

    def store_inodes(self) -> None:
        """One inode for each regular file stored, and a name of it for each hard link."""
        merger, kinds, index = self.merger, self.kinds, self.index
        size = index.size
        files = kinds.translate(_IS_FILE)
        for node, row in chain(self.rows.items(), self.buried):
            if files[row]:
                self.inodes[row] = merger.new_inode(self.number, row, node, size[row])
        for row in self.hidden.values():
            self.inodes[row] = merger.new_inode(self.number, row, ABSENT, size[row])
        if Kind.HARDLINK not in kinds:
            return
        for row, node in sorted((row, node) for node, row in self.rows.items() if kinds[row] == Kind.HARDLINK):
            inode = self._target(row, set())
            if inode is None:  # a link to nothing reads as an empty file
                self.inodes[row] = merger.new_inode(self.number, row, node, 0)
            else:
                self.inodes[row] = inode
                merger.share(inode, node)

    def _target(self, row: int, seen: set[int]) -> int | None:
        """The inode that a hard link names: of this layer as it was at that point of the tar, else of those below."""
        if row in self.inodes:
            return self.inodes[row]
        seen.add(row)
        key = preorder_key(self.index.links[row])
        if key in self.hidden:
            return self.inodes[self.hidden[key]]
        node = self.merger.tree.node_of.get(key)
        if node is None:
            return None
        here = [at for buried, at in self.buried if buried == node] if self.buried else []
        if node in self.rows:
            here.append(self.rows[node])
        if here:
            before = [at for at in here if at < row]
            target = max(before) if before else min(here)
            kind = self.kinds[target]
            if kind == Kind.DIRECTORY or target in seen:
                return None
            if kind == Kind.HARDLINK:
                return self._target(target, seen)
            if target not in self.inodes:
                self.inodes[target] = self.merger.new_inode(self.number, target, node, self.index.size[target])
            return self.inodes[target]
        event = self.merger.current[node]
        if event == ABSENT or self.merger.is_directory[node]:
            return None
        inode = self.merger.event_inode[event]
        return None if inode == ABSENT else inode

    def record_events(self) -> None:
        merger, number, rows, kinds = self.merger, self.number, self.rows, self.kinds
        parent, current, last, born = merger.tree.parent, merger.current, merger.last, merger.born
        is_directory, inodes = merger.is_directory, self.inodes
        put_node, put_row = merger.event_node.append, merger.event_row.append
        put_change, put_aspects = merger.event_change.append, merger.event_aspects.append
        put_inode, put_previous = merger.event_inode.append, merger.event_previous.append
        names_of, shared, sizes = merger.inode_names, merger.names, merger.inode_size
        event = first = len(merger.event_node)
        for node in sorted(rows.keys() | self.implied | self.gone):
            row = rows.get(node, ABSENT)
            stays = row != ABSENT or node in self.implied
            inode = inodes.get(row, ABSENT)
            old = current[node]
            aspects = 0
            if old == ABSENT:
                change = Change.ADDED
                if node:
                    self.items_below[parent[node]] += 1
                if not born[node]:
                    born[node] = number
            elif stays:
                aspects = self._aspects(node, old, row, inode)
                change = Change.MODIFIED if aspects else Change.UNMODIFIED
                if row == ABSENT and not is_directory[node]:
                    self._note_link(node, old, event)
            else:
                change = Change.REMOVED
                self.items_below[parent[node]] -= 1
            if inode != ABSENT:
                names_of[inode] += 1
                if inode in shared:
                    self._remember(inode)
                    merger.living[inode].add(node)
                else:
                    self.bytes_below[parent[node]] += sizes[inode]
            if old != ABSENT:
                before = merger.event_inode[old]
                if before != ABSENT:
                    self._drop(node, before, inode, change, aspects)
            put_node(node)
            put_row(row)
            put_change(change)
            put_aspects(aspects)
            put_inode(inode)
            put_previous(last[node])
            last[node] = event
            current[node] = event if stays else ABSENT
            is_directory[node] = stays and (row == ABSENT or kinds[row] == Kind.DIRECTORY)
            event += 1
        merger.event_layer.extend(array("H", [number]) * (event - first))
        self._bury()

    def _note_link(self, node: int, old: int, event: int) -> None:
        merger = self.merger
        layer, row = merger.event_layer[old], merger.event_row[old]
        if merger.indexes[layer].kind[row] == Kind.SYMLINK:
            merger.notes[event] = _LINK_REPLACED

    def _remember(self, inode: int) -> None:
        if inode not in self.shared_before:
            self.shared_before[inode] = frozenset(self.merger.living[inode])

    def _drop(self, node: int, inode: int, successor: int, change: Change, aspects: int) -> None:
        """A path no longer names an inode."""
        merger = self.merger
        merger.inode_names[inode] -= 1
        if inode in merger.names:
            self._remember(inode)
            if successor != inode:
                merger.living[inode].discard(node)
        else:
            self.bytes_below[merger.tree.parent[node]] -= merger.inode_size[inode]
        if change == Change.REMOVED:
            reason = Reason.REMOVED
        elif aspects & (Aspect.CONTENT | Aspect.TYPE):
            reason = Reason.REPLACED
        else:
            reason = Reason.METADATA if aspects else Reason.IDENTICAL
        if inode not in self.dropped or merger.inode_node[inode] == node:
            self.dropped[inode] = reason

    def _bury(self) -> None:
        """Charge to this layer what it stores and hides itself (statement 24)."""
        for node, row in self.buried:
            inode = self.inodes.get(row)
            if inode is not None:
                stays = self.merger.current[node]
                reason = Reason.REPLACED
                if stays != ABSENT and node in self.rows:
                    successor = self.inodes.get(self.rows[node], ABSENT)
                    aspects = aspects_between(
                        self.merger.placed(self.number, row, inode),
                        self.merger.placed(self.number, self.rows[node], successor),
                        self.merger.same_content,
                    )
                    if not aspects & (Aspect.CONTENT | Aspect.TYPE):
                        reason = Reason.METADATA if aspects else Reason.IDENTICAL
                self.dropped[inode] = reason
        for row in self.hidden.values():
            self.dropped.setdefault(self.inodes[row], Reason.REMOVED)

    def _aspects(self, node: int, old: int, row: int, inode: int) -> int:
        """What differs between a path's event below and this layer's row."""
        merger = self.merger
        if inode != ABSENT:
            merger.know_versions(node, inode)
        below = merger.placed(merger.event_layer[old], merger.event_row[old], merger.event_inode[old])
        return aspects_between(below, merger.placed(self.number, row, inode), merger.same_content)


class Placed(NamedTuple):
    """An entry of a layer where the merge put it, for comparing."""

    layer: LayerIndex
    row: int
    """ABSENT: a folder that no layer lists."""
    content_layer: LayerIndex
    """Of a hard link the layer that stores what it names, else as ``layer``."""
    content_row: int
    inode: int


def aspects_between(below: Placed, above: Placed, same_content: Callable[[int, int], bool]) -> int:
    """The Aspects in which two entries of a path differ."""
    if below.row == ABSENT or above.row == ABSENT:
        return _aspects_of_implied(below, above)
    one, two = below.content_layer, above.content_layer
    a, b = below.content_row, above.content_row
    kind, other = one.kind[a], two.kind[b]
    aspects = 0
    if kind in _REGULAR and other in _REGULAR:
        if not same_content(below.inode, above.inode):
            aspects = Aspect.CONTENT
    elif kind != other:
        aspects = Aspect.TYPE
    elif kind == Kind.SYMLINK:
        if one.links[a] != two.links[b]:
            aspects = Aspect.LINK
    elif one.devices.get(a) != two.devices.get(b):
        aspects = Aspect.DEVICE
    one, a, two, b = below.layer, below.row, above.layer, above.row
    if one.mode[a] != two.mode[b]:
        aspects |= Aspect.MODE
    if one.uid[a] != two.uid[b]:
        aspects |= Aspect.UID
    if one.gid[a] != two.gid[b]:
        aspects |= Aspect.GID
    if one.mtime[a] != two.mtime[b]:
        aspects |= Aspect.TIME
    if one.xattrs.get(a) != two.xattrs.get(b):
        aspects |= Aspect.XATTRS
    return aspects


def _aspects_of_implied(below: Placed, above: Placed) -> int:
    """The same where one or both are a folder that no layer lists: 0755, root, without a time."""
    if below.row == above.row:
        return 0
    listed = above if below.row == ABSENT else below
    index, row = listed.layer, listed.row
    if index.kind[row] != Kind.DIRECTORY:
        return Aspect.TYPE | Aspect.TIME
    aspects = 0
    if index.mode[row] != IMPLIED_MODE:
        aspects |= Aspect.MODE
    if index.uid[row]:
        aspects |= Aspect.UID
    if index.gid[row]:
        aspects |= Aspect.GID
    if index.mtime[row]:
        aspects |= Aspect.TIME
    if index.xattrs.get(row):
        aspects |= Aspect.XATTRS
    return aspects
