"""A layer's table of contents, as estargz has it: what the tar's headers say, and a SHA-256 of each content.

It is a file of JSON, the last one of the tar, and lists all others in their order. It has neither fractions of a second
(times are rounded) nor the checksums that other ways to a layer give. Names are text: what is not UTF-8 is lost.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Annotated, Literal

import msgspec

from layerview.errors import DamagedError
from layerview.layers.fields import kept_time
from layerview.layers.index import Kind, LayerIndex
from layerview.layers.indexing import index_entries
from layerview.layers.tar import MAX_EXTENSION, Extra, TarEntry

TABLE_NAME = "stargz.index.json"

_MAX_OBJECTS = 1 << 20
"""Entries, pieces of large files and sets of attributes; the largest layers that are known have half a million. Each
takes some 200 bytes of memory, however short it is written."""

_LOST = re.compile(rb"\\u(?:fffd|0000)", re.IGNORECASE)
"""What stands for bytes that are not UTF-8, and what no name may hold."""

_KINDS = {
    "reg": Kind.FILE,
    "dir": Kind.DIRECTORY,
    "symlink": Kind.SYMLINK,
    "hardlink": Kind.HARDLINK,
    "char": Kind.CHAR,
    "block": Kind.BLOCK,
    "fifo": Kind.FIFO,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

_Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


_RENAMED = {
    "link_name": "linkName",
    "dev_major": "devMajor",
    "dev_minor": "devMinor",
    "inner_offset": "innerOffset",
    "user_name": "userName",
    "group_name": "groupName",
    "chunk_offset": "chunkOffset",
    "chunk_size": "chunkSize",
    "chunk_digest": "chunkDigest",
    "links": "NumLink",
}


class _Row(msgspec.Struct, rename=_RENAMED, gc=False, forbid_unknown_fields=True):
    """All members that tables are known to have: one of another name may be one of these in another case, as which
    programs in Go read it (statement 50). Such a table is not used."""

    name: str
    type: Literal["reg", "dir", "symlink", "hardlink", "char", "block", "fifo", "chunk"]
    size: _Number = 0
    modtime: _Time | None = None
    link_name: str = ""
    mode: _Number = 0
    uid: _Number = 0
    gid: _Number = 0
    dev_major: _Number = 0
    dev_minor: _Number = 0
    xattrs: msgspec.Raw = msgspec.Raw()
    offset: _Number = 0
    inner_offset: _Number = 0
    digest: str = ""
    # What follows tells nothing that is needed here.
    user_name: msgspec.Raw = msgspec.Raw()
    group_name: msgspec.Raw = msgspec.Raw()
    chunk_offset: msgspec.Raw = msgspec.Raw()
    chunk_size: msgspec.Raw = msgspec.Raw()
    chunk_digest: msgspec.Raw = msgspec.Raw()
    links: msgspec.Raw = msgspec.Raw()


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    entries: list[_Row]
    version: msgspec.Raw = msgspec.Raw()


def index_table(text: bytes, end: int) -> LayerIndex:
    """The index of a layer by the text of its table; all contents lie before ``end`` in the blob.

    Raises DamagedError, also for what the table cannot tell.
    """
    if text.count(b"{") > _MAX_OBJECTS:
        raise DamagedError("The layer's table of contents has more entries than any")
    if _LOST.search(text):
        raise DamagedError("The layer's table of contents has lost names that are not UTF-8")
    try:
        rows = msgspec.json.decode(text, type=_Table).entries
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"The layer's table of contents cannot be read: {error}") from error
    digests = {row.offset: _start(row.digest) for row in rows if row.type == "reg" and row.size}
    if len(digests) < sum(row.type == "reg" and row.size > 0 for row in rows):
        raise DamagedError("The layer's table of contents has two files in one place")
    index = index_entries(_entries(rows, end), lambda: 0)
    column = array("Q", map(digests.get, index.offset, repeat(0)))
    return msgspec.structs.replace(index, sha256=memoryview(column))


def _start(digest: str) -> int:
    """The first 64 bits of a SHA-256; 0 where it is none."""
    found = re.fullmatch("sha256:([0-9a-f]{16})[0-9a-f]{48}", digest)
    return int(found[1], 16) if found else 0


def _entries(rows: list[_Row], end: int) -> Iterator[TarEntry]:
    """The entries of the tar, but for the table itself, which is no part of the layer (statement 35)."""
    for row in rows:
        if row.inner_offset:
            raise DamagedError("The layer's table of contents has several files in one gzip member")
        if row.type == "chunk":
            continue
        kind, name = _KINDS[row.type], row.name.encode()
        size = row.size if kind is Kind.FILE else 0
        if size and not 0 < row.offset < end:
            raise DamagedError("The layer's table of contents has a file where there is none")
        extra = Extra(row.link_name.encode(), (row.dev_major, row.dev_minor), _attributes(row.xattrs))
        # The year 1 is how Go writes that there is none.
        seconds = (row.modtime - _EPOCH) // _SECOND if row.modtime and row.modtime.year > 1 else 0
        time = kept_time(seconds * 1_000_000_000, str(seconds), extra.notes)
        crc = 0 if kind is Kind.FILE and not size else None
        offset = row.offset if size else 0
        yield name, kind, row.mode & 0o7777, row.uid, row.gid, size, time, crc, offset, extra


def _attributes(raw: msgspec.Raw) -> dict[bytes, bytes]:
    """Extended attributes. Raises DamagedError."""
    if len(memoryview(raw)) > 2 * MAX_EXTENSION:  # base64, and more than any tar's header holds
        raise DamagedError("The layer's table of contents has more attributes of a file than any")
    if not raw:
        return {}
    try:
        found = msgspec.json.decode(raw, type=dict[str, bytes])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedError(f"The layer's table of contents has attributes that cannot be read: {error}") from error
    return {name.encode(): value for name, value in found.items() if value}
