"""Layers of the form estargz, indexed from their table of contents.

Such a blob is a gzip with a member for each file; the last but one has the table, and the last, of a fixed size, says
where that is. The layer's descriptor has the table's digest. So the table is as the manifest wants it, but that it tells
of the same tar as the blob has is the word of whoever made the image. What mounts such layers takes that word, too.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from io import BytesIO

import msgspec
from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError
from layerview.image import Descriptor, digest_of, verify
from layerview.layers import TABLE_NAME, LayerIndex, index_table, open_decompressed, unpack
from layerview.layers.blocks import CHUNK, Read, Stream
from layerview.layers.tar import entries
from layerview.sources.registry.client import Repository

_ANNOTATION = "containerd.io/snapshot/stargz/toc.digest"

_FOOTER_SIZE = 51
_FOOTER = re.compile(
    rb"\x1f\x8b\x08\x04.{6}" rb"\x1a\0SG\x16\0([0-9a-f]{16})STARGZ" rb"\x01\0\0\xff\xff" rb"\0{8}", re.DOTALL
)
"""An empty gzip member with an extra field: where the table's member begins, in hexadecimal."""

_TAIL = 1 << 16
"""Bytes that are asked for first; they have the whole table of a layer of some 500 files."""

_WHOLE = 2 * _TAIL
"""Bytes of a blob that is not worth two requests."""

_MAX_TABLE = 1 << 28
"""Bytes that a table may unpack to; a file takes some 500."""

_MAX_PACKED = 1 << 26
"""Bytes of a blob's end that may be fetched for its table, which are held at once."""

_GAP = 1 << 16
"""Bytes that are rather passed over than asked for in two requests."""

_MOST_REQUESTS = 64


class Table(msgspec.Struct, frozen=True):
    """The table of contents that the blob of a layer should have."""

    blob: Descriptor
    table_digest: str

    @classmethod
    def of(cls, blob: Descriptor) -> Table | None:
        """What a layer's descriptor says; None where it says nothing of the kind, or the blob is small."""
        digest = blob.annotations.get(_ANNOTATION, "")
        if blob.size <= _WHOLE or not re.fullmatch("sha256:[0-9a-f]{64}", digest):
            return None
        return cls(blob, digest)

    @property
    def cache_key(self) -> str:
        """A digest of the blob's and the table's: another image may call the same blob's table something else."""
        return digest_of(f"table {self.table_digest} of {self.blob.digest}".encode())

    @property
    def cost(self) -> int:
        """In bytes of a compressed layer that would take as long to index; the table's size is not known yet."""
        return self.blob.size >> 5

    def index(self, repository: Repository) -> LayerIndex | None:
        """The layer's index; None where it cannot be had in this way. Raises ServiceError."""
        size = self.blob.size
        tail = repository.part(self.blob.digest, range(size - _TAIL, size))
        footer = _FOOTER.fullmatch(tail[-_FOOTER_SIZE:]) if tail is not None else None
        if tail is None or footer is None:
            return None
        start, end = int(footer[1], 16), size - _FOOTER_SIZE
        if not size // 2 <= start < end:
            return None  # most of it would be fetched
        if size - start > _MAX_PACKED:
            return None
        if (missing := range(start, size - _TAIL)) and (head := repository.part(self.blob.digest, missing)):
            tail = head + tail
        try:
            text = _file(unpack(tail[start - size : -_FOOTER_SIZE], _MAX_TABLE, "The layer's table of contents"))
            verify(text, self.table_digest, "The layer's table of contents")
            return index_table(text, start)
        except DamagedError:
            return None


def _file(tar: bytes) -> bytes:
    """What is in the one file of the tar that a table is in. Raises DamagedError."""
    for name, _, _, _, _, size, _, _, offset, _ in entries(Stream(BytesIO(tar).read)):
        if name == TABLE_NAME.encode():
            return tar[offset : offset + size]
    raise DamagedError("The layer has no table of contents")


class Members(msgspec.Struct, frozen=True):
    """What is in the files of such a layer, each in gzip members of its own."""

    repository: Repository
    blob: Descriptor

    def checksums(self, index: LayerIndex, rows: Sequence[int]) -> dict[int, int]:
        """CRC-64/GO-ISO of regular files' contents, by row, fetched with few requests for what lies close together.

        Where it is much, or much scattered, all that lies between is fetched with it, by one. Contents are compared with
        what the table says of them. Raises LayerviewError.
        """
        starts = sorted(set(index.offset))
        spans = []
        for row in sorted(set(rows), key=index.offset.__getitem__):
            start, following = index.offset[row], bisect_right(starts, index.offset[row])
            # Behind the last file is the table.
            end = starts[following] if following < len(starts) else start + 2 * index.size[row] + _GAP
            spans.append((range(start, min(end, self.blob.size)), row))
        found = {}
        for group in _groups(spans, self.blob.size):
            at, stop = group[0][0].start, group[-1][0].stop
            with self.repository.blob(self.blob.digest, self.blob.size, range(at, stop)) as read:
                for span, row in group:
                    _pass(read, span.start - at)
                    member = _Bounded(read, len(span))
                    found[row] = _checksum(member.read, index, row)
                    _pass(member.read, member.left)
                    at = span.stop
        return found


_Spans = list[tuple[range, int]]
"""Bytes of the blob, in order, and the row of the file in them."""


def _groups(spans: _Spans, size: int) -> Iterator[_Spans]:
    """What is to be asked for at once."""
    groups: list[_Spans] = []
    for span, row in spans:
        if groups and span.start - groups[-1][-1][0].stop <= _GAP:
            groups[-1].append((span, row))
        else:
            groups.append([(span, row)])
    much = sum(group[-1][0].stop - group[0][0].start for group in groups) > size // 2
    return iter([spans] if spans and (much or len(groups) > _MOST_REQUESTS) else groups)


class _Bounded:
    """Reads so many bytes and no more."""

    def __init__(self, read: Read, size: int) -> None:
        self._source, self.left = read, size

    def read(self, size: int) -> bytes:
        data = self._source(min(size, self.left))
        self.left -= len(data)
        return data


def _pass(read: Read, size: int) -> None:
    """Read past some bytes."""
    while size and (part := read(min(size, CHUNK))):
        size -= len(part)


def _checksum(read: Read, index: LayerIndex, row: int) -> int:
    """That of a file whose members come. Raises DamagedError."""
    content = open_decompressed(read)
    left, crc, sha256 = index.size[row], 0, hashlib.sha256()
    while left:
        if content.format != "gzip" or not (part := content.read(min(left, CHUNK))):
            raise DamagedError("A file is not where its layer's table of contents says", "Push the image again.")
        crc = go_iso(part, crc)
        sha256.update(part)
        left -= len(part)
    if index.sha256[row] not in (0, int.from_bytes(sha256.digest()[:8])):
        raise DamagedError(
            "The content of a file is not what its layer's table of contents says", "Push the image again."
        )
    return crc
