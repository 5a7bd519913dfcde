"""Images, and the archives and layouts that hold them, built part by part.

``docker_archive(Saved(image(layer(file("a"))), "demo:1"))`` is what is in such an archive, by path; ``tar`` makes a
file's bytes of it, ``folder`` a folder.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from layerview.errors import LayerviewError
from layerview.image import Image
from layerview.layers import LayerIndex
from layerview.sources import Reading, Source, open_source
from tests.builders import file, layer

Members = dict[str, "bytes | Link"]

OCI = "application/vnd.oci.image"
INDEX = f"{OCI}.index.v1+json"
MANIFEST = f"{OCI}.manifest.v1+json"
CONFIG = f"{OCI}.config.v1+json"
LAYER = f"{OCI}.layer.v1.tar"


@dataclass(frozen=True)
class Link:
    """A symbolic link among the members of an archive."""

    target: str


@dataclass(frozen=True)
class Built:
    """An image: its config, and its layers as they are stored."""

    config: bytes
    blobs: tuple[bytes, ...]


def image(
    *layers: bytes,
    blobs: Sequence[bytes] = (),
    platform: str = "linux/amd64",
    history: Sequence[Mapping[str, Any]] = (),
    config: Mapping[str, Any] | None = None,
) -> Built:
    """An image of these uncompressed layers, stored as they are or as ``blobs``."""
    os, architecture, variant = (*platform.split("/"), "")[:3]
    content = {
        "os": os,
        "architecture": architecture,
        "variant": variant,
        "config": config or {},
        "rootfs": {"type": "layers", "diff_ids": [digest(each) for each in layers]},
        "history": list(history),
    }
    return Built(encode(content), tuple(blobs or layers))


@dataclass(frozen=True)
class Saved:
    """An image and its tags, as docker save was told to save it."""

    image: Built
    tags: tuple[str, ...] = ("demo:1",)


def docker_archive(*saved: Saved) -> Members:
    """What is in an archive by docker save, since version 1.10."""
    members: Members = {}
    manifest = []
    for each in saved:
        paths = [f"{sha256(blob)}/layer.tar" for blob in each.image.blobs]
        members |= dict(zip(paths, each.image.blobs, strict=True))
        name = f"{sha256(each.image.config)}.json"
        members[name] = each.image.config
        manifest.append({"Config": name, "RepoTags": list(each.tags) or None, "Layers": paths})
    return {**members, "manifest.json": encode(manifest)}


@dataclass
class Layout:
    """What is in an OCI layout; blobs and what points at them."""

    members: Members = field(default_factory=dict)

    def blob(self, content: bytes, media_type: str, **more: object) -> dict[str, Any]:
        """Add a blob; returns its descriptor."""
        self.members[f"blobs/sha256/{sha256(content)}"] = content
        return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}

    def image(self, built: Built, layer_type: str = LAYER, **more: object) -> dict[str, Any]:
        """Add an image; returns its manifest's descriptor."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.blob(built.config, CONFIG),
            "layers": [self.blob(blob, layer_type) for blob in built.blobs],
        }
        return self.blob(encode(manifest), MANIFEST, **more)

    def index(self, *manifests: dict[str, Any], **more: object) -> dict[str, Any]:
        """Add an index; returns its descriptor."""
        return self.blob(encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(manifests)}), INDEX, **more)

    def of(self, *manifests: dict[str, Any]) -> Members:
        """All of it, led to by these."""
        return {
            "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
            **self.members,
            "index.json": encode({"schemaVersion": 2, "manifests": list(manifests)}),
        }


def named(name: str) -> dict[str, Any]:
    """Annotations by which an index names an image."""
    return {"annotations": {"org.opencontainers.image.ref.name": name}}


def for_platform(platform: str) -> dict[str, Any]:
    """What an index says of a manifest's platform."""
    os, architecture, variant = (*platform.split("/"), "")[:3]
    return {"platform": {"os": os, "architecture": architecture, **({"variant": variant} if variant else {})}}


def simple(name: str, **more: Any) -> Built:
    """An image whose one layer has one file of this name."""
    return image(layer(file(name)), **more)


def tar(members: Mapping[str, bytes | Link]) -> bytes:
    """The members as an archive."""
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writer:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, Link):
                info.type, info.linkname = tarfile.SYMTYPE, content.target
                writer.addfile(info)
            else:
                info.size = len(content)
                writer.addfile(info, BytesIO(content))
    return archive.getvalue()


def folder(path: Path, members: Mapping[str, bytes | Link]) -> Path:
    """The members as a folder."""
    for name, content in members.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            target.symlink_to(content.target)
        else:
            target.write_bytes(content)
    return path


@dataclass
class Read:
    """What a source gives in the end."""

    image: Image
    layers: dict[int, LayerIndex | LayerviewError]

    @property
    def paths(self) -> dict[int, list[str]]:
        """The paths in each layer that could be read."""
        return {
            number: bytes(found.paths).decode().split("\0")[:-1]
            for number, found in sorted(self.layers.items())
            if isinstance(found, LayerIndex)
        }

    @property
    def faults(self) -> dict[int, str]:
        """Why others could not."""
        return {number: found.message for number, found in self.layers.items() if isinstance(found, LayerviewError)}


def read(source: Source) -> Read:
    """Run all jobs of a source."""
    described = source.describe()
    layers: dict[int, LayerIndex | LayerviewError] = {}
    for job in source.jobs():
        for found in job.run(Reading(lambda layer, done, total: None)):
            match found:
                case Image():
                    described = found
                case (number, result):
                    layers[number] = result
    assert described is not None
    return Read(described, layers)


def read_from(path: Path, content: bytes, platform: str | None = None) -> Read:
    """Read a file with this content."""
    path.write_bytes(content)
    return read(open_source(str(path), platform=platform))


def encode(value: object) -> bytes:
    """JSON."""
    return json.dumps(value).encode()


def sha256(content: bytes) -> str:
    """The hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def digest(content: bytes) -> str:
    """As descriptors have it."""
    return f"sha256:{sha256(content)}"
