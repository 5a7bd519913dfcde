"""The store of Podman, Buildah and CRI-O, read without any of them.

It is a folder with, for the storage driver it is used with, ``DRIVER-images/images.json`` and ``DRIVER-layers/layers.json``,
which list what there is. Beside the one lie each image's manifest and config; beside the other a record of each layer's
tar (``ID.tar-split.gz``), as the classic store of the Docker Engine has it. The format is that of the Go library
containers/storage.
"""

from __future__ import annotations

import base64
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from layerview.errors import DamagedError, NotFoundError
from layerview.image import (
    MAX_JSON,
    Config,
    Descriptor,
    Image,
    Layer,
    ListedImage,
    ListedLayer,
    Platform,
    Reference,
    convert,
    digest_of,
    is_image_id,
    join,
    moment,
    parse_config,
    parse_index,
    parse_manifest,
    plain_name,
    verify,
)
from layerview.regular import read_regular
from layerview.sources.archives.candidate import MAX_LAYERS
from layerview.sources.archives.placed import unreadable
from layerview.sources.recorded import RecordJob

T = TypeVar("T")

_MAX_LIST = 1 << 28
"""Bytes of a list of images or of layers; an image takes one or two thousand."""

_DRIVERS = ("overlay", "vfs", "btrfs", "zfs", "aufs", "devicemapper")


class _Layer(msgspec.Struct):
    """A layer in ``layers.json``."""

    id: str
    parent: str = ""
    size: int | None = msgspec.field(name="diff-size", default=None)
    """Bytes of its tar; None where it was not recorded."""


class _Entry(msgspec.Struct):
    """An image in ``images.json``."""

    id: str
    digest: str = ""
    """Of its manifest, or of an index by which it was pulled."""
    names: tuple[str, ...] = ()
    layer: str = ""
    """The topmost; empty where it has none."""
    files: dict[str, int] = msgspec.field(name="big-data-sizes", default_factory=dict)
    """Bytes of what is stored beside its layers: manifests, config, signatures."""
    checksums: dict[str, str] = msgspec.field(name="big-data-digests", default_factory=dict)
    """Digests of the same."""

    @property
    def digests(self) -> Sequence[str]:
        """Of its manifest, and of an index by which it was pulled."""
        known = (digest for key, digest in self.checksums.items() if key.startswith("manifest"))
        return [*dict.fromkeys(filter(None, (self.digest, *known)))]

    @property
    def with_digests(self) -> tuple[str, ...]:
        """Its names, with a digest in place of the tag."""
        names = (plain_name(f"{name.partition('@')[0]}@{digest}") for name in self.names for digest in self.digests)
        return tuple(dict.fromkeys(names))


class Stored(msgspec.Struct, frozen=True):
    """An image in the store, and where the records of its layers are."""

    image: Image
    config: bytes
    records: tuple[Path, ...]
    """The lowest first."""

    @property
    def jobs(self) -> Sequence[RecordJob]:
        """A job for each layer that there is a record of."""
        return [
            RecordJob(layer.number, record, record.stat().st_size)
            for layer, record in zip(self.image.layers, self.records, strict=True)
            if not layer.unavailable
        ]


class PodmanStore:
    """One store."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def is_readable(self) -> bool:
        """Whether there is one, and this program may read it. One without an image has no list of them yet."""
        lists = [self._root / _images(driver) for driver in _DRIVERS]
        return any(
            os.access(listed, os.R_OK) or (os.access(listed.parent, os.R_OK | os.X_OK) and not listed.exists())
            for listed in lists
        )

    def find(self, name: str, platform: Platform | None = None) -> Stored | None:
        """The image of this name, or with this ID or one that begins so; None where there is none.

        A list of manifests stands for the image for ``platform``, that of this machine unless told. Raises
        LayerviewError where what is there cannot be read.
        """
        try:
            for driver in _DRIVERS:
                if os.access(self._root / _images(driver), os.R_OK):
                    listed = self._read(_images(driver), tuple[_Entry, ...])
                    found = _named(listed, name)
                    if found is not None and (one := self._one(driver, found, listed, platform or Platform.host())):
                        return self._stored(driver, one, name)
        except OSError as error:
            raise unreadable(str(self._root), error) from error
        return None

    def images(self) -> list[ListedImage]:
        """All that are here, but for what is only a step on the way to another image, as ``podman images`` has them.

        One that cannot be read is listed without layers, and a list of manifests with none, for it has none of its own.
        Raises LayerviewError where the store cannot be read.
        """
        images: list[ListedImage] = []
        try:
            for driver in _DRIVERS:
                if os.access(self._root / _images(driver), os.R_OK):
                    images += self._listed(driver)
        except OSError as error:
            raise unreadable(str(self._root), error) from error
        return images

    def _listed(self, driver: str) -> Iterator[ListedImage]:
        layers = self._layers(driver)
        configs = [(entry, self._config(driver, entry)) for entry in self._read(_images(driver), tuple[_Entry, ...])]
        for entry, config in configs:
            if not entry.names and any(_is_step(config, other) for _, other in configs):
                continue
            chain = self._chain(entry, layers)
            sizes = [layer.size for layer in chain]
            whole = len(config.diff_ids) == len(chain)
            yield ListedImage(
                engine="podman",
                names=entry.names,
                id=f"sha256:{entry.id}",
                platform=config.platform if config.diff_ids else None,
                created=moment(config.created),
                size=sum(size or 0 for size in (*sizes, *entry.files.values())),
                layers=tuple(map(ListedLayer, config.diff_ids, sizes)) if whole else None,
            )

    def _config(self, driver: str, entry: _Entry) -> Config:
        """The image's config; an empty one where there is none that can be read."""
        try:
            digest = parse_manifest(self._big_data(driver, entry, "manifest")).config.digest
            return parse_config(self._big_data(driver, entry, digest))
        except (DamagedError, OSError):
            return Config()

    def _one(self, driver: str, entry: _Entry, listed: Sequence[_Entry], wanted: Platform) -> _Entry | None:
        """The image itself, or the one that it lists for a platform."""
        manifests = parse_index(self._big_data(driver, entry, "manifest")).manifests
        if not manifests:
            return entry
        fits = {each.digest: each.platform.fit(wanted) for each in manifests if each.platform}
        here = [(max((fits.get(digest, 0) for digest in each.digests), default=0), each) for each in listed]
        best, one = max(here, key=lambda each: each[0])
        return one if best else None

    def _stored(self, driver: str, entry: _Entry, name: str) -> Stored:
        manifest = parse_manifest(self._big_data(driver, entry, "manifest"))
        raw = self._big_data(driver, entry, manifest.config.digest)
        verify(raw, manifest.config.digest, "The image's config")
        config = parse_config(raw)
        chain = self._chain(entry, self._layers(driver))
        if len(chain) != len(config.diff_ids):
            raise DamagedError(f"Podman's store has {len(chain)} of the image's {len(config.diff_ids)} layers")
        known = manifest.layers if len(manifest.layers) == len(chain) else (None,) * len(chain)
        layers, warnings = join(config)
        records = tuple(self._root / f"{driver}-layers/{each.id}.tar-split.gz" for each in chain)
        layers = tuple(map(_located, layers, known, chain, records))
        image = Image(
            name, digest_of(raw), config.platform, config, layers, entry.names, entry.with_digests, "Podman", warnings
        )
        return Stored(image, raw, records)

    def _layers(self, driver: str) -> Mapping[str, _Layer]:
        """All layers, by their IDs."""
        return {each.id: each for each in self._read(f"{driver}-layers/layers.json", tuple[_Layer, ...])}

    def _chain(self, entry: _Entry, layers: Mapping[str, _Layer]) -> list[_Layer]:
        """The image's layers, the lowest first."""
        chain: list[_Layer] = []
        id = entry.layer
        while id in layers and len(chain) <= MAX_LAYERS:
            chain.append(layers[id])
            id = layers[id].parent
        return chain[::-1]

    def _big_data(self, driver: str, entry: _Entry, key: str) -> bytes:
        name = key if re.fullmatch(r"[a-z0-9.]+", key) else f"={base64.b64encode(key.encode()).decode()}"
        return read_regular(self._root / f"{driver}-images" / entry.id / name, MAX_JSON)

    def _read(self, path: str, type: type[T]) -> T:
        data = read_regular(self._root / path, _MAX_LIST)
        try:
            return convert(msgspec.json.decode(data), type, f"Podman's {path}")
        except msgspec.DecodeError as error:
            raise DamagedError(f"Podman's {path} cannot be read: {error}", "See that podman images works.") from error


class PodmanImage:
    """An image in Podman's store."""

    def __init__(self, name: str, platform: Platform | None, store: PodmanStore) -> None:
        self._name, self._platform, self._store = name, platform, store

    def describe(self) -> Image:
        """The image. Raises LayerviewError."""
        return self._found.image

    def jobs(self) -> Sequence[RecordJob]:
        """A job for each layer."""
        return self._found.jobs

    def cache_key(self, layer: int) -> str:
        """The diffID."""
        return self._found.image.layers[layer - 1].diff_id

    def contents(self, layer: int) -> None:
        """None: a record has no contents."""

    def close(self) -> None:
        """Nothing."""

    @cached_property
    def _found(self) -> Stored:
        found = self._store.find(self._name, self._platform)
        if found is None:
            raise NotFoundError(
                f"Podman has no image {self._name}",
                f"podman images lists what it has; podman pull {shlex.quote(self._name)} may get it.",
                image=f"podman:{self._name}",
            )
        if self._platform is not None and not found.image.platform.suits(self._platform):
            raise NotFoundError(
                f"Podman has {self._name} for {found.image.platform}, not for {self._platform}",
                f"podman pull --platform {self._platform} {shlex.quote(self._name)} may get it.",
            )
        return found


def _is_step(config: Config, other: Config) -> bool:
    """Whether the build of another image went on from an image with this config."""
    steps, layers = len(config.history), len(config.diff_ids)
    return steps < len(other.history) and (config.history, config.diff_ids) == (
        other.history[:steps],
        other.diff_ids[:layers],
    )


def _images(driver: str) -> str:
    return f"{driver}-images/images.json"


def _located(layer: Layer, blob: Descriptor | None, stored: _Layer, record: Path) -> Layer:
    """A layer with what is known of it and of its blob."""
    located = replace(layer, size=stored.size, unavailable="" if record.is_file() else "missing")
    return replace(located, digest=blob.digest, media_type=blob.media_type) if blob else located


def _named(listed: Sequence[_Entry], name: str) -> _Entry | None:
    """The one that a name means to Podman, which also takes the end of a name for it."""
    wanted = Reference.parse(name).looked_up
    host, slash, _ = name.partition("/")
    here = "" if slash and "." in host else plain_name(f"localhost/{name}")
    for spelling in (here, wanted):
        for entry in listed:
            if spelling in (*map(plain_name, entry.names), *entry.with_digests):
                return entry
    ids = [entry for entry in listed if is_image_id(name) and entry.id.startswith(name.removeprefix("sha256:"))]
    if len(ids) == 1:
        return ids[0]
    ending = here.removeprefix("localhost")
    spelt = ((entry, each) for entry in listed for each in (*entry.names, *entry.with_digests))
    return next((entry for entry, each in spelt if ending and each.endswith(ending)), None)
