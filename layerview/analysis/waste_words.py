"""The words of a filter of what is wasted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from layerview.analysis.waste_tree import WasteTree
from layerview.filesystem import Vocabulary
from layerview.filesystem.words import bounds, layer


def _size(sign: str, value: str) -> Callable[[WasteTree], bytes]:
    """Files of which so many bytes are wasted in all."""
    first, end = bounds(sign, value)

    def sized(tree: WasteTree) -> bytes:
        return bytes(
            (first is None or first <= bytes_) and (end is None or bytes_ < end) and tree.times(node) > 0
            for node, bytes_ in enumerate(tree.alone)
        )

    return sized


def _layer(sign: str, value: str) -> Callable[[WasteTree], bytes]:
    """Files that the layer stores in vain, or hides."""
    return partial(_touched, layer(sign, value))


def _touched(number: int, tree: WasteTree) -> bytes:
    told = bytearray(tree.nodes)
    for first, group in tree.groups.items():
        if group.reason is None:
            for node in range(first + 1, tree.end(first)):
                told[node] = tree.times(node) > 0 and tree.touches(node, number)
        elif number in (group.stored_by, group.hidden_by):
            told[first + 1 : tree.end(first)] = bytes(
                tree.times(node) > 0 for node in range(first + 1, tree.end(first))
            )
    return bytes(told)


WASTED = Vocabulary[WasteTree]("what is wasted", {"size": _size, "layer": _layer})
"""What wasted files can be asked for."""
