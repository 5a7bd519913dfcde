"""Layers merged into one tree of nodes, events and inodes.

What runs over all entries runs in C where it can (``map``, ``zip``, ``sorted``, ``compress``), and only what
meets something below is looked at one by one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, compress, repeat

from layerview.filesystem.aspects import aspects_between, kind_of
from layerview.filesystem.changes import Aspect, Reason
from layerview.filesystem.columns import ABSENT, Tree
from layerview.filesystem.draft import Checksum, Draft
from layerview.filesystem.nodes import Nodes, recorded
from layerview.filesystem.placement import Placement
from layerview.filesystem.rivals import Rivals, rivals
from layerview.layers import IS_FILE, Kind, LayerIndex, hardlink_targets
from layerview.trees import Change

_UNMODIFIED, _MODIFIED, _REMOVED = int(Change.UNMODIFIED), int(Change.MODIFIED), int(Change.REMOVED)
_OTHER = int(Aspect.CONTENT | Aspect.TYPE)

_MUCH = 100_000
"""Entries that keep a tree waiting for a quarter of a second, so that one without them is worth having before."""

_NAMES_NOTHING = "a hard link to no file that is there by then, which engines refuse: an empty file"

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
    draft = Draft(nodes, indexes, checksum)
    paths = recorded(nodes)
    left = sum(len(index.kind) for index in indexes.values())
    wanted = left // 8
    for number in range(1, layers + 1):
        draft.begin_layer(number)
        if number in indexes:
            _Layer(draft, number).apply()
            left -= len(indexes[number].kind)
        if grow is not None and number >= least and left >= _MUCH and len(draft.event_node) >= wanted:
            wanted = 2 * len(draft.event_node)
            grow(Tree(paths, draft.columns(layers, number)))
    return Tree(paths, draft.columns(layers, layers))


class _Layer:
    """One layer while it is put on top of those below."""

    def __init__(self, draft: Draft, number: int) -> None:
        self.draft = draft
        self.number = number
        self.index = draft.indexes[number]
        self.kinds = bytes(self.index.kind)
        self.located = draft.nodes.located.pop(number)
        self.place = Placement(draft.nodes, self.located, self.kinds, draft)
        unlisted = (self.place.implied | self.place.gone) - self.place.rows.keys()
        self.nodes = array("i", sorted(chain(self.place.rows, unlisted)))
        """All nodes that the layer touches, ascending: one event each."""
        self.rows = array("i", map(self.place.rows.get, self.nodes, repeat(ABSENT)))
        self.first = len(draft.event_node)
        """The event of the first of them."""
        self.inodes: dict[int, int] = {}
        """Row: its inode, of what the tree does not show, and of what is no file and has hard links."""
        self.dropped: dict[int, Reason] = {}
        """Inodes that lost a name, and why."""
        self.shared_before: dict[int, frozenset[int]] = {}
        """Inodes that have several names, and whose names changed: those they had."""
        self.bytes_below: defaultdict[int, int] = defaultdict(int)
        self.items_below = Counter(map(draft.nodes.parent.__getitem__, self.nodes))

    def apply(self) -> None:
        self._take_for_new()
        self._store_unseen()
        last = self.draft.last
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
        draft, nodes, rows = self.draft, self.nodes, self.rows
        count = len(nodes)
        is_file = bytes(map((self.kinds.translate(IS_FILE) + b"\0").__getitem__, rows))
        file_rows = array("i", compress(rows, is_file))
        sizes = array("q", map(self.index.size.__getitem__, file_rows))
        inodes = draft.store(self.number, compress(nodes, is_file), file_rows, sizes, names=1)
        below = self.bytes_below
        for over, size in zip(map(draft.nodes.parent.__getitem__, compress(nodes, is_file)), sizes, strict=True):
            below[over] += size
        draft.event_node.extend(nodes)
        draft.event_layer.extend(array("H", (self.number,)) * count)
        draft.event_row.extend(rows)
        draft.event_change.extend(bytes((Change.ADDED,)) * count)
        draft.event_aspects.extend(array("H", (0,)) * count)
        numbers = iter(inodes)
        draft.event_inode.extend([next(numbers) if file else ABSENT for file in is_file])
        draft.event_previous.extend(map(draft.last.__getitem__, nodes))

    def _store_unseen(self) -> None:
        """Inodes of files that the tree does not show."""
        size = self.index.size
        for node, row in self.place.buried:
            if self.kinds[row] == Kind.FILE:
                (self.inodes[row],) = self.draft.store(self.number, [node], [row], [size[row]], names=0)
        for row in self.place.hidden:
            (self.inodes[row],) = self.draft.store(self.number, [ABSENT], [row], [size[row]], names=0)

    def _link(self) -> None:
        """Give each hard link the inode that it names."""
        if Kind.HARDLINK not in self.kinds:
            return
        draft, links = self.draft, self.located.links
        targets = hardlink_targets(self.located.nodes, self.kinds, links)
        for row, node in sorted((row, node) for node, row in self.place.rows.items() if row in links):
            target = targets.get(row)
            inode = None if target is None else self._named(target)
            if inode is None:  # a link to nothing reads as an empty file
                (inode,) = draft.store(self.number, [node], [row], [0], names=1)
                draft.notes[self._event(node)] = _NAMES_NOTHING
            else:
                self._share(inode, node)
                draft.inode_names[inode] += 1
            draft.event_inode[self._event(node)] = inode

    def _share(self, inode: int, node: int) -> None:
        """Give an inode one more name."""
        draft = self.draft
        if inode not in draft.names:
            first = draft.inode_node[inode]
            own = draft.inode_layer[inode] == self.number
            if own and draft.inode_names[inode]:
                # until now it was counted as a file with one name
                self.bytes_below[draft.nodes.parent[first]] -= draft.inode_size[inode]
            draft.names[inode] = {first} - {ABSENT}
            draft.living[inode] = set() if own else {first}
            self._remember(inode)
            if own and draft.inode_names[inode]:
                draft.living[inode].add(first)
        self._remember(inode)
        draft.names[inode].add(node)
        draft.living[inode].add(node)

    def _event(self, node: int) -> int:
        """This layer's event of a node that it touches."""
        return self.first + bisect_left(self.nodes, node)

    def _named(self, target: int) -> int | None:
        """The inode of a row that hard links come from; None where that is a link to nothing, or to a folder."""
        draft = self.draft
        if target in self.located.links:
            elsewhere = self.located.links[target]
            return None if elsewhere < 0 else draft.linkable(elsewhere)
        if target in self.inodes:
            return self.inodes[target]
        node = self.located.nodes[target]
        shown = self.place.rows.get(node) == target
        if shown and self.kinds[target] == Kind.FILE:
            return draft.event_inode[self._event(node)]
        (inode,) = draft.store(self.number, [node], [target], [0], names=int(shown))
        self.inodes[target] = inode
        if shown:
            draft.event_inode[self._event(node)] = inode
        return inode

    def _meet(self, known: Iterable[tuple[int, int]]) -> None:
        """Mend the events of paths that lower layers hold or held."""
        draft, implied = self.draft, self.place.implied
        last, parent, items_below = draft.last, draft.nodes.parent, self.items_below
        layers, rows, inodes, changes = draft.event_layer, draft.event_row, draft.event_inode, draft.event_change
        previous = draft.event_previous
        for event, node in known:
            old, row, inode = last[node], rows[event], inodes[event]
            if inode != ABSENT and previous[old] != ABSENT:  # else there is one to compare it with, which is done below
                draft.know_versions(inode, old)
            if changes[old] == _REMOVED:
                draft.returned.add(node)
                continue
            before = inodes[old]
            items_below[parent[node]] -= 1
            aspects = 0
            if row != ABSENT or node in implied:
                below = draft.placed(layers[old], rows[old], before)
                aspects = aspects_between(below, draft.placed(self.number, row, inode), draft.same_content)
                change = _MODIFIED if aspects else _UNMODIFIED
                if row == ABSENT and kind_of(below) == Kind.SYMLINK:
                    draft.notes[event] = _LINK_REPLACED
            else:
                change = _REMOVED
                draft.gone[node] = min(draft.gone[node], self.number)
                items_below[parent[node]] -= 1
            changes[event] = change
            draft.event_aspects[event] = aspects
            if before != ABSENT:
                self._drop(node, before, inode, Reason.REMOVED if change == _REMOVED else _reason(aspects))

    def _drop(self, node: int, inode: int, successor: int, reason: Reason) -> None:
        """A path no longer names an inode."""
        draft = self.draft
        draft.inode_names[inode] -= 1
        if inode in draft.names:
            self._remember(inode)
            if successor != inode:
                draft.living[inode].discard(node)
        else:
            self.bytes_below[draft.nodes.parent[node]] -= draft.inode_size[inode]
        if inode not in self.dropped or draft.inode_node[inode] == node:
            self.dropped[inode] = reason

    def _remember(self, inode: int) -> None:
        if inode not in self.shared_before:
            self.shared_before[inode] = frozenset(self.draft.living[inode])

    def _bury(self) -> None:
        """Charge to this layer what it stores and hides itself (statement 24)."""
        draft, place = self.draft, self.place
        for node, row in place.buried:
            inode = self.inodes.get(row)
            if inode is not None:
                reason = Reason.REPLACED if self._leads_to_rows(node) else Reason.REMOVED
                if node in place.rows:
                    holds = place.rows[node]
                    successor = draft.placed(self.number, holds, draft.event_inode[self._event(node)])
                    aspects = aspects_between(draft.placed(self.number, row, inode), successor, draft.same_content)
                    reason = _reason(aspects)
                self.dropped[inode] = reason
        for row in place.hidden:
            self.dropped.setdefault(self.inodes[row], Reason.REMOVED)

    def _leads_to_rows(self, node: int) -> bool:
        """Whether the layer has anything below a path."""
        low, high = bisect_left(self.nodes, node + 1), bisect_left(self.nodes, self.draft.nodes.end[node])
        return any(row != ABSENT for row in self.rows[low:high])

    def _hide(self) -> None:
        """Charge what lost its last name to this layer (statements 22 and 24)."""
        draft = self.draft
        for inode, reason in self.dropped.items():
            if not draft.inode_names[inode]:
                draft.hide(inode, self.number, reason)

    def _total(self) -> None:
        """Carry the layer's differences in bytes and items up to the root."""
        draft = self.draft
        self.items_below.pop(ABSENT, None)  # the root is below nothing
        for inode, before in self.shared_before.items():
            size = draft.inode_size[inode]
            self._spread(before, -size)
            self._spread(draft.living[inode], size)
        depth, parent = draft.nodes.depth, draft.nodes.parent
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
                    previous = draft.total_last[node]
                    draft.total_last[node] = len(draft.total_layer)
                    draft.total_layer.append(self.number)
                    draft.total_bytes.append(more_bytes + (draft.total_bytes[previous] if previous != ABSENT else 0))
                    draft.total_items.append(more_items + (draft.total_items[previous] if previous != ABSENT else 0))
                    draft.total_previous.append(previous)

    def _spread(self, names: Iterable[int], size: int) -> None:
        """Add an inode's bytes to the folders of its names so that, summed upwards, each counts it once (21)."""
        parent, end = self.draft.nodes.parent, self.draft.nodes.end
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
