"""Two images held against each other: their stacks over the same nodes, and what differs at each.

``align`` numbers the paths of both alike, so that a node means the same path in both; ``differ`` compares the last states.
Both pass over all paths once, so that what a screen asks for is a look-up.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress

import msgspec

from layerview.filesystem.aspects import Placed, aspects_between
from layerview.filesystem.changes import Aspect
from layerview.filesystem.columns import ABSENT, NEVER, Columns, Tree
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.draft import Checksum
from layerview.filesystem.nodes import recorded
from layerview.filesystem.stack import Stack
from layerview.layers.columns import U8, U16, ColumnRecord
from layerview.trees import Change, Preorder, Ranking, keys_of, numbered

_TIME = int(Aspect.TIME)
_OTHER = int(Aspect.CONTENT | Aspect.TYPE)
_IMPLIED: Placed = (None, ABSENT, None, ABSENT, ABSENT)  # type: ignore[assignment]
"""The root where no layer lists it."""
_BOTH = 3
_CHANGE_OF = bytes((Change.UNMODIFIED, Change.REMOVED, Change.ADDED, Change.UNMODIFIED)) + bytes(252)
"""By whether a path is in the first image (1), in the second (2)."""
_TIME_ALONE = max(Change) + 1
_UNCOUNTED, _COUNTED = (
    bytes((*Change, time)) + bytes(255 - _TIME_ALONE) for time in (Change.UNMODIFIED, Change.MODIFIED)
)
"""By what differs at a path, the Change that it has: without times, and with them."""
_MIRRORED = bytes.maketrans(bytes((Change.ADDED, Change.REMOVED)), bytes((Change.REMOVED, Change.ADDED)))


def align(one: Tree, other: Tree) -> tuple[Tree, Tree]:
    """The trees of two images with one node for each path of either. Of paths that it lacks, a tree has no event."""
    keys, others = keys_of(one.paths), keys_of(other.paths)
    if keys == others:
        return one, Tree(one.paths, other.columns)
    order = sorted(dict.fromkeys([*keys, *others]))
    paths, number = recorded(Preorder(order)), numbered(order)
    return Tree(paths, _renumbered(one.columns, keys, number)), Tree(paths, _renumbered(other.columns, others, number))


def _renumbered(columns: Columns, keys: list[bytes], of: Mapping[bytes, int]) -> Columns:
    if len(keys) == len(of):
        return columns
    new = array("i", map(of.__getitem__, keys))
    old = array("i", [ABSENT]) * len(of)
    for node, number in enumerate(new):
        old[number] = node

    def by_node(column: memoryview, code: str, nothing: int) -> memoryview:
        items = [*column, nothing]  # which is what the place of ABSENT, the last one, stands for
        return memoryview(array(code, map(items.__getitem__, old))).toreadonly()

    def to_node(column: memoryview) -> memoryview:
        return memoryview(array("i", map([*new, ABSENT].__getitem__, column))).toreadonly()

    return msgspec.structs.replace(
        columns,
        born=by_node(columns.born, "H", NEVER),
        gone=by_node(columns.gone, "H", NEVER),
        last=by_node(columns.last, "i", ABSENT),
        total_last=by_node(columns.total_last, "i", ABSENT),
        returned=to_node(columns.returned),
        event_node=to_node(columns.event_node),
        inode_node=to_node(columns.inode_node),
        names={inode: tuple(map(new.__getitem__, names)) for inode, names in columns.names.items()},
    )


class Differences(ColumnRecord, frozen=True):
    """What differs between the last states of two stacks over the same nodes."""

    changes: U8
    """By node, a Change, or another number where nothing but the time differs."""
    aspects: U16
    """By node, the Aspects of a modification."""
    added: int
    """Bytes of regular files whose paths are all new."""
    modified: int
    """Bytes, in the second image, of those that are the same at none of their paths, not all of which are new."""
    replaced: int
    """Bytes, in the first image, of those that are the same at none of their paths, not all of which are gone."""
    removed: int
    """Bytes, in the first image, of those whose paths are all gone."""

    def mirrored(self) -> Differences:
        """The same from the second to the first."""
        return Differences(
            changes=memoryview(bytes(self.changes).translate(_MIRRORED)),
            aspects=self.aspects,
            added=self.removed,
            modified=self.replaced,
            replaced=self.modified,
            removed=self.added,
        )


def differ(one: Stack, other: Stack, twins: Mapping[int, int], checksums: tuple[Checksum, Checksum]) -> Differences:
    """Compare the last state of ``one``, the first image, with that of ``other``, the second (statement 45).

    ``twins`` are layers of the second image that are also in the first, each with its number there: nothing is asked of
    what both images take from the same row. ``checksums`` are asked for contents of equal size, one in each image, that
    their index does not know.
    """
    pair = _Pair(one, other, twins, checksums)
    old, new = one.presence(one.layers), other.presence(other.layers)
    where = (int.from_bytes(old, "little") + 2 * int.from_bytes(new, "little")).to_bytes(len(old), "little")
    changes = bytearray(where.translate(_CHANGE_OF))
    aspects = array("H", bytes(2 * len(changes)))
    for node in compress(range(len(where)), map(_BOTH.__eq__, where)):
        found = pair.aspects(node)
        if found:
            changes[node] = _TIME_ALONE if found == _TIME else Change.MODIFIED
            aspects[node] = found
    contents = _contents(changes, aspects)
    removed, replaced = _bytes(one, contents, Change.REMOVED)
    added, modified = _bytes(other, contents, Change.ADDED)
    return Differences(
        changes=memoryview(bytes(changes)),
        aspects=memoryview(aspects).toreadonly(),
        added=added,
        modified=modified,
        replaced=replaced,
        removed=removed,
    )


def _contents(changes: bytearray, aspects: array[int]) -> bytearray:
    """By node, the Change of its content alone."""
    contents = changes.translate(_UNCOUNTED)
    for node in compress(range(len(changes)), map(int(Change.MODIFIED).__eq__, changes)):
        if not aspects[node] & _OTHER:
            contents[node] = Change.UNMODIFIED
    return contents


def _bytes(stack: Stack, contents: bytearray, alone: Change) -> tuple[int, int]:
    """Of files that one image has ``alone``, and of those that have other content in the other."""
    all_, some = 0, 0
    for bytes_, told in _files(stack, contents):
        if told == {alone}:
            all_ += bytes_
        elif Change.UNMODIFIED not in told:
            some += bytes_
    return all_, some


def _files(stack: Stack, contents: bytearray) -> Iterator[tuple[int, set[int]]]:
    """Of each file that is there at last and has bytes: how many, and what became of the content of its paths."""
    columns = stack.columns
    table = zip(columns.inode_node, columns.inode_size, columns.inode_gone, strict=True)
    for inode, (node, bytes_, gone) in enumerate(table):
        if bytes_ and not gone:
            names = columns.names.get(inode, (node,))
            yield bytes_, {contents[name] for name in names if stack.inode(name, stack.layers) == inode}


class _Pair:
    """Compares what two stacks have at one path."""

    def __init__(
        self, one: Stack, other: Stack, twins: Mapping[int, int], checksums: tuple[Checksum, Checksum]
    ) -> None:
        self._one = one
        self._other = other
        self._twins = twins
        self._checksums = checksums

    def aspects(self, node: int) -> int:
        """The Aspects in which the last states of a path differ that both have."""
        below, above = self._one.columns.last[node], self._other.columns.last[node]
        if below != ABSENT and above != ABSENT and self._is_same(below, above):
            return 0
        return aspects_between(_placed(self._one, below), _placed(self._other, above), self._same_content)

    def _is_same(self, below: int, above: int) -> bool:
        """Whether both images have the very same there, from a layer that they share."""
        one, other = self._one.columns, self._other.columns
        if self._twins.get(other.event_layer[above]) != one.event_layer[below]:
            return False
        if other.event_row[above] != one.event_row[below]:
            return False
        inode, twin = one.event_inode[below], other.event_inode[above]
        return inode == twin == ABSENT or (ABSENT not in (inode, twin) and self._is_twin(inode, twin))

    def _is_twin(self, inode: int, twin: int) -> bool:
        one, other = self._one.columns, self._other.columns
        same_layer = self._twins.get(other.inode_layer[twin]) == one.inode_layer[inode]
        return same_layer and other.inode_row[twin] == one.inode_row[inode]

    def _same_content(self, inode: int, twin: int) -> bool:
        size = self._one.columns.inode_size[inode]
        if size != self._other.columns.inode_size[twin]:
            return False
        if not size or self._is_twin(inode, twin):
            return True
        sums = _sha256(self._one, inode), _sha256(self._other, twin)
        if all(sums):
            return sums[0] == sums[1]
        crc = _crc(self._one, inode, self._checksums[0])
        return crc is not None and crc == _crc(self._other, twin, self._checksums[1])


def _placed(stack: Stack, event: int) -> Placed:
    return _IMPLIED if event == ABSENT else stack.placed(event)


def _sha256(stack: Stack, inode: int) -> int:
    """As the layer tells it, else 0."""
    sums = stack.columns.inode_sha256
    return sums[inode] if len(sums) else 0


def _crc(stack: Stack, inode: int, checksum: Checksum) -> int | None:
    index, row = stack.content(inode)
    return index.crc[row] if index.hashed[row] else checksum(stack.columns.inode_layer[inode], row)


class ImageComparison(Comparison):
    """How the last state of one image differs from that of another: look-ups in what ``differ`` has found.

    A path of which nothing but the time differs counts as unmodified unless ``times`` are to count, since two builds of
    the same write them at different times (statement 45); ``aspects`` tells it all the same.
    """

    def __init__(self, before: Stack, stack: Stack, differences: Differences, *, times: bool = False) -> None:
        super().__init__(stack, before.layers, stack.layers, before)
        self.differences = differences
        self.times = times
        changes = bytearray(differences.changes)
        self.changes = changes.translate(_COUNTED if times else _UNCOUNTED)
        self.uncounted = 0 if times else changes.count(_TIME_ALONE)
        """How many paths differ in their time alone and do not count."""

    def change(self, node: int) -> Change:
        return Change(self.changes[node])

    def aspects(self, node: int) -> Aspect:
        return Aspect(self.differences.aspects[node])

    def changed_below(self, node: int) -> bool:
        return bool(self.changes_below(node))

    def changes_below(self, node: int) -> int:
        first, end = node + 1, self.stack.end(node)
        return end - first - self.changes.count(Change.UNMODIFIED, first, end)

    def largest(self, chosen: bytes | bytearray) -> Iterator[Sequence[int]]:
        for nodes in self._ranking.blocks():
            yield [node for node in nodes if chosen[node]]

    @cached_property
    def _ranking(self) -> Ranking:
        """By node, since two images number their contents each for itself."""
        return Ranking(self.alone)

    def with_times(self, times: bool) -> ImageComparison:
        """The same with times that count, or not."""
        return ImageComparison(self.before, self.stack, self.differences, times=times)

    def mirrored(self) -> ImageComparison:
        """The first image against the second, for which nothing is compared again."""
        return ImageComparison(self.stack, self.before, self.differences.mirrored(), times=self.times)
