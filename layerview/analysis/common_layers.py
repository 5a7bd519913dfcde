"""Which layers two images have in common, and where they part."""

from __future__ import annotations

from layerview.image import Image, Layer

LayerPair = tuple[Layer | None, Layer | None]
"""A layer of the first image and one of the second, of one diffID; or a layer of one of them, and None."""


def layer_pairs(one: Image, other: Image) -> list[LayerPair]:
    """The layers of both images in order, those that both have together; between these, the first image's come first."""
    from difflib import SequenceMatcher  # which only two images need, and takes a millisecond to import

    names, others = _names(one), _names(other)
    pairs: list[LayerPair] = []
    for kind, low, high, other_low, other_high in SequenceMatcher(None, names, others, autojunk=False).get_opcodes():
        mine, theirs = one.layers[low:high], other.layers[other_low:other_high]
        if kind == "equal":
            pairs += zip(mine, theirs, strict=True)
        else:
            pairs += [(layer, None) for layer in mine]
            pairs += [(None, layer) for layer in theirs]
    return pairs


def _names(image: Image) -> list[object]:
    """What each layer is known by; one without a diffID is like no other."""
    return [layer.diff_id or object() for layer in image.layers]
