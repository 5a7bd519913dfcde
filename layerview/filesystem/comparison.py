"""The change between any two states of a stack (statement 19)."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import compress

from layerview.filesystem.changes import Aspect
from layerview.filesystem.columns import ABSENT
from layerview.filesystem.own import OwnBytes
from layerview.filesystem.stack import Counts, Entry, Stack
from layerview.trees import Change

_BACKWARDS = bytes.maketrans(
    bytes((Change.ADDED, Change.REMOVED)),
    bytes((Change.REMOVED, Change.ADDED)),
)
"""What a change is to whoever looks from the later state."""
_CHANGED = bytes(change != Change.UNMODIFIED for change in range(256))


class Comparison:
    """How the state at layer ``at`` differs from that at layer ``below`` (0: before the first layer).

    One path costs a look-up. What needs every path (``changes``, ``presence``) is computed when first
    asked for.
    """

    def __init__(self, stack: Stack, below: int, at: int, before: Stack | None = None) -> None:
        """``before`` is the stack that ``below`` is a layer of, where that is another one of the same nodes."""
        self.stack = stack
        self.below = below
        self.at = at
        self.before = before or stack
        self.is_of_layer = before is None and at == below + 1
        """Whether what a single layer did is compared."""

    @property
    def is_of_tree(self) -> bool:
        """Whether it is a layer's state that is looked at, beside the state below it or the first layer's, and not another one."""
        return self.before is self.stack and (self.is_of_layer or self.below <= 1)

    @property
    def tree(self) -> Stack:
        """Whose nodes are compared, there or not."""
        return self.stack

    def change(self, node: int) -> Change:
        """How the path itself differs."""
        stack = self.stack
        if self.is_of_layer:
            event = stack.event_at(node, self.at)
            if event != ABSENT and stack.columns.event_layer[event] == self.at:
                return Change(stack.columns.event_change[event])
            return Change.UNMODIFIED
        old, new = stack.state(node, self.below), stack.state(node, self.at)
        if old == new:
            return Change.UNMODIFIED
        if old == ABSENT:
            return Change.ADDED
        if new == ABSENT:
            return Change.REMOVED
        return Change.MODIFIED if stack.aspects(node, old, new) else Change.UNMODIFIED

    def aspects(self, node: int) -> Aspect:
        """What of the path differs; nothing where it was added, removed or is the same."""
        old, new = self.stack.state(node, self.below), self.stack.state(node, self.at)
        if old == new or ABSENT in (old, new):
            return Aspect(0)
        return self.stack.aspects(node, old, new)

    def changed_below(self, node: int) -> bool:
        """Whether anything below a folder differs (statement 18)."""
        return any(True for _ in self._changed_in(node + 1, self.stack.end(node)))

    def changed(self, first: int, end: int) -> Iterator[tuple[int, Change]]:
        """The nodes from ``first`` to before ``end`` that differ, ascending, and how each does."""
        if self.is_of_layer:
            columns, part = self.stack.columns, slice(*self._events_in(self.at, first, end))
            changes = bytes(columns.event_change[part])
            return zip(compress(columns.event_node[part], changes), _in_words(changes), strict=True)
        changes = bytes(self.changes[first:end])
        return zip(compress(range(first, end), changes), _in_words(changes), strict=True)

    def changes_below(self, node: int) -> int:
        """How many paths below a folder differ."""
        first, end = node + 1, self.stack.end(node)
        if self.is_of_layer:
            changes = self.stack.columns.event_change
            low, high = self._events_in(self.at, first, end)
            return sum(bytes(changes[low:high]).translate(_CHANGED))
        return end - first - self.changes.count(Change.UNMODIFIED, first, end)

    def _events_in(self, layer: int, first: int, end: int) -> tuple[int, int]:
        """The range of a layer's events that concern nodes ``first`` to ``end``."""
        low, high = self.stack.events(layer)
        nodes = self.stack.columns.event_node
        low = bisect_left(nodes, first, low, high)
        return low, bisect_left(nodes, end, low, high)

    def _changed_in(self, first: int, end: int) -> Iterator[int]:
        """Nodes from ``first`` to ``end`` that differ; by layer, so some may come twice and not in order."""
        columns = self.stack.columns
        for layer in range(min(self.below, self.at) + 1, max(self.below, self.at) + 1):
            low, high = self._events_in(layer, first, end)
            touched = compress(columns.event_node[low:high], columns.event_change[low:high])
            if self.is_of_layer:
                yield from touched
            else:
                yield from (node for node in touched if self.change(node))

    def present(self, node: int) -> bool:
        """Whether the path is there in either state."""
        return self.stack.present(node, self.at) or self.before.present(node, self.below)

    def entry(self, node: int) -> Entry | None:
        """What the path is; of a removed one, what it was. None where it is in neither state."""
        return self.stack.entry(node, self.at) or self.before.entry(node, self.below)

    def is_directory(self, node: int) -> bool:
        """Whether the path is a folder; of a removed one, whether it was."""
        if self.stack.present(node, self.at):
            return self.stack.is_directory(node, self.at)
        return self.before.is_directory(node, self.below)

    def is_folder(self, node: int) -> bool:
        """Whether the path is a folder in either state."""
        return self.stack.is_directory(node, self.at) or self.before.is_directory(node, self.below)

    def joins(self, folder: int, inner: int) -> bool:
        """Whether the sign of the inner folder tells how the other one differs, too."""
        return self.change(folder) == self.change(inner)

    def size(self, node: int) -> int:
        """Bytes of the path; of a removed one, those it had."""
        if self.stack.present(node, self.at):
            return self.stack.size(node, self.at)
        return self.before.size(node, self.below)

    def difference(self, node: int) -> int:
        """By how many bytes the path, with all below it, is larger than before; less than 0 where it is smaller (52)."""
        return self.stack.size(node, self.at) - self.before.size(node, self.below)

    def stored(self, node: int) -> int:
        """Bytes that layer ``at`` itself stores at the path and below it (52). The first time it looks at its files."""
        return self.own.at(node)

    @cached_property
    def own(self) -> OwnBytes:
        """What layer ``at`` itself stores."""
        return OwnBytes(self.stack, self.at)

    @cached_property
    def events(self) -> array[int]:
        """The last event of every node in the state at ``at``."""
        return self.stack.events_at(self.at)

    @cached_property
    def lost(self) -> bytes:
        """1 for every node that is not there any more."""
        return self._lost(self.presence)

    @cached_property
    def alone(self) -> array[int]:
        """Bytes of every path that is there in either state, as ``size`` tells them, but without what is below."""
        alone = array("q", map(self.stack.event_bytes.__getitem__, self.events))
        for node in compress(range(len(alone)), self.lost):
            alone[node] = self.before.event_bytes[self.before.state(node, self.below)]
        return alone

    def twice(self, mask: bytes) -> Iterator[tuple[int, int]]:
        """Where two names of a file meet, which both are in the mask and have the same bytes."""
        lost = self._lost(mask)
        yield from self.stack.shared_bytes(mask, self.at)
        if any(lost):
            yield from self.before.shared_bytes(lost, self.below)

    def largest(self, chosen: bytes | bytearray) -> Iterator[Sequence[int]]:
        """Those of the chosen paths that have bytes by themselves, the largest first, in blocks, of which some are empty."""
        columns = self.stack.columns
        at, several = columns.inode_node, columns.names
        for inodes in self.stack.ranking.blocks():
            nodes = list[int]()
            for inode in inodes:
                if inode in several:
                    nodes += (node for node in several[inode] if chosen[node] and self._holds(node, inode))
                elif (node := at[inode]) != ABSENT and chosen[node] and self._holds(node, inode):
                    nodes.append(node)
            yield nodes

    def _holds(self, node: int, inode: int) -> bool:
        """Whether a path that is there in either state has this content; of a removed one, whether it had."""
        columns = self.stack.columns
        last = columns.last[node]
        if columns.event_previous[last] == ABSENT:  # which is true of most
            return columns.event_inode[last] == inode
        layer = self.at if self.stack.present(node, self.at) else self.below
        return self.stack.inode(node, layer) == inode

    def _lost(self, mask: bytes | bytearray) -> bytes:
        """1 for the nodes of a mask that are not there any more."""
        there = int.from_bytes(self.stack.presence(self.at), "little")
        return (int.from_bytes(mask, "little") & ~there).to_bytes(len(mask), "little")

    @property
    def counted(self) -> bool:
        """Whether it is known by now how much changed; else ``counts`` takes some 50 ms for half a million paths."""
        return self.is_of_layer or "changes" in vars(self)

    def counts(self) -> Counts:
        if self.is_of_layer:
            return self.stack.counts(self.at)
        changes = self.changes
        return Counts(changes.count(Change.ADDED), changes.count(Change.MODIFIED), changes.count(Change.REMOVED))

    @cached_property
    def changes(self) -> bytearray:
        """The Change of every node."""
        if self.at < self.below:  # node by node that would be a second for half a million
            return Comparison(self.stack, self.at, self.below).changes.translate(_BACKWARDS)
        changes = bytearray(self.stack.nodes)
        columns = self.stack.columns
        low, high = columns.event_bounds[self.below], columns.event_bounds[self.at]
        for node, change in zip(columns.event_node[low:high], columns.event_change[low:high], strict=True):
            changes[node] = change
        # That is right where one layer alone touched the path. Of the others most were not there before.
        again = set(compress(columns.event_node[low:high], map(low.__le__, columns.event_previous[low:high])))
        if again:
            there = self.stack.presence(self.at)
            for node in again:
                changes[node] = there[node] if columns.born[node] > self.below else self.change(node)
        return changes

    @cached_property
    def presence(self) -> bytes | bytearray:
        """1 for every node that is there in either state."""
        if self.is_of_layer:
            return self.stack.presence(self.at, or_before=True)
        old, new = self.before.presence(self.below), self.stack.presence(self.at)
        return (int.from_bytes(old, "little") | int.from_bytes(new, "little")).to_bytes(len(new), "little")


def _in_words(changes: bytes) -> Iterator[Change]:
    """Those of them that are changes."""
    return map((*Change,).__getitem__, filter(None, changes))
