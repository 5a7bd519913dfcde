"""The tree of what is wasted while it is made: in steps, between which keys are answered."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from heapq import merge
from itertools import compress, pairwise
from typing import NamedTuple

from layerview.analysis.secrets import SECRETS
from layerview.filesystem import Reason, Stack
from layerview.trees import Change

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


class WasteDraft:
    """Its columns, by node."""

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
