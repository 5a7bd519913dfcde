"""An image that an engine packs and sends, as ``docker save`` has it done."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from layerview.errors import ServiceError
from layerview.image import Image
from layerview.layers import LayerIndex
from layerview.sources.archives.candidates import candidates
from layerview.sources.archives.streamed import PassedLayer, PassingMembers
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.told import with_config
from layerview.sources.protocol import Found, Reading
from layerview.sources.reporting import reporting

_PACKING = 3600
"""Seconds until the first byte of an export is given up: the engine packs the whole image before."""


class ExportJob(msgspec.Struct, frozen=True):
    """Indexes the layers while the engine sends them."""

    endpoint: Endpoint
    image: Image
    cost: int
    """Bytes of all layers, as the engine counts them."""

    @property
    def layers(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(layer.number for layer in self.image.layers)

    def run(self, reading: Reading) -> Iterator[Found]:
        """Yields layers as they pass, known by their diffIDs, and at last the image, if its history was guessed wrong.

        Raises LayerviewError.
        """
        numbers: dict[str, list[int]] = {}
        for layer in self.image.layers:
            numbers.setdefault(layer.diff_id, []).append(layer.number)

        def known(passed: PassedLayer) -> bool:
            return isinstance(passed.index, LayerIndex) and passed.digests[-1] in numbers

        progress = reading.progress
        progress(0, 0, 0)
        path = f"/images/{self.image.id}/get"
        with self.endpoint.client(timeout=_PACKING) as client, client.archive(path) as exported:
            progress(0, 0, self.cost)
            # What wraps the files is not counted, so the whole is not known any more once it is exceeded.
            read = reporting(exported, lambda done: progress(0, done, self.cost if done < self.cost else 0))
            members = PassingMembers(read, f"The export of the {self.endpoint.kind.title}", reading)
            for passed in members.pass_by(known):
                for number in numbers.pop(passed.digests[-1]):
                    assert isinstance(passed.index, LayerIndex)
                    yield (number, passed.index)
        for candidate in candidates(members).all:
            if candidate.image.config.diff_ids == self.image.config.diff_ids:
                yield from members.layers_of(candidate)
                exact = with_config(self.image, candidate.image.config)
                if exact != self.image:
                    yield exact
                return
        if numbers:
            raise ServiceError(f"The export of the {self.endpoint.kind.title} lacks {self.image.name}", "Try again.")
