"""Which paths have some trait, for all of them at once: passes over columns, which take some 20 ms for half a million.

A trait is told of every event, be it of any layer, and looked up for the events that made the paths what they are. Of a
path that is gone, what it was counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress

from layerview.filesystem.aspects import IMPLIED_MODE, REGULAR, kind_of, mode_of
from layerview.filesystem.comparison import Comparison
from layerview.filesystem.stack import Stack
from layerview.layers import Kind, LayerIndex
from layerview.trees import Change
from layerview.trees.masks import all_of

Trait = Callable[[Stack], bytes | bytearray]
"""1 for each event that gives its path the trait; one more item, for ABSENT, is 0."""

Bounds = tuple[int | None, int | None]
"""Numbers from the first to before the second, where there are such."""

_IS_LINK = bytes(kind == Kind.HARDLINK for kind in range(256))


def nodes_with(trait: Trait, comparison: Comparison) -> bytes:
    """1 for every node that has the trait, of the paths that are there in either state."""
    told = trait(comparison.stack)
    mask = bytearray(bytes(map(told.__getitem__, comparison.events)))  # from an iterator it takes four times as long
    mask[0] = 0
    lost = [*compress(range(len(mask)), comparison.lost)]
    if lost:
        before = comparison.before
        told = told if before is comparison.stack else trait(before)
        for node in lost:
            mask[node] |= told[before.state(node, comparison.below)]
    return bytes(mask)


def sized(bounds: Bounds, stack: Stack) -> bytes:
    """Regular files of so many bytes."""
    within = _within(stack.event_bytes, bounds)
    return within if bounds[0] else all_of(within, of_kind(Kind.FILE, stack))


def of_kind(kind: Kind, stack: Stack) -> bytearray:
    """What is of a kind; a hard link is of the kind of what it names."""
    kinds = REGULAR if kind is Kind.FILE else (kind,)
    table = bytes(each in kinds for each in range(256))
    told = _by_row(stack, lambda index: bytes(index.kind).translate(table), kind is Kind.DIRECTORY)
    for event in _links(stack):
        told[event] = kind_of(stack.placed(event)) in kinds
    return told


def with_bits(bits: int, stack: Stack) -> bytearray:
    """What has all of these bits in its mode."""

    def has(mode: int) -> bool:
        return mode & bits == bits

    told = _by_row(stack, lambda index: _those(index.mode, has), has(IMPLIED_MODE))
    for event in _links(stack):
        told[event] = has(mode_of(*stack.placed(event)[:4]))
    return told


def owned(uid: int, gid: int | None, stack: Stack) -> bytes:
    """What is of an owner, and of a group where one is asked for."""
    told = _by_row(stack, lambda index: _those(index.uid, uid.__eq__), uid == 0)
    if gid is None:
        return bytes(told)
    return all_of(told, _by_row(stack, lambda index: _those(index.gid, gid.__eq__), gid == 0))


def written(bounds: Bounds, stack: Stack) -> bytearray:
    """What was last written at such a time, in nanoseconds since 1970; of a folder that no layer lists, none is known."""
    return _by_row(stack, lambda index: _within(index.mtime, bounds), False)


def touched(layer: int, stack: Stack) -> bytearray:
    """What a layer was the last to touch, be it to remove it."""
    told = bytearray(len(stack.columns.event_node) + 1)
    if 0 < layer <= stack.layers:
        low, high = stack.events(layer)
        told[low:high] = b"\1" * (high - low)
    return told


def _by_row(stack: Stack, tell: Callable[[LayerIndex], bytes], implied: bool) -> bytearray:
    """What is told of the rows of each layer, by event; ``implied`` of a folder that no layer lists."""
    columns = stack.columns
    told = bytearray()
    for layer in range(1, stack.layers + 1):
        low, high = stack.events(layer)
        if low < high:
            rows = tell(stack.index(layer)) + bytes((implied,))  # ABSENT is the last
            told += bytes(map(rows.__getitem__, columns.event_row[low:high].tolist()))
    if implied:
        there = bytes(change != Change.REMOVED for change in range(256))
        told[:] = all_of(told, bytes(columns.event_change).translate(there))
    told.append(0)
    return told


def _links(stack: Stack) -> Iterator[int]:
    """The events of hard links."""
    layers = (stack.index(layer) for layer in range(1, stack.layers + 1) if layer not in stack.missing)
    if not any(Kind.HARDLINK in bytes(index.kind) for index in layers):
        return iter(())
    told = _by_row(stack, lambda index: bytes(index.kind).translate(_IS_LINK), False)
    return compress(range(len(told)), told)


def _those(column: Sequence[int], test: Callable[[int], bool]) -> bytes:
    """1 where a test is true: it is asked once for each value, of which there are few."""
    return bytes(map(set(filter(test, set(column))).__contains__, column))


def _within(column: Sequence[int], bounds: Bounds) -> bytes:
    """1 where a number is within bounds."""
    first, end = bounds
    if first is not None:
        return bytes(map(first.__le__, column))
    assert end is not None
    return bytes(map(end.__gt__, column))
