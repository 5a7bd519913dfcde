"""Archives that pass by once, from an engine or out of a compressed file, and are kept nowhere.

Their members come in any order, layers before the config that tells which is which. So each member
is taken for what its first bytes say: JSON is kept, anything else indexed as a layer and hashed, and a
layer is known by its diffID as soon as it has passed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from layerview.errors import DamagedError
from layerview.image import MAX_JSON, Layer
from layerview.layers import MAX_ENTRIES, Kind, LayerIndex, index_entries, index_tar, open_decompressed
from layerview.layers.blocks import Read, Stream
from layerview.layers.checksum import PassingChecksum
from layerview.layers.compression import bound
from layerview.layers.digest import Hashed, digesting
from layerview.layers.sparse import filled
from layerview.layers.tar import BLOCK, Pieces, TarEntry, entries, is_tar
from layerview.sources.archives.candidate import Candidate
from layerview.sources.archives.candidates import MANIFESTS
from layerview.sources.archives.members import (
    MAX_MEMBERS,
    MAX_NAMES,
    followed,
    inside,
    link_target,
    not_an_image,
    text,
)
from layerview.sources.protocol import Reading

if TYPE_CHECKING:
    from concurrent.futures import Executor

_MAX_KEPT = 1 << 27
"""Bytes of JSON kept of one archive; what goes beyond is taken to be absent, save the manifests, which may come last."""

_CHUNK = 1 << 18


class PassedLayer(msgspec.Struct, frozen=True):
    """What was indexed when a member passed by."""

    index: LayerIndex | DamagedError
    digests: tuple[str, ...] = ()
    """SHA-256 of the member as it is, and of the tar that is in it."""
    size: int = 0
    """Bytes of the member."""


_TOO_MUCH = PassedLayer(DamagedError(f"The layers of the archive have more than {MAX_ENTRIES:,} entries"))


class PassingMembers:
    """The members of an archive that is read once: JSON and layers' indexes are kept, all else is not."""

    def __init__(self, read: Read, what: str, reading: Reading) -> None:
        """``what`` names the archive, for people."""
        self._what = what
        self._reading = reading
        self._read = read
        self._json: dict[str, bytes] = {}
        self._layers: dict[str | None, PassedLayer] = {}
        self._links: dict[str, str] = {}
        self._known: deque[PassedLayer] = deque()

    def paths(self) -> Iterable[str]:
        """Of JSON, of what may be a layer, and of links."""
        return (path for path in (*self._json, *self._layers, *self._links) if path is not None)

    def pass_by(self, known: Callable[[PassedLayer], bool]) -> Iterator[PassedLayer]:
        """Read to the end. Yields, and then forgets, those layers that ``known`` recognises.

        Raises DamagedError, NotAnImageError, and what ``read`` raises.
        """
        with digesting() as executor:
            blocks = _Members(self._read, executor, self._reading)
            for _ in self._entries(blocks, known, []):
                while self._known:
                    yield self._known.popleft()
            blocks.finish()

    def take_in(self) -> None:
        """Read to the end, and index the archive itself, too, since it may be a layer. Raises as ``pass_by`` does."""
        notes: list[str] = []
        with digesting() as executor:
            blocks = _Members(self._read, executor, self._reading, sums=True)
            found = self._entries(blocks, lambda layer: False, notes)
            index = index_entries(found, blocks.finish, notes, self._reading.show)
        if is_tar(blocks.first):
            self._layers[None] = PassedLayer(index, size=blocks.position)

    def _entries(self, blocks: _Members, known: Callable[[PassedLayer], bool], notes: list[str]) -> Iterator[TarEntry]:
        """The archive's entries, once their members have been taken."""
        kept = members = names = rows = 0
        try:
            for entry in entries(blocks, notes):
                name, kind, extra = entry[0], entry[1], entry[-1]
                path = inside(text(name))
                members += 1
                names += len(name) + (len(extra.link) if extra else 0)
                if members > MAX_MEMBERS or names > MAX_NAMES:  # as only a layer has
                    blocks.takes = False
                    for found in (self._json, self._layers, self._links):
                        found.clear()
                match (blocks.taken or b"") if kind is Kind.FILE and blocks.takes else None:
                    case bytes() as data:
                        if kept + len(data) <= _MAX_KEPT or path in MANIFESTS:
                            self._json[path] = data
                            kept += len(data)
                    case PassedLayer() as layer:
                        if known(layer):
                            self._known.append(layer)
                        else:
                            rows += len(layer.index.kind) if isinstance(layer.index, LayerIndex) else 0
                            self._layers[path] = layer if rows <= MAX_ENTRIES else _TOO_MUCH
                    case None if blocks.takes and extra and (target := link_target(path, kind, extra.link)):
                        self._links[path] = target
                blocks.taken = None
                yield entry
        except DamagedError as error:
            if blocks.first and not is_tar(blocks.first):
                raise not_an_image(self._what) from error
            raise

    def read(self, path: str) -> bytes | None:
        """A kept member."""
        return self._json.get(followed(inside(path), self._links))

    def size(self, path: str | None) -> int | None:
        """Bytes of a kept member or of a layer."""
        path = path and followed(inside(path), self._links)
        if (layer := self._layers.get(path)) is not None:
            return layer.size
        return len(self._json[path]) if path in self._json else None

    def layers_of(self, candidate: Candidate) -> Iterator[tuple[int, LayerIndex | DamagedError]]:
        """The layers of an image, by number, those that were yielded before left out (statement 43)."""
        for layer, path in zip(candidate.image.layers, candidate.paths, strict=True):
            passed = self._layers.get(path and followed(inside(path), self._links))
            if passed is not None and not layer.unavailable:
                yield layer.number, _trusted(layer, passed)


def _trusted(layer: Layer, passed: PassedLayer) -> LayerIndex | DamagedError:
    """The index, if what passed is what the image says."""
    if isinstance(passed.index, LayerIndex):
        for digest in (layer.digest, layer.diff_id):
            if digest.startswith("sha256:") and digest not in passed.digests:
                return DamagedError(f"The layer is not what its digest {digest} says")
    return passed.index


class _Members:
    """The blocks of an archive's tar, which takes what is in each member while it passes."""

    def __init__(self, read: Read, executor: Executor, reading: Reading, *, sums: bool = False) -> None:
        """``executor`` has a thread in which members are hashed. ``sums``: checksums are made of contents, too."""
        self._read, self._executor, self._reading, self._sums = read, executor, reading, sums
        self._fault: Exception | None = None
        self.position = 0
        self.first = b""
        """The first block."""
        self.takes = True
        """Whether members are looked into."""
        self.taken: bytes | PassedLayer | None = None
        """What was made of the last member's content."""

    def header(self) -> bytes:
        """The next 512 bytes; fewer where the archive ends."""
        block = self._exactly(BLOCK)
        self.first = self.first or block
        return block

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes, of an extension header."""
        data = self._exactly(size)
        self._skip(-size % BLOCK)
        if len(data) < size:
            raise self._cut_off()
        return data

    def content(self, size: int, pieces: Pieces | None, length: int) -> int | None:
        """Keep JSON, index a layer, holes read as zeros (statement 48); the checksum of the member, if they are wanted."""
        end = self.position + size
        checksum = PassingChecksum(pieces or ((0, size),), length) if self._sums else None

        def read(wanted: int) -> bytes:
            data = self._some(min(wanted, end - self.position))
            if checksum is not None:
                checksum.add(data)
            return data

        if self.takes and pieces is None:
            self.taken = _take(read, size, self._executor, self._reading)
        elif self.takes and pieces is not None:
            self.taken = _take_sparse(read, pieces, length, self._executor, self._reading)
        if self._fault is not None:
            raise self._fault
        while read(_CHUNK):
            pass
        if self.position < end:
            raise self._cut_off()
        self._skip(-size % BLOCK)
        return None if checksum is None else checksum.whole()

    def finish(self) -> int:
        """Read what follows the last member."""
        while self._some(_CHUNK):
            pass
        return self.position

    def _some(self, size: int) -> bytes:
        if self._fault is not None:
            raise self._fault
        if size <= 0:
            return b""
        try:
            data = self._read(size)
        except Exception as error:
            # A fault of the archive is not one of the layer in which it shows.
            self._fault = error
            raise
        self.position += len(data)
        return data

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size > 0 and (part := self._some(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _skip(self, size: int) -> None:
        while size > 0 and (part := self._some(min(size, _CHUNK))):
            size -= len(part)

    def _cut_off(self) -> DamagedError:
        return DamagedError(f"The archive is cut off at offset {self.position}")


def _take(read: Read, size: int, executor: Executor, reading: Reading) -> bytes | PassedLayer:
    """A member's content as JSON, if it can be that, else as a layer's index."""
    start = _up_to(read, BLOCK)
    if size <= MAX_JSON and start.lstrip()[:1] in (b"{", b"[") and not is_tar(start):
        return start + _up_to(read, size - len(start))

    def whole(wanted: int) -> bytes:
        nonlocal start
        if start:
            part, start = start[:wanted], start[wanted:]
            return part
        return read(wanted)

    blob = Hashed(whole, executor)
    try:
        decompressed = open_decompressed(blob.read, reading.max_size)
        tar = Hashed(decompressed.read, executor) if decompressed.format else None
        index = index_tar(Stream(tar.read if tar else decompressed.read), reading.show)
    except DamagedError as error:
        return PassedLayer(error)
    digests = (blob.digest, tar.digest) if tar else (blob.digest,)
    return PassedLayer(index, digests, size)


def _take_sparse(read: Read, pieces: Pieces, length: int, executor: Executor, reading: Reading) -> bytes | PassedLayer:
    """The same of a sparse member of ``length`` bytes, of which ``read`` gives the pieces."""
    try:
        bound(length, "The layer", reading.max_size)
    except DamagedError as error:
        return PassedLayer(error)
    return _take(filled(read, pieces, length), length, executor, reading)


def _up_to(read: Read, size: int) -> bytes:
    parts = []
    while size > 0 and (part := read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
