"""Images of an archive that has passed by, whose layers were indexed meanwhile: any of them can still be opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import msgspec

from layerview.errors import LayerviewError
from layerview.image import Image
from layerview.layers import LayerIndex
from layerview.sources.archives.choosing import Images
from layerview.sources.archives.streamed import PassingMembers
from layerview.sources.protocol import Found, Reading, Several

Result = LayerIndex | LayerviewError

_MAX_KEPT = 1_000
"""Layers that are kept; each is an open file. Ten times as many may be listed, by images that share them."""


def kept(images: Images, members: PassingMembers) -> Several | None:
    """What there is to choose from; None where it is one image, or more layers than are kept."""
    listed = [path for each in images.all for path in each.paths]
    if len(images.all) < 2 or len(listed) > 10 * _MAX_KEPT or len(set(listed)) > _MAX_KEPT:
        return None

    def open(number: int) -> partial[KeptImage]:
        candidate = images.all[number]
        return partial(KeptImage, candidate.image, dict(members.layers_of(candidate)))

    return Several(images.alternatives(open))


class KeptImage:
    """An image whose layers are indexed already."""

    def __init__(self, image: Image, layers: Mapping[int, Result]) -> None:
        """``layers`` are the indexes, or what is wrong with them, by number; those that did not pass are not in it."""
        self._image, self._layers = image, layers

    def describe(self) -> Image:
        return self._image

    def jobs(self) -> Sequence[KeptJob]:
        return [KeptJob(number, result) for number, result in self._layers.items()]

    def cache_key(self, layer: int) -> str:
        """None, as while it passed."""
        return ""

    def contents(self, layer: int) -> None:
        """None: it is gone."""

    def close(self) -> None:
        """Nothing."""


class KeptJob(msgspec.Struct, frozen=True):
    """Hands over what is there."""

    number: int
    result: Result

    @property
    def layers(self) -> tuple[int, ...]:
        return (self.number,)

    @property
    def cost(self) -> int:
        """None worth counting."""
        return 0

    def run(self, reading: Reading) -> Iterator[Found]:
        yield (self.number, self.result)
