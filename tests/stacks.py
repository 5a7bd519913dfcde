"""Stacks of layers built entry by entry, and what tests ask of them."""

from __future__ import annotations

from array import array

import msgspec

from layerview.filesystem import Comparison, Stack, merge
from layerview.layers import LayerIndex
from layerview.trees import Change
from tests.builders import Entry, index


def stack(*layers: tuple[Entry, ...]) -> Stack:
    """The stack of these layers, the lowest first."""
    indexes = {number: index(*entries) for number, entries in enumerate(layers, 1)}
    return Stack(merge(len(layers), indexes, lambda layer, row: None), indexes)


def paths(stacked: Stack, layer: int | None = None) -> list[str]:
    """What is there at a layer, the last one unless told, without the root; folders end in a slash."""
    layer = stacked.layers if layer is None else layer
    return [
        stacked.path(node).decode() + "/" * stacked.is_directory(node, layer)
        for node in stacked.walk(layer)
        if node != 0
    ]


def node(stacked: Stack, path: str) -> int:
    found = stacked.find(path.encode())
    assert found is not None, path
    return found


def changes(stacked: Stack, below: int, at: int) -> dict[str, str]:
    """Every path that differs between two states: how, and in what."""
    comparison = Comparison(stacked, below, at)
    found = {}
    for path in range(1, stacked.nodes):
        change = comparison.change(path)
        if change != Change.UNMODIFIED:
            aspects = [aspect.name.lower() for aspect in comparison.aspects(path) if aspect.name]
            found[stacked.path(path).decode()] = " ".join([change.name.lower(), *aspects])
    return found


def without_checksums(index: LayerIndex) -> LayerIndex:
    """The index as it is where contents were skipped: only of empty files the checksum is known."""
    empty = bytes(not size for size in index.size)
    unknown = memoryview(bytes(8 * len(empty))).cast("Q")
    return msgspec.structs.replace(index, crc=unknown, hashed=memoryview(empty))


def with_sha256(index: LayerIndex) -> LayerIndex:
    """The index as a table of contents has it: no checksums but these, which are made up, as they are only compared."""
    told = memoryview(
        array("Q", (crc ^ 1 << 63 if size else 0 for crc, size in zip(index.crc, index.size, strict=True)))
    )
    return msgspec.structs.replace(without_checksums(index), sha256=told)
