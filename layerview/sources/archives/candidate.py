"""An image in an archive: what it is made of, and where that is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from layerview.errors import DamagedError
from layerview.image import Config, Descriptor, Image, Layer, join, plain_name
from layerview.sources.archives.members import Members

MAX_LAYERS = 1_000
"""Layers of an image; Linux stacks 500 at most, and most engines take 127."""


class Candidate(msgspec.Struct, frozen=True):
    """An image in an archive, and where its layers are."""

    names: tuple[str, ...]
    image: Image
    paths: tuple[str | None, ...]
    """Where the blob of each layer is, or would be; None for the archive itself."""


class Lacking(msgspec.Struct, frozen=True):
    """An image of which the archive tells, without what it is made of."""

    names: tuple[str, ...]
    blob: str
    """What is not there, for people."""


class Candidates(msgspec.Struct, frozen=True):
    """What an archive or a layout tells of."""

    all: tuple[Candidate, ...]
    """The images, each once."""
    lacking: tuple[Lacking, ...] = ()
    """Those of which something is not there; the engine saves what it has, and indexes tell of all that there is."""


def merged(one: Candidate, other: Candidate) -> Candidate:
    """The same image, told of twice: names of both, and of the layers what either knows."""
    names: dict[str, str] = {}
    for name in (*one.names, *other.names):
        names.setdefault(plain_name(name), name)
    layers = tuple(
        replace(ours, digest=theirs.digest, media_type=theirs.media_type, unavailable=theirs.unavailable)
        if our_path == their_path and not ours.digest
        else ours
        for ours, theirs, our_path, their_path in zip(
            one.image.layers, other.image.layers, one.paths, other.paths, strict=True
        )
    )
    digests = tuple(dict.fromkeys((*one.image.digests, *other.image.digests)))
    return replace(one, names=tuple(names.values()), image=replace(one.image, layers=layers, digests=digests))


def candidate_of(
    members: Members,
    id: str,
    config: Config,
    paths: Sequence[str],
    descriptors: Sequence[Descriptor | None],
    names: tuple[str, ...],
    digests: tuple[str, ...],
) -> Candidate:
    sizes = map(members.size, paths)
    return Candidate(names, image_of(id, config, descriptors, tuple(sizes), names, digests), tuple(paths))


def image_of(
    id: str,
    config: Config,
    descriptors: Sequence[Descriptor | None],
    sizes: Sequence[int | None],
    names: tuple[str, ...],
    digests: tuple[str, ...],
) -> Image:
    """An image and its layers' blobs, whose sizes are None where they are not there. Raises DamagedError."""
    if len(config.diff_ids) > MAX_LAYERS:
        raise DamagedError(f"The image has {len(config.diff_ids):,} layers, more than any system can stack")
    if len(config.history) > 10 * MAX_LAYERS:
        raise DamagedError(f"The image's history has {len(config.history):,} entries")
    layers, warnings = join(config)
    if len(sizes) != len(layers):
        raise DamagedError(f"The image's manifest lists {len(sizes)} layers, its config {len(layers)}")
    located = tuple(map(with_blob, layers, descriptors, sizes))
    name = names[0] if names else ""
    return Image(name, id, config.platform, config, located, names, digests, warnings=warnings)


def with_blob(layer: Layer, descriptor: Descriptor | None, size: int | None) -> Layer:
    """A layer with what is known of its blob, whose size is None where it is not there (statement 36)."""
    if descriptor is None:
        return replace(layer, stored_size=size, unavailable="missing" if size is None else "")
    return replace(
        layer,
        digest=descriptor.digest,
        media_type=descriptor.media_type,
        stored_size=descriptor.size if size is None else size,
        unavailable=descriptor.unavailable or (descriptor.absence if size is None else ""),
    )
