"""Images as a tree that grows from the layers which they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from layerview.analysis.sharing import Group, Holding, largest_sizes
from layerview.image import ListedLayer


class Branch(msgspec.Struct, frozen=True):
    """Layers one on top of the other, which the same images have."""

    layers: tuple[ListedLayer, ...]
    """The lowest first."""
    ending: tuple[int, ...]
    """Numbers of the images that have no more layers than these and those below."""
    members: tuple[int, ...]
    """Numbers of all images that have them."""
    branches: tuple[Branch, ...]
    """What different images have on top, that with the most bytes first."""

    @property
    def bytes(self) -> int:
        """Of those layers here whose size is known."""
        return sum(layer.size or 0 for layer in self.layers)

    @property
    def all_bytes(self) -> int:
        """Of these and all on top."""
        return self.bytes + sum(branch.all_bytes for branch in self.branches)

    @property
    def is_known(self) -> bool:
        """Whether the size of each layer here is."""
        return all(layer.size is not None for layer in self.layers)


def lineage(images: Sequence[Holding]) -> tuple[Branch, ...]:
    """The tree of these images, whatever places they are in; images are numbered from 0, in this order.

    One without layers is nowhere in it.
    """
    sizes = largest_sizes(images)
    # Layers that are known by no digest are nobody else's.
    chains = [
        [layer if layer.diff_id else ListedLayer(f"{number} {place}", layer.size) for place, layer in enumerate(layers)]
        for number, layers in enumerate(image.layers for image in images)
    ]
    return _grown(
        [[ListedLayer(each.diff_id, sizes.get(each.diff_id, each.size)) for each in chain] for chain in chains]
    )


def _grown(chains: Sequence[Sequence[ListedLayer]]) -> tuple[Branch, ...]:
    def branches(members: Sequence[int], start: int) -> tuple[Branch, ...]:
        apart: dict[str, list[int]] = {}
        for number in members:
            if start < len(chains[number]):
                apart.setdefault(chains[number][start].diff_id, []).append(number)
        return tuple(sorted((branch(each, start) for each in apart.values()), key=lambda each: -each.all_bytes))

    def branch(members: Sequence[int], start: int) -> Branch:
        first, end = chains[members[0]], start + 1
        while all(len(chains[n]) > end and chains[n][end].diff_id == first[end].diff_id for n in members):
            end += 1
        ending = tuple(number for number in members if len(chains[number]) == end)
        return Branch(tuple(first[start:end]), ending, tuple(members), branches(members, end))

    return branches(range(len(chains)), 0)


def scattered(tree: Sequence[Branch], found: Sequence[Group]) -> list[Group]:
    """Of groups of images, the layers that they have on top of different ones, so that the tree has them several times."""
    times = Counter(layer.diff_id for branch in all_branches(tree) for layer in branch.layers)
    apart = [replace(group, layers=tuple(each for each in group.layers if times[each.diff_id] > 1)) for group in found]
    return sorted((group for group in apart if group.bytes), key=lambda group: -group.bytes)


def all_branches(tree: Sequence[Branch]) -> Iterator[Branch]:
    """Those at the bottom, each with those on top behind it."""
    for branch in tree:
        yield branch
        yield from all_branches(branch.branches)
