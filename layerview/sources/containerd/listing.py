"""The images of containerd, as ``ctr`` lists them, with what their manifests and configs tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from layerview.errors import DamagedError, NotAnImageError, NotFoundError, ServiceError, UsageError
from layerview.image import (
    MAX_JSON,
    Config,
    Descriptor,
    Index,
    ListedImage,
    ListedLayer,
    Manifest,
    Platform,
    Reference,
    chain_ids,
    images,
    moment,
)
from layerview.sources.archives.members import Folder
from layerview.sources.containerd.ctr import CtrImage, asked, content_root, listed, namespaces, size_in_bytes

_SNAPSHOT = re.compile(r"^(sha256:[0-9a-f]{64})\s.*\bCommitted\s*$", re.MULTILINE)
_USAGE = re.compile(r"^(sha256:[0-9a-f]{64})\s+(\d+)\s", re.MULTILINE)


class ContainerdImages(msgspec.Struct, frozen=True):
    """Those of the namespace that CONTAINERD_NAMESPACE names, else of all."""

    name: str = "containerd"

    def images(self) -> list[ListedImage]:
        """Each once, whatever names in whatever namespaces lead to it; with its layers where their store can be read.

        A name that leads to another image in a namespace before has the digest added. Raises LayerviewError.
        """
        root = content_root()
        found: dict[str, ListedImage] = {}
        first: dict[str, str] = {}
        for namespace in namespaces():
            sizes = _sizes(namespace)
            for entry in listed(namespace):
                image = found.get(entry.digest) or _told(entry, _Blobs(root, namespace), sizes)
                taken = first.setdefault(entry.name, entry.digest) != entry.digest
                name = f"{entry.name}@{entry.digest}" if taken else entry.name
                found[entry.digest] = replace(image, names=(*image.names, name))
        return [replace(image, names=_telling(image.names)) for image in found.values()]

    def with_layers(self, image: ListedImage) -> ListedImage:
        """The image with its layers, for which containerd is asked where its store cannot be read.

        Raises LayerviewError.
        """
        if image.layers is not None:
            return image
        for namespace in namespaces():
            for entry in listed(namespace):
                if entry.digest == image.id:
                    told = _told(entry, _Blobs(None, namespace), _sizes(namespace))
                    if told.layers is not None:
                        return replace(told, names=image.names)
        raise NotFoundError(
            f"containerd lacks what {image.reference} is made of", "ctr -n NAMESPACE images pull gets it again."
        )


class _Blobs(msgspec.Struct, frozen=True):
    """Small blobs of a namespace."""

    root: Path | None
    """The folder of the content store; None where containerd is to hand them over."""
    namespace: str

    def load(self, blob: Descriptor) -> bytes | None:
        """None where it is not there, or cannot be read. Raises DamagedError where it is large."""
        if self.root is not None:
            with suppress(OSError):
                return Folder(self.root).read(f"blobs/{blob.digest.replace(':', '/')}")
            return None
        if blob.size > MAX_JSON:
            raise DamagedError(f"{blob.digest} has {blob.size:,} bytes, more than a manifest or a config may have")
        with suppress(ServiceError):
            return asked("content", "get", blob.digest, namespace=self.namespace).encode()
        return None


def _told(entry: CtrImage, blobs: _Blobs, sizes: Mapping[str, int]) -> ListedImage:
    """The image, without a name. What its manifest and its config tell is left out where these are not there."""
    size = size_in_bytes(entry.size) if entry.size else None
    image = ListedImage("containerd", (), entry.digest, _platform(entry), None, size)
    with suppress(DamagedError):
        if there := list(_variants(entry, blobs)):
            host = Platform.host()
            manifest, config = max(there, key=lambda each: each[1].platform.fit(host))
            # A blob that is not compressed has the layer's own digest.
            plain = {blob.digest: blob.size for blob in manifest.layers}
            chain = zip(config.diff_ids, chain_ids(config.diff_ids), strict=True)
            layers = tuple(ListedLayer(id, sizes.get(stored, plain.get(id))) for id, stored in chain)
            return replace(image, platform=config.platform, created=moment(config.created), layers=layers)
    return image


def _variants(entry: CtrImage, blobs: _Blobs) -> Iterator[tuple[Manifest, Config]]:
    """The image for each of its platforms that is here."""
    for found in images(Index((Descriptor(entry.digest, entry.type),)), blobs.load):
        with suppress(NotAnImageError):
            if (config := blobs.load(found.manifest.config)) is not None:
                yield found.manifest, found.config(config)


def _platform(entry: CtrImage) -> Platform | None:
    """The one that is opened."""
    platforms: list[Platform] = []
    for text in (entry.platforms or "").split(","):
        with suppress(UsageError):
            platforms.append(Platform.parse(text))
    host = Platform.host()
    return max(platforms, key=lambda each: each.fit(host), default=None)


def _sizes(namespace: str) -> Mapping[str, int]:
    """Bytes on disk of each layer that is unpacked, by its chainID."""
    # Of all others, which containers write to, the usage would have to be counted file by file.
    unpacked = _SNAPSHOT.findall(asked("snapshots", "ls", namespace=namespace))
    if not unpacked:
        return {}
    usage = asked("snapshots", "usage", "-b", *unpacked, namespace=namespace)
    return {chain_id: int(bytes_) for chain_id, bytes_ in _USAGE.findall(usage)}


def _telling(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those with a tag, else those with a digest. Kubernetes also names an image by the digest of its config."""
    tagged = tuple(name for name in dict.fromkeys(names) if not name.startswith("sha256:"))
    return tuple(name for name in tagged if _tag(name)) or tagged


def _tag(name: str) -> str:
    try:
        return Reference.parse(name).tag
    except UsageError:
        return ""
