"""An image and its layers, as plain data, joined from config, manifest and history."""

from __future__ import annotations

from collections import deque
from itertools import chain, repeat

import msgspec

from layerview.errors import NotFoundError
from layerview.image.config import Config, HistoryEntry
from layerview.image.platform import Platform


class Layer(msgspec.Struct, frozen=True):
    """One layer of an image, counted from 1, the lowest."""

    number: int
    diff_id: str
    """Digest of the uncompressed tar, ``sha256:…``; empty in archives of Docker before 1.10, which record none."""
    history: HistoryEntry | None
    """The entry that made it; None where it is not recorded."""
    digest: str = ""
    """Digest of the blob as stored or pulled, where known."""
    media_type: str = ""
    stored_size: int | None = None
    """Bytes of the blob as stored, compressed or not, where known."""
    size: int | None = None
    """Bytes as the engine counts them, known before the layer is indexed; None where it is not."""
    unavailable: str = ""
    """Why the layer cannot be read ("not distributable", "encrypted", "missing"); empty where it can."""

    @property
    def fault(self) -> NotFoundError | None:
        """The same as an error, which does not name the layer; None where it can be read."""
        return NotFoundError(f"the layer is {self.unavailable}") if self.unavailable else None


class Image(msgspec.Struct, frozen=True):
    """What an image says of itself, known before any layer is read."""

    name: str
    """How the user or the source calls it."""
    id: str
    """Digest of its config, ``sha256:…``."""
    platform: Platform
    config: Config
    layers: tuple[Layer, ...]
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    """Digests of its manifest in the repositories it came from, as ``name@sha256:…``."""
    source: str = ""
    """Where it was found, for people: "Docker Engine", "Docker archive FILE" …"""
    warnings: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[tuple[HistoryEntry, Layer | None], ...]:
        """The history in order, each entry with its layer, or None where it made none.

        Layers that no history entry stands for come last, with an empty entry.
        """
        left = deque(self.layers)
        steps: list[tuple[HistoryEntry, Layer | None]] = []
        for entry in self.config.history:
            steps.append((entry, None if entry.empty_layer or not left else left.popleft()))
        return (*steps, *((HistoryEntry(), layer) for layer in left))


def join(config: Config) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """A config's layers, each with the history entry that made it, and what is odd about them (statements 34, 50)."""
    entries = [entry for entry in config.history if not entry.empty_layer]
    layers = tuple(
        Layer(number, diff_id, entry)
        for number, (diff_id, entry) in enumerate(zip(config.diff_ids, chain(entries, repeat(None)), strict=False), 1)
    )
    if len(entries) > len(layers):
        beyond = f"The history tells of {len(entries):,} layers, but the image has {len(layers):,}."
        return layers, (*config.odd, beyond)
    return layers, config.odd
