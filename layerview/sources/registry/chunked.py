"""Layers of the form zstd:chunked, indexed from a small part of the blob.

Behind the layer such a blob has a table of contents and, by newer tools, a record of the tar: its headers, and a checksum
of each content, as engines keep them. Annotations of the manifest say where, and what the table's digest is; the
table has the record's. So the record is as the manifest wants it, but that it tells of the same tar as the blob has is
the word of whoever made the image. Podman takes that word, too, where it fetches parts of such a layer.
"""

from __future__ import annotations

import re
from io import BytesIO

import msgspec

from layerview.errors import DamagedError
from layerview.image import Descriptor, Digest, digest_of, verify
from layerview.layers import LayerIndex, index_records, unpack
from layerview.sources.registry.client import Repository

_ANNOTATION = "io.github.containers.zstd-chunked."
_TABLE, _TABLE_DIGEST, _RECORD = (
    f"{_ANNOTATION}{name}" for name in ("manifest-position", "manifest-checksum", "tarsplit-position")
)

_MAX_PART = 1 << 26
"""Bytes of table and record together; those of a layer of 86,000 entries are 10 MB."""

_MAX_TABLE = 1 << 28
"""Bytes that a table may unpack to; a file takes some 400."""

_COST = 60
"""A record that is indexed costs as much time as so many times its bytes of a compressed layer."""


class Record(msgspec.Struct, frozen=True):
    """Where the blob of a layer has its table, and behind it its record."""

    digest: str
    """The blob's."""
    table: range
    table_digest: str
    record: range

    @classmethod
    def of(cls, blob: Descriptor) -> Record | None:
        """What a layer's descriptor says; None where it says nothing of the kind, or nothing that makes sense."""
        table, record = (_stretch(blob.annotations.get(name, "")) for name in (_TABLE, _RECORD))
        digest = blob.annotations.get(_TABLE_DIGEST, "")
        in_order = 0 < table.start < table.stop <= record.start < record.stop <= blob.size
        if not in_order or record.stop - table.start > _MAX_PART or not re.fullmatch("sha256:[0-9a-f]{64}", digest):
            return None
        return cls(blob.digest, table, digest, record)

    @property
    def cache_key(self) -> str:
        """A digest of the blob's and the table's: another image may call the same blob's table something else."""
        return digest_of(f"record by {self.table_digest} of {self.digest}".encode())

    @property
    def cost(self) -> int:
        """In bytes of a compressed layer that would take as long to index."""
        return len(self.record) * _COST

    def index(self, repository: Repository) -> LayerIndex | None:
        """The layer's index; None where it cannot be had in this way. Raises ServiceError."""
        part = repository.part(self.digest, range(self.table.start, self.record.stop))
        if part is None:
            return None
        table, record = part[: len(self.table)], part[-len(self.record) :]
        try:
            verify(table, self.table_digest, "The layer's table of contents")
            verify(record, _record_digest(table), "The layer's record")
            return index_records(BytesIO(record).read)
        except DamagedError:
            return None


class _Table(msgspec.Struct):
    """Of a table of contents all that is not in the record, too."""

    digest: Digest = msgspec.field(name="tarSplitDigest")


def _record_digest(table: bytes) -> Digest:
    """What the table says of the record. Raises DamagedError."""
    text = unpack(table, _MAX_TABLE, "The layer's table of contents")
    try:
        return msgspec.json.decode(text, type=_Table).digest
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"The layer's table of contents cannot be read: {error}") from error


def _stretch(position: str) -> range:
    """OFFSET:LENGTH, and what follows; an empty one where it is not that."""
    found = re.match(r"(\d{1,18}):(\d{1,18}):", position, re.ASCII)
    return range(int(found[1]), int(found[1]) + int(found[2])) if found else range(0)
