"""Images as they are known once they are explored, built from layers, without an archive around them."""

from __future__ import annotations

from collections.abc import Sequence

from layerview.analysis import account
from layerview.errors import DamagedError
from layerview.filesystem import Stack, merge
from layerview.image import Config, HistoryEntry, Image, Layer, Platform
from layerview.reports import ExploredImage
from tests.builders import Entry, file, index
from tests.stacks import stack


def explored(
    *layers: tuple[Entry, ...],
    instructions: Sequence[str] = (),
    name: str = "test:1",
    created: str = "2025-03-10T10:00:00Z",
) -> ExploredImage:
    """What an exploration of an image with these layers ends with."""
    stacked = stack(*layers)
    entries = [HistoryEntry(created=created, created_by=text) for text in instructions]
    joined = tuple(
        Layer(number, f"sha256:{number:064x}", entries[number - 1] if number <= len(entries) else None)
        for number in range(1, len(layers) + 1)
    )
    config = Config(platform=Platform("linux", "amd64"), history=tuple(entries))
    image = Image(name, "sha256:" + "0" * 64, config.platform, config, joined, tags=(name,), source="a test")
    return ExploredImage(image, stacked, account(stacked), {})


def partial() -> ExploredImage:
    """What is known of an image of two layers whose second one is damaged."""
    image = explored((file("a", b"x"),), (file("b", b"x"),)).image
    indexes = {1: index(file("a", b"x"))}
    stacked = Stack(merge(2, indexes, lambda layer, row: None), indexes)
    return ExploredImage(image, stacked, account(stacked), {2: DamagedError("layer 2 is truncated")})
