"""Paths in one list, whatever folders they are in: the largest first, or by name."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import compress

from layerview.filesystem.columns import ABSENT
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.measures import Measure, measured
from layerview.trees import Change, Ranking
from layerview.trees.masks import all_of

_BLOCK = 1_000
"""Paths that are looked at in a millisecond or two."""
_CHANGED = bytes(change != Change.UNMODIFIED for change in range(256))


def listed(comparison: Comparison, chosen: bytes | bytearray, measure: Measure | None) -> Iterator[Sequence[int]]:
    """The chosen nodes but folders, block by block, of which some are empty: those with most of a measure first.

    Those without any stand behind the others, by name; so do all where there is no measure.
    """
    left = bytearray(chosen)
    for block in _with_most(comparison, chosen, measure):
        yield [node for node in block if left[node]]
        for node in block:
            left[node] = 0
    for some in _blocks(left):
        yield [node for node in some if not comparison.is_directory(node)]


def _with_most(comparison: Comparison, chosen: bytes | bytearray, measure: Measure | None) -> Iterator[Sequence[int]]:
    match measure:
        case Measure.SIZE:
            yield from comparison.largest(chosen)
        case Measure.STORED if not comparison.own.hides:
            yield from _stored(comparison, chosen)
        case Measure.STORED | Measure.DIFFERENCE:
            yield from _ranked(comparison, chosen, measure)


def _stored(comparison: Comparison, chosen: bytes | bytearray) -> Iterator[Sequence[int]]:
    """What the layer stores, where each path has the bytes of one file."""
    stack, columns, layer = comparison.stack, comparison.stack.columns, comparison.at
    stored_by, at, several = columns.inode_layer, columns.inode_node, columns.names
    for inodes in stack.ranking.blocks():
        nodes = list[int]()
        for inode in inodes:
            if stored_by[inode] == layer and inode in several:
                names = {at[inode], *(node for node in several[inode] if stack.inode(node, layer) == inode)}
                nodes += (node for node in sorted(names - {ABSENT}) if chosen[node])
            elif stored_by[inode] == layer and at[inode] != ABSENT and chosen[at[inode]]:
                nodes.append(at[inode])
        yield nodes


def _ranked(comparison: Comparison, chosen: bytes | bytearray, measure: Measure) -> Iterator[Sequence[int]]:
    """Changed paths, once each is looked at."""
    size = measured(comparison, measure).size
    nodes, sizes = array("i"), array("q")
    for some in _blocks(all_of(comparison.changes.translate(_CHANGED), chosen)):
        files = [node for node in some if not comparison.is_directory(node)]
        nodes.extend(files)
        sizes.extend(map(abs, map(size, files)))
        yield ()
    for numbers in Ranking(sizes).blocks():
        yield [nodes[number] for number in numbers]


def _blocks(mask: bytes | bytearray) -> Iterator[Iterator[int]]:
    """The nodes with a 1 but the root, as they are numbered. A mask may change behind those that were given."""
    for first in range(1, len(mask), _BLOCK):
        some = range(first, min(first + _BLOCK, len(mask)))
        yield compress(some, mask[first : some.stop])
