"""The layers of two images held against each other: which are in both, and which are made by one instruction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from layerview.image import Layer, starts_from

LayerPair = tuple[Layer | None, Layer | None]
"""A layer of the first image, and one of the second, where both are there: the same, or made by one instruction."""

_SUM = r"\b(file|dir|multi):[0-9a-f]+(?= in )"
"""What older builders record of the files that were copied: that they are others is what the layers differ in."""


def layer_pairs(one: Sequence[Layer], other: Sequence[Layer]) -> list[LayerPair]:
    """The layers of both images in order, aligned as ``diff`` aligns lines.

    As many as can be come together that are the same, by their diffID; of these alignments, the one with the most layers
    of one instruction. Where neither is so, the first image's come before the second one's.
    """
    return list(_aligned(one, other))


def is_same(pair: LayerPair) -> bool:
    """Whether both images have the very same layer."""
    old, new = pair
    return bool(old and new and old.diff_id and old.diff_id == new.diff_id)


def _aligned(one: Sequence[Layer], other: Sequence[Layer]) -> Iterator[LayerPair]:
    gains = _gains(one, other)
    best = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    """By what is left of each image, what is gained by the best alignment of that."""
    for i in reversed(range(len(one))):
        row, below, here = best[i], best[i + 1], gains[i]
        for j in reversed(range(len(other))):
            row[j] = max(below[j], row[j + 1], here[j] + below[j + 1])
    i = j = 0
    while i < len(one) or j < len(other):
        if i < len(one) and j < len(other) and gains[i][j] and best[i][j] == gains[i][j] + best[i + 1][j + 1]:
            yield one[i], other[j]
            i, j = i + 1, j + 1
        elif i < len(one) and best[i][j] == best[i + 1][j]:
            yield one[i], None
            i += 1
        else:
            yield None, other[j]
            j += 1


def _gains(one: Sequence[Layer], other: Sequence[Layer]) -> list[list[int]]:
    """What bringing two layers together is worth: of one content more than all others of one instruction, else nothing."""
    same = len(one) + 1
    names, steps = [layer.diff_id for layer in other], list(map(_step, other))
    gains = []
    for layer in one:
        name, step = layer.diff_id, _step(layer)
        gains.append(
            [
                same if name and name == another else int(step == other_step and step != "")
                for another, other_step in zip(names, steps, strict=True)
            ]
        )
    return gains


def _step(layer: Layer) -> str:
    """What made a layer; empty where it is not recorded."""
    if layer.history is None:
        return ""
    return " ".join(re.sub(_SUM, r"\1", layer.history.instruction).split()) or starts_from(layer.history)
