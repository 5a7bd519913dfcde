"""What images share: the bytes that are stored once for several of them, and the layers that they have in common.

An engine stores a layer together with all that is below it: a layer that two images have on top of different ones it stores
twice, though they have it in common. Different places share nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from layerview.image import ListedImage, ListedLayer, chain_ids


class Holding(msgspec.Struct, frozen=True):
    """An image in a place, which holds it once whatever it is called there."""

    place: str
    id: str
    layers: tuple[ListedLayer, ...]
    """The lowest first; sizes are as the place counts them."""

    @classmethod
    def of(cls, image: ListedImage) -> Holding:
        """An image that an engine lists, whose layers were asked for."""
        assert image.layers is not None, "what is shared is told by layers"
        return cls(image.engine, image.id, image.layers)


class Share(msgspec.Struct, frozen=True):
    """What an image shares with others. Bytes are those of the layers whose size is known."""

    shared: int
    """Bytes that its place stores for another of the images too."""
    alone: int
    """Bytes that its place stores for it alone: what removing it would free."""
    common_layers: int
    """How many of its layers another image has too, wherever that is."""
    common: int
    """Bytes of these."""
    unknown: int
    """How many of its layers have a size that nothing tells; their bytes are missing above."""

    @property
    def size(self) -> int:
        """Bytes of all its layers."""
        return self.shared + self.alone


class Group(msgspec.Struct, frozen=True):
    """Layers that the same images have, wherever these are."""

    members: tuple[int, ...]
    """Numbers of the images in the sequence that was asked about, from 0."""
    layers: tuple[ListedLayer, ...]

    @property
    def bytes(self) -> int:
        """Of those whose size is known."""
        return sum(layer.size or 0 for layer in self.layers)


def share(images: Sequence[Holding]) -> list[Share]:
    """What each of these shares with the others; an image that comes twice is not shared with itself."""
    distinct = list({(image.place, image.id): image for image in images}.values())
    stored = Counter(key for image in distinct for key in _stored(image))
    known = Counter(
        diff_id for image in distinct for diff_id in {layer.diff_id for layer in image.layers if layer.diff_id}
    )
    size = _sizes(distinct)
    found = {(image.place, image.id): _share(image, stored, known, size) for image in distinct}
    return [found[image.place, image.id] for image in images]


def stored_bytes(images: Sequence[Holding]) -> int:
    """What all of them take in their places, what is shared counted once."""
    size = _sizes(images)
    return sum({key: size(image, layer) or 0 for image in images for key, layer in _stored(image).items()}.values())


def groups(images: Sequence[Holding]) -> list[Group]:
    """Every layer of these images once, with those that have it; groups of many images first, then of many bytes.

    Of an image that comes twice the first stands for both. Layers that are known by no digest are left out.
    """
    distinct = {(image.place, image.id): number for number, image in reversed(list(enumerate(images)))}
    sizes = largest_sizes(images)
    members: defaultdict[str, list[int]] = defaultdict(list)
    for number in sorted(distinct.values()):
        for diff_id in dict.fromkeys(layer.diff_id for layer in images[number].layers if layer.diff_id):
            members[diff_id].append(number)
    together: defaultdict[tuple[int, ...], list[ListedLayer]] = defaultdict(list)
    for diff_id, numbers in members.items():
        together[tuple(numbers)].append(ListedLayer(diff_id, sizes[diff_id]))
    found = [Group(numbers, tuple(layers)) for numbers, layers in together.items()]
    return sorted(found, key=lambda group: (-len(group.members), -group.bytes, group.members))


def pairs(found: Iterable[Group]) -> dict[tuple[int, int], tuple[int, int]]:
    """How many layers two images have in common, and bytes of these, for every two that have any."""
    layers: Counter[tuple[int, int]] = Counter()
    bytes_: Counter[tuple[int, int]] = Counter()
    for group in found:
        for pair in combinations(group.members, 2):
            layers[pair] += len(group.layers)
            bytes_[pair] += group.bytes
    return {pair: (layers[pair], bytes_[pair]) for pair in sorted(layers)}


def largest_sizes(images: Iterable[Holding]) -> dict[str, int | None]:
    """The size of each layer by its diffID, as the place counts it that counts most; None where none tells."""
    sizes: dict[str, int | None] = {}
    for layer in (layer for image in images for layer in image.layers):
        told = [size for size in (sizes.get(layer.diff_id), layer.size) if size is not None]
        sizes[layer.diff_id] = max(told, default=None)
    return sizes


_Key = tuple[str, str]


def _stored(image: Holding) -> dict[_Key, ListedLayer]:
    """What its place stores for it, by chainIDs, or by its own ID in archives of before 1.10, which have no digests."""
    diff_ids = [layer.diff_id or f"{image.id} {number}" for number, layer in enumerate(image.layers)]
    return dict(zip(((image.place, chain_id) for chain_id in chain_ids(diff_ids)), image.layers, strict=True))


_Size = Callable[[Holding, ListedLayer], int | None]
"""The size of an image's layer, if anything tells it."""


def _sizes(images: Iterable[Holding]) -> _Size:
    """Of the layers of these images. Not every image tells those of its own, but another one in its place may."""
    sizes = {
        (image.place, layer.diff_id): layer.size
        for image in images
        for layer in image.layers
        if layer.size is not None and layer.diff_id
    }
    return lambda image, layer: sizes.get((image.place, layer.diff_id), layer.size)


def _share(image: Holding, stored: Mapping[_Key, int], known: Mapping[str, int], size: _Size) -> Share:
    own = _stored(image)
    return Share(
        shared=sum(size(image, layer) or 0 for key, layer in own.items() if stored[key] > 1),
        alone=sum(size(image, layer) or 0 for key, layer in own.items() if stored[key] == 1),
        common=sum(size(image, layer) or 0 for layer in own.values() if known[layer.diff_id] > 1),
        common_layers=sum(known[layer.diff_id] > 1 for layer in image.layers),
        unknown=sum(size(image, layer) is None for layer in own.values()),
    )
