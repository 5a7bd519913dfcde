"""What is wasted as a tree: why and between which layers, then the folders, then the files.

A folder that leads to nothing but one other is no node of its own, so that a row of the tree is a step of a decision. A path
is in a group once, however often it is stored; one that is stored again and again is in a group for such, since it would
stand below each pair of layers that it is wasted by.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from heapq import merge
from itertools import compress, pairwise
from typing import NamedTuple

from layerview.analysis.secrets import SECRETS
from layerview.analysis.waste import Account
from layerview.filesystem import Reason, Stack
from layerview.trees import Change, Preordered, preorder_key

MANY = 4
"""A path that is stored in vain so many times stands once for all of them."""

_BLOCK = 400
"""Files that are looked at in a millisecond or less."""

BOOKKEEPING = b"AUFS bookkeeping"
"""What stands for a path where the bytes have none that is shown."""


class Group(NamedTuple):
    """Who wastes bytes, and why."""

    stored_by: int
    hidden_by: int
    reason: Reason | None
    """None: paths that are stored again and again, from the first of the two layers on until the other hides the last."""


_Owned = tuple[int, int, int, bool]
"""What is wasted at a path itself: the bytes, how often they are stored, by which layer first, whether any are removed."""
_NOTHING: _Owned = 0, 0, 0, False


class WasteTree(Preordered):
    """The wasted paths of an image, below the groups that they belong to: what an ``Outline`` shows.

    A path of this tree begins with its group, so that it means one node; the text that a filter searches does not.
    """

    def __init__(self, draft: _Draft) -> None:
        super().__init__(draft)
        self.stack = draft.stack
        self.groups = draft.groups
        """By node."""
        self._firsts = [*self.groups]
        self._draft = draft
        self._by_name = {self.path(node): node for node in self.groups}
        self.presence = b"\1" * self.nodes
        self.changes = bytes(draft.secret)

    @property
    def tree(self) -> WasteTree:
        return self

    # what a node is

    def size(self, node: int) -> int:
        """Wasted bytes, with those below."""
        return self._draft.bytes[node]

    @property
    def alone(self) -> Sequence[int]:
        return self._draft.own_bytes

    def twice(self, mask: bytes) -> Iterable[tuple[int, int]]:
        """No bytes are wasted twice."""
        return ()

    def files(self, node: int) -> int:
        """How many paths with wasted bytes the node is and holds."""
        return self._draft.count[node]

    def own_size(self, node: int) -> int:
        """Wasted bytes of the path itself."""
        return self._draft.own_bytes[node]

    def times(self, node: int) -> int:
        """How often the path itself is stored in vain."""
        return self._draft.times[node]

    def stored_by(self, node: int) -> int:
        """The layer that stores the path itself, the lowest of several."""
        return self._draft.layer[node]

    def touches(self, node: int, layer: int) -> bool:
        """Whether a layer does anything to the path, be it to remove it."""
        return any(event.layer == layer for event in self.stack.history(self.stack_node(node)))

    def stack_node(self, node: int) -> int:
        """The path in the merged tree; -1 for AUFS bookkeeping, 0 for a group."""
        return self._draft.origin[node]

    def group(self, node: int) -> int:
        """The node of its group."""
        return self._firsts[bisect_right(self._firsts, node) - 1]

    def plain_path(self, node: int) -> bytes:
        """The path without its group."""
        return super().path(node)

    def beside(self, node: int) -> tuple[list[int], list[int]]:
        """Those before and after it in the same folder, by name, and the first and the last of all that are there."""
        over = self.parent(node)
        last = self.end(over)
        beside = [self._at_or_around(node - 1, over)] if node > over + 1 else []
        beside += [self.end(node)] if self.end(node) < last else []
        return beside, [over + 1, self._at_or_around(last - 1, over)]

    def _at_or_around(self, node: int, folder: int) -> int:
        """What is right in a folder and is the node, or holds it."""
        while self.parent(node) != folder:
            node = self.parent(node)
        return node

    def label(self, node: int, over: int) -> bytes:
        """The path from a node around it."""
        return self.plain_path(node)[len(self.plain_path(over)) :].lstrip(b"/")

    # Preordered

    def path(self, node: int) -> bytes:
        if node == 0:
            return b""
        first = self.group(node)
        name = b"%d %d %d" % (*self.groups[first][:2], self.groups[first].reason or 0)
        return name if node == first else name + b"/" + self.plain_path(node)

    def find(self, path: bytes) -> int | None:
        name, _, rest = path.partition(b"/")
        first = self._by_name.get(name)
        if first is None or not rest:
            return first if path else 0
        key = preorder_key(rest)
        inside = range(first + 1, self.end(first))
        at = bisect_left(inside, key, key=lambda node: preorder_key(self.plain_path(node)))
        return inside[at] if at < len(inside) and self.plain_path(inside[at]) == rest else None

    # Outlined: what differs are secrets

    def change(self, node: int) -> Change:
        """REMOVED for what looks like a secret and was removed."""
        return Change(self.changes[node])

    def changed_below(self, node: int) -> bool:
        return self.changes_below(node) > 0

    def changes_below(self, node: int) -> int:
        return self.changes.count(Change.REMOVED, node + 1, self.end(node))

    def is_folder(self, node: int) -> bool:
        return self.end(node) > node + 1

    def joins(self, folder: int, inner: int) -> bool:
        """Whether nothing is told of the folder that is not told of the one in it."""
        return folder not in self.groups and not self.times(folder)


def gather(account: Account) -> Generator[None, None, WasteTree]:
    """The tree of an account. It stops every few milliseconds, for whoever has something more urgent to do."""
    draft = _Draft(account.stack)
    yield from draft.fill()
    return WasteTree(draft)


def waste_tree(account: Account) -> WasteTree:
    """The same without a stop."""
    steps = gather(account)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            tree: WasteTree = end.value
            return tree


class _Draft:
    """The tree while it is made: its columns, by node."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.text = bytearray(b"/\n")
        self.start = array("Q", (0, 2))
        self.parent, self.end, self.depth = array("i", (-1,)), array("i", (1,)), array("i", (0,))
        self.origin = array("i", (0,))
        self.own_bytes, self.times, self.layer = array("q", (0,)), array("i", (0,)), array("i", (0,))
        self.bytes, self.count = array("q", (0,)), array("i", (0,))
        self.secret = bytearray(1)
        self.groups: dict[int, Group] = {}

    def fill(self) -> Iterator[None]:
        grouped = dict[Group, dict[int, _Owned]]()
        yield from self._group(grouped)
        for group in sorted(grouped, key=lambda group: (group.stored_by, group.hidden_by, group.reason or 0)):
            owned = grouped.pop(group)
            self.groups[len(self.parent)] = group
            self._add(0, 1, 0, _NOTHING)
            yield from self._add_below(len(self.parent) - 1, owned)
        for node in range(len(self.parent) - 1, 0, -1):
            over = self.parent[node]
            self.bytes[over] += self.bytes[node]
            self.count[over] += self.count[node]
            self.end[over] = max(self.end[over], self.end[node])
            if node % (4 * _BLOCK) == 0:
                yield

    def _group(self, grouped: dict[Group, dict[int, _Owned]]) -> Iterator[None]:
        """Find out what each path wastes, by group."""
        columns = self.stack.columns
        sizes, stored, gone, why, at = (
            columns.inode_size, columns.inode_layer, columns.inode_gone, columns.inode_reason, columns.inode_node,
        )  # fmt: skip
        inodes = array("i")
        for first in range(0, len(gone), 64 * _BLOCK):
            some = range(first, min(first + 64 * _BLOCK, len(gone)))
            inodes.extend(filter(sizes.__getitem__, compress(some, gone[some.start : some.stop])))
            yield
        times = Counter[int]()
        for block in _blocks(inodes, 8):
            times.update(map(at.__getitem__, block))
            yield
        many = {node for node, count in times.items() if count >= MANY and node >= 0}
        reasons, charges = {int(reason): reason for reason in Reason}, dict[tuple[int, int, int], Group]()
        again, layers = dict[int, _Owned](), set[int]()
        for block in _blocks(inodes):
            for inode in block:
                node, layer, charge = at[inode], stored[inode], (stored[inode], gone[inode], why[inode])
                if node in many:
                    owned = again
                    layers |= {layer, gone[inode]}
                else:
                    group = charges.get(charge)
                    if group is None:
                        group = charges[charge] = Group(layer, gone[inode], reasons[why[inode]])
                        grouped[group] = {}
                    owned = grouped[group]
                size, removed = sizes[inode], why[inode] == Reason.REMOVED
                if node in owned:
                    bytes_, count, lowest, any_removed = owned[node]
                    owned[node] = bytes_ + size, count + 1, min(layer, lowest), any_removed or removed
                else:
                    owned[node] = size, 1, layer, removed
            yield
        if again:
            grouped[Group(min(layers), max(layers), None)] = again

    def _add_below(self, group: int, owned: dict[int, _Owned]) -> Iterator[None]:
        """Add paths to a group, with the folders in which more than one thing is."""
        parent = self.stack.paths.parent
        nodes = list[int]()
        for block in _blocks(array("i", owned), 16):
            nodes += sorted(block)
            yield
        nodes.sort()  # which takes half as long now
        yield
        inner = set[int]()
        for number, (one, other) in enumerate(pairwise(nodes)):
            over = other  # the lowest that is, or holds, both: of a preorder the first that is not behind the other
            while over > one:
                over = parent[over]
            inner.add(over)
            if number % (4 * _BLOCK) == 0:
                yield
        path = [group]
        folders = sorted(node for node in inner if node > 0 and node not in owned)
        for number, origin in enumerate(merge(folders, nodes)):  # both by node: to sort all anew would hold up a key
            if number % _BLOCK == 0:
                yield
            if origin < 0:
                self._add(group, 2, origin, owned[origin])
                continue
            while len(path) > 1 and origin >= self.stack.paths.end[self.origin[path[-1]]]:
                path.pop()
            self._add(path[-1], len(path) + 1, origin, owned.get(origin, _NOTHING))
            path.append(len(self.parent) - 1)

    def _add(self, parent: int, depth: int, origin: int, owned: _Owned) -> None:
        node, paths = len(self.parent), self.stack.paths
        if origin < 0:
            text = b"/" + BOOKKEEPING + b"\n"
        else:
            text = bytes(paths.text[paths.start[origin] : paths.start[origin + 1]])
        self.text += text
        self.start.append(len(self.text))
        self.parent.append(parent)
        self.end.append(node + 1)
        self.depth.append(depth)
        self.origin.append(origin)
        bytes_, times, layer, removed = owned
        self.own_bytes.append(bytes_)
        self.times.append(times)
        self.layer.append(layer)
        self.bytes.append(bytes_)
        self.count.append(bool(times))
        self.secret.append(Change.REMOVED if removed and SECRETS.search(text) else Change.UNMODIFIED)


def _blocks(inodes: array[int], blocks: int = 1) -> Iterator[array[int]]:
    return (inodes[at : at + blocks * _BLOCK] for at in range(0, len(inodes), blocks * _BLOCK))
