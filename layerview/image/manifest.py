"""Manifests and indexes: which blobs make an image, and which images an index holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated

import msgspec

from layerview.errors import DamagedError, NotAnImageError
from layerview.image.config import Config, parse_config
from layerview.image.digest import Digest
from layerview.image.parsing import parse
from layerview.image.platform import Platform

MAX_MANIFESTS = 10_000
"""Manifests and indexes that are looked at in one place; the largest public indexes hold some dozens."""

_INDEXES = frozenset(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
IMAGE_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_MANIFESTS = frozenset(
    (
        IMAGE_MANIFEST,
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
MANIFEST_TYPES = _INDEXES | _MANIFESTS
"""Media types of what is understood: manifests, and indexes of them."""
_CONFIGS = frozenset(
    (
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    )
)
_OTHERS = re.compile(
    r"application/vnd\.("
    r"docker\.(plugin|ai|compose)|oci\.empty|cncf|wasm|module\.wasm|in-toto|dev\.(cosign|sigstore)|dsse|buildkit|sylabs"
    r")\b.*"
)
"""Types of the configs of what is no image, though some have layers. Docker refuses these, too."""
_NO_LAYERS = re.compile(r"text/.+|.+\+(json|xml|wasm)|application/(wasm|vnd\.cyclonedx|vnd\.ollama)\b.*")
"""Types of what stands in place of layers in a signature, an attestation, a bill of materials, or a module."""
_REFERRERS = frozenset(("vnd.docker.reference.type", "io.containerd.manifest.subject"))
"""Annotations of what is about an image, and none itself."""
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
"""Annotations that name an image, the one that says most first."""


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """What points at a blob."""

    digest: Digest
    media_type: str = ""
    size: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)] = 0
    platform: Platform | None = None
    annotations: dict[str, str] = {}
    artifact_type: str = ""

    @property
    def name(self) -> str:
        """What the image is called where this stands; empty where it has no name."""
        return next((self.annotations[key] for key in _NAMES if self.annotations.get(key)), "")

    @property
    def is_manifest(self) -> bool:
        """Whether it points at a manifest or at an index of them."""
        return self.media_type in MANIFEST_TYPES

    @property
    def is_index(self) -> bool:
        """Whether it points at an index of manifests."""
        return self.media_type in _INDEXES

    @property
    def unavailable(self) -> str:
        """Why a layer cannot be read even where its blob is there; empty where it can."""
        return "encrypted" if self.media_type.endswith("+encrypted") else ""

    @property
    def absence(self) -> str:
        """Why a layer's blob is not there, if it is not."""
        foreign = "nondistributable" in self.media_type or ".foreign." in self.media_type
        return "not distributable" if foreign else "missing"


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """The config and the layers of one image for one platform."""

    config: Descriptor
    layers: tuple[Descriptor, ...] = ()
    artifact_type: str = ""

    @property
    def is_image(self) -> bool:
        """Whether it is an image, and not something else that registries hold (statement 51).

        Signatures and attestations of some tools have an image's config, and something else in place of layers.
        """
        return (
            not self.artifact_type
            and not _OTHERS.fullmatch(self.config.media_type)
            and not any(_NO_LAYERS.fullmatch(layer.media_type) for layer in self.layers)
        )


class Index(msgspec.Struct, frozen=True, rename="camel"):
    """Several manifests, or indexes of them."""

    manifests: tuple[Descriptor, ...] = ()


class IndexedImage(msgspec.Struct, frozen=True):
    """An image that an index lists, itself or through indexes in it."""

    name: str
    """What the outermost descriptor that names it calls it; empty where none does."""
    descriptor: Descriptor
    manifest: Manifest

    def config(self, raw: bytes) -> Config:
        """Read the JSON of its config, with the platform that the index tells.

        Raises DamagedError, and NotAnImageError where neither its type nor what it says is an image's (statement 51).
        """
        kind = self.manifest.config.media_type
        try:
            config = parse_config(raw)
        except DamagedError as error:
            if kind in _CONFIGS:
                raise
            raise _not_an_image(kind) from error
        if kind not in _CONFIGS and (config == Config() or len(config.diff_ids) != len(self.manifest.layers)):
            raise _not_an_image(kind)
        return msgspec.structs.replace(config, platform=config.platform.told_by(self.descriptor.platform))


Load = Callable[[Descriptor], bytes | None]
"""Gets a small blob; None where it is not there."""


def parse_index(data: bytes) -> Index:
    """Read the JSON of an index. Raises DamagedError."""
    return parse(data, Index, "The image index")


def parse_manifest(data: bytes) -> Manifest:
    """Read the JSON of a manifest. Raises DamagedError."""
    return parse(data, Manifest, "The image manifest")


def images(index: Index, load: Load) -> Iterator[IndexedImage]:
    """The images in an index, to any depth, once for each name they have.

    Passed over (statement 39): what is of an unknown type or platform, attestations and other artifacts, and what is
    not there. Raises DamagedError.
    """
    for name, descriptor in manifests(index, load):
        if (data := load(descriptor)) is not None and (manifest := parse_manifest(data)).is_image:
            yield IndexedImage(name, descriptor, manifest)


def manifests(index: Index, load: Load) -> Iterator[tuple[str, Descriptor]]:
    """What points at the manifests of images, with their names, as :func:`images`.

    Only indexes are loaded, and what may be one. One that is not there is yielded, as a manifest is.
    """
    todo = [(each.name, each) for each in reversed(index.manifests)]
    seen: set[tuple[str, str]] = set()
    while todo:
        name, descriptor = todo.pop()
        if (descriptor.digest, name) in seen or not _may_lead_to_an_image(descriptor):
            continue
        seen.add((descriptor.digest, name))
        if len(seen) > MAX_MANIFESTS:
            raise DamagedError(f"The image index leads to more than {MAX_MANIFESTS:,} manifests")
        data = load(descriptor) if descriptor.is_index or not descriptor.media_type else None
        listed = () if data is None else parse_index(data).manifests
        if data is None or not (listed or descriptor.is_index):
            yield name, descriptor
        todo += [(name or each.name, each) for each in reversed(listed)]


def _not_an_image(kind: str) -> NotAnImageError:
    return NotAnImageError(
        f"What has a config of the type {kind or 'unknown'} is no image",
        "It may be a chart, a signature, or something else for other tools.",
    )


def _may_lead_to_an_image(descriptor: Descriptor) -> bool:
    platform = descriptor.platform
    return (
        (descriptor.is_manifest or not descriptor.media_type)
        and not descriptor.artifact_type
        and _REFERRERS.isdisjoint(descriptor.annotations)
        and (platform is None or (platform.os, platform.architecture) != ("unknown", "unknown"))
    )
