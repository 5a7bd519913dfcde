"""Images in the content store of containerd, which newer Docker Engines keep them in.

There every manifest, config and layer is one file named by its digest, the layers as they were pulled: compressed or
not. Where this program may read the store, its files are read as those of a layout are; else the engine hands them over,
each layer on its own, so that they come in any order and several at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from layerview.errors import DamagedError, LayerviewError, NotFoundError
from layerview.image import (
    MAX_JSON,
    Descriptor,
    Image,
    Manifest,
    images,
    parse_config,
    parse_index,
    parse_manifest,
    verify,
)
from layerview.layers import LayerIndex, index_stream
from layerview.sources.archives.members import Folder
from layerview.sources.archives.placed import Place, version_of
from layerview.sources.archives.stored import RegionJob
from layerview.sources.docker.borrowing import Basis, Loan, borrowed, fetched, opened
from layerview.sources.docker.client import Client
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.kept import Info, Kept, Lender, miscounted
from layerview.sources.protocol import Found, Reading

_TOGETHER = 8_000_000
"""Bytes of layers that share a container: to make one takes as long as to read so much."""


def is_containerd(info: Info) -> bool:
    """Whether an engine that says this of itself has the containerd image store."""
    return ("driver-type", "io.containerd.snapshotter.v1") in info.driver_status


def find_blobs(engine: Lender, image: Image, top: str) -> Kept | None:
    """The blobs of an image; None where they are not to be had.

    ``top`` is the digest of its manifest, or of an index with one for its platform. Raises DamagedError, ServiceError and
    APIError.
    """
    for folder in engine.info.blobs:
        stores: list[_Store] = [_Borrowed(engine, folder)]
        if engine.endpoint.is_local:
            stores.insert(0, _Direct(folder))
        for store in stores:
            if (data := store.read(top)) is not None:
                return _kept(image, data, store)
    return None


class _Store(Protocol):
    """One way to read the files of a content store."""

    def read(self, digest: str) -> bytes | None:
        """A manifest or an index, verified; None where it is not there, or cannot be read in this way."""
        ...

    def keep(self, manifest: Manifest, image: Image) -> Kept | None:
        """Config and layers; None where one of them is not there."""
        ...


def _kept(image: Image, data: bytes, store: _Store) -> Kept | None:
    """What the store has of the image that ``data`` is the manifest of, or an index with its manifest.

    Of another one, if it has that instead. Raises DamagedError where none is of as many layers.
    """

    def load(descriptor: Descriptor) -> bytes | None:
        if descriptor.platform is not None and not image.platform.suits(descriptor.platform):
            return None
        return store.read(descriptor.digest)

    found, other = None, None
    index = parse_index(data)
    listed = images(index, load) if index.manifests else ()
    for manifest in (each.manifest for each in listed) if index.manifests else (parse_manifest(data),):
        if len(manifest.layers) != len(image.layers):
            other = manifest
        elif (kept := store.keep(manifest, image)) is not None:
            if parse_config(kept.config).diff_ids == image.config.diff_ids:
                return kept
            found = kept
    if found is None and other is not None:
        raise DamagedError(miscounted(image, "Docker Engine", len(other.layers), "manifest"))
    return found


class _Direct(msgspec.Struct, frozen=True):
    """This program may read the files."""

    folder: str

    def read(self, digest: str) -> bytes | None:
        try:
            data = Folder(Path(self.folder)).read(digest.replace(":", "/"))
        except OSError:
            return None
        if data is None:
            return None
        verify(data, digest, "A blob of the engine")
        return data

    def keep(self, manifest: Manifest, image: Image) -> Kept | None:
        config = self.read(manifest.config.digest)
        places = []
        for blob in manifest.layers:
            path = _path(self.folder, blob.digest)
            with suppress(OSError):
                status = Path(path).stat()
                places.append(Place(path, 0, status.st_size, version_of(status)))
        if config is None or len(places) < len(manifest.layers):
            return None
        jobs = [
            RegionJob(numbers, places[numbers[0] - 1], image.layers[numbers[0] - 1].diff_id, blob.digest)
            for numbers, blob in _distinct(manifest.layers)
        ]
        return Kept(config, jobs, manifest.layers, tuple(places))


class _Borrowed(msgspec.Struct, frozen=True):
    """The engine hands the files over."""

    engine: Lender
    folder: str

    def read(self, digest: str) -> bytes | None:
        return self._fetch([digest])

    def keep(self, manifest: Manifest, image: Image) -> Kept | None:
        # The layers are bound, too, because that fails now if one is not there.
        config = self._fetch([manifest.config.digest, *(blob.digest for blob in manifest.layers)])
        if config is None:
            return None
        blobs = [
            Blob(numbers, _path(self.folder, blob.digest), blob.size, image.layers[numbers[0] - 1].diff_id, blob.digest)
            for numbers, blob in _distinct(manifest.layers)
        ]
        jobs = [BlobsJob(self.engine.endpoint, self.engine.basis, together) for together in _batches(blobs)]
        return Kept(config, jobs, manifest.layers)

    def _fetch(self, digests: Sequence[str]) -> bytes | None:
        """The first of these blobs, if all are there."""
        paths = [_path(self.folder, digest) for digest in dict.fromkeys(digests)]
        try:
            with borrowed(self.engine.client, self.engine.basis, paths) as loan:
                data = fetched(self.engine.client, loan, ["1"], MAX_JSON).get("1", b"")
        except NotFoundError:
            return None
        verify(data, digests[0], "A blob of the engine")
        return data


class Blob(msgspec.Struct, frozen=True):
    """A layer as the engine keeps it, which may be several layers of the image."""

    layers: tuple[int, ...]
    path: str
    """On the engine's machine."""
    size: int
    diff_id: str
    digest: str


class BlobsJob(msgspec.Struct, frozen=True):
    """Indexes blobs while the engine hands them over."""

    endpoint: Endpoint
    basis: Basis
    blobs: tuple[Blob, ...]

    @property
    def layers(self) -> tuple[int, ...]:
        return tuple(number for blob in self.blobs for number in blob.layers)

    @property
    def cost(self) -> int:
        """Bytes of the blobs."""
        return sum(blob.size for blob in self.blobs)

    def run(self, reading: Reading) -> Iterator[Found]:
        """Index; what is wrong with a blob is its layers' fault. Raises ServiceError."""
        paths = [blob.path for blob in self.blobs]
        with self.endpoint.client() as client, borrowed(client, self.basis, paths) as loan:
            for place, blob in enumerate(self.blobs, 1):
                result = _indexed(client, loan, place, blob, reading)
                yield from ((number, result) for number in blob.layers)


def _indexed(client: Client, loan: Loan, place: int, blob: Blob, reading: Reading) -> LayerIndex | LayerviewError:
    def advance(done: int) -> None:
        for number in blob.layers:
            reading.progress(number, done, blob.size)

    # Of a blob that is not compressed the two are the same.
    diff_id = "" if blob.diff_id == blob.digest else blob.diff_id
    try:
        with opened(client, loan, place, blob.size) as read:
            return index_stream(
                read, advance, diff_id=diff_id, digest=blob.digest, max_size=reading.max_size, show=reading.show
            )
    except LayerviewError as error:
        return error


def _path(folder: str, digest: str) -> str:
    return f"{folder}/{digest.replace(':', '/')}"


def _distinct(layers: Sequence[Descriptor]) -> Iterator[tuple[tuple[int, ...], Descriptor]]:
    """Each blob once, with the numbers of its layers."""
    for blob in {each.digest: each for each in layers}.values():
        yield tuple(number for number, each in enumerate(layers, 1) if each.digest == blob.digest), blob


def _batches(blobs: Sequence[Blob]) -> Iterator[tuple[Blob, ...]]:
    """Large blobs by themselves, small ones together."""
    batch: list[Blob] = []
    for blob in sorted(blobs, key=lambda blob: blob.size):
        if batch and sum(each.size for each in batch) + blob.size > _TOGETHER:
            yield tuple(batch)
            batch = []
        batch.append(blob)
    if batch:
        yield tuple(batch)
