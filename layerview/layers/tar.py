"""Reads the headers of a tar: V7, ustar, PAX and GNU, sparse files included.

The headers may come from a file whose contents are skipped, from a stream whose contents are read past, or from
an engine's records of a tar. :func:`entries` is the same for all; how it gets at blocks and past contents is a
:class:`Blocks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from layerview.errors import DamagedError
from layerview.layers.fields import (
    decimal_in,
    is_right,
    name_in,
    number_in,
    owner_in,
    prefix_in,
    sum_of,
    time_of,
    verify,
)
from layerview.layers.index import Kind

BLOCK = 512
MAX_EXTENSION = 1 << 20
"""Bytes of a PAX header, a GNU long name or a sparse map; Go's archive/tar, and so the engines, refuse more."""

_MAX_EXTENSIONS = 4 * MAX_EXTENSION
"""Bytes of all extension headers of one entry: a long name, a long link, PAX and a map, each as large as may be."""

Pieces = Sequence[tuple[int, int]]
"""The stored pieces of a sparse file, as (offset in the file, bytes)."""


class Blocks(Protocol):
    """Where a tar's blocks come from."""

    @property
    def position(self) -> int:
        """Bytes of the tar passed so far."""
        ...

    def header(self) -> bytes:
        """The next 512 bytes; fewer where the tar ends."""
        ...

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes; the padding to a full block is passed. Raises DamagedError where they end early."""
        ...

    def content(self, size: int, pieces: Pieces | None, length: int) -> int | None:
        """Pass the ``size`` bytes that are stored of a file of ``length`` bytes, and the padding.

        Returns the CRC-64/GO-ISO of the file's content where it is known. Raises DamagedError where the bytes end
        early.
        """
        ...

    def finish(self) -> int:
        """Pass what follows the last entry; returns the bytes of the whole tar."""
        ...


class Extra(msgspec.Struct):
    """What most entries have not."""

    link: bytes = b""
    device: tuple[int, int] | None = None
    xattrs: dict[bytes, bytes] = msgspec.field(default_factory=dict)
    pieces: tuple[tuple[int, int], ...] | None = None
    notes: list[str] = msgspec.field(default_factory=list)
    """Oddities that were answered by a rule."""


TarEntry = tuple[bytes, Kind, int, int, int, int, int, int | None, int, Extra | None]
"""Name as written, kind, mode, uid, gid, size, mtime in nanoseconds, CRC or None, offset of the content, extra.

A plain tuple: half a million of anything with a constructor would take longer than reading the tar.
"""

_KINDS = {
    ord("1"): Kind.HARDLINK,
    ord("2"): Kind.SYMLINK,
    ord("3"): Kind.CHAR,
    ord("4"): Kind.BLOCK,
    ord("5"): Kind.DIRECTORY,
    ord("6"): Kind.FIFO,
}
_ORDINARY = {
    ord("0"): Kind.FILE,
    ord("1"): Kind.HARDLINK,
    ord("2"): Kind.SYMLINK,
    ord("5"): Kind.DIRECTORY,
}
_REGULAR = b"\x0007S"
_ZEROS = bytes(BLOCK)


def is_tar(block: bytes) -> bool:
    """Whether a tar begins with this block: it is marked as all since 1988 are, or its checksum is right, as in V7."""
    return block[257:262] == b"ustar" or (len(block) == BLOCK and is_right(block))


def entries(blocks: Blocks, notes: list[str] | None = None) -> Iterator[TarEntry]:
    """The entries of a tar, in order, extension headers folded into the entry that they belong to.

    ``notes`` is given what is odd about the tar as a whole. Raises DamagedError, naming the offset, for what is no tar, cut off, or lies about its sizes.
    """
    next_header, content = blocks.header, blocks.content
    kinds, regular, directory = _ORDINARY, Kind.FILE, Kind.DIRECTORY
    owners: dict[bytes, tuple[int, int, int]] = {}
    extensions = _Extensions()
    while len(header := next_header()) == BLOCK:
        kind = kinds.get(header[156])
        if kind is not None and not extensions.pending:
            # The common entry, in a sixth of the time: numbers as every current writer puts them, zero-padded octal
            # that a NUL ends, or a ValueError leads to the careful way. Mode and owner repeat, so they are looked up.
            try:
                size_field, mtime_field, sum_field, _ = header[124:156].split(b"\0")
                size = int(size_field, 8)
                mtime = int(mtime_field, 8) * 1_000_000_000
                # Nothing but the lengths tells that each number stands in its own field and fits 64 bits.
                ordinary = (
                    len(size_field) == len(mtime_field) == 11 and size >= 0 and sum_of(header) == int(sum_field, 8)
                )
                owner = owners.get(header[100:124])
                if owner is None:
                    owner = owners[header[100:124]] = owner_in(header)
                mode, uid, gid = owner
            except ValueError:
                ordinary = False
            if ordinary:
                name = header[:100].partition(b"\0")[0]
                if header[345] and header[257:263] == b"ustar\0":
                    name = prefix_in(header) + b"/" + name
                if kind is not regular:
                    extra = None if kind is directory else Extra(header[157:257].partition(b"\0")[0])
                    yield name, kind, mode, uid, gid, 0, mtime, None, blocks.position, extra
                    continue
                if name[-1:] != b"/":
                    offset = blocks.position
                    crc = content(size, None, size) if size else 0
                    yield name, kind, mode, uid, gid, size, mtime, crc, offset, None
                    continue
        if header == _ZEROS:
            # Two blocks of zeros end a tar; one alone ends it for GNU tar and Python, too. Its end may also be missing.
            if notes is not None and is_tar(next_header()):
                notes.append("entries behind a single block of zeros, which ends a tar: left out")
            break
        verify(header, blocks.position - BLOCK)
        flag = header[156]
        if flag in b"xgLK":
            extensions.add(flag, header, blocks)
        else:
            yield _entry(header, extensions, blocks)
            extensions.clear()
    else:
        if header:
            raise DamagedError(f"The tar is cut off in a header at offset {blocks.position - len(header)}")
    if extensions.pax or extensions.name or extensions.link:
        raise DamagedError(f"The tar ends at offset {blocks.position}, after an extension header without its entry")


class _Extensions:
    """Extension headers read so far for the next entry."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget them: the entry has been read."""
        self.pax: dict[bytes, bytes] = {}
        self.map: list[bytes] = []
        self.name = self.link = b""
        self.notes: list[str] = []
        self.bytes = 0
        self.pending = False

    def add(self, flag: int, header: bytes, blocks: Blocks) -> None:
        """Read the extension header that begins with the block ``header``."""
        start = blocks.position - BLOCK
        size = number_in(header[124:136], start)
        self.bytes += size
        if not 0 <= size <= MAX_EXTENSION or self.bytes > _MAX_EXTENSIONS:
            raise DamagedError(f"An extension header at offset {start} claims {size} bytes")
        data = blocks.take(size)
        self.pending = True
        if flag == ord("L"):
            self.name = data.partition(b"\0")[0]
        elif flag == ord("K"):
            self.link = data.partition(b"\0")[0]
        else:
            records = _records(data, start)
            if flag == ord("g"):
                # No engine heeds one, so that no container sees what it says; tar programs do. For Go it is an entry of
                # its own, that takes the headers before it.
                if self.pax or self.name or self.link:
                    self.pax, self.map, self.name, self.link = {}, [], b"", b""
                    self.notes.append(
                        "a PAX global header stands between it and its header: that is lost, as in engines"
                    )
                if keys := sorted({key.decode("utf-8", "backslashreplace") for key, _ in records} - {"comment"}):
                    self.notes.append(f"a PAX global header sets {', '.join(keys)}: passed over, as engines do")
            else:
                self.pax = dict(records)  # of two headers the second alone holds, as for Go and GNU tar
                # GNU sparse 0.0 repeats these two keys, once for each piece.
                self.map = [v for k, v in records if k in (b"GNU.sparse.offset", b"GNU.sparse.numbytes")]

    def get(self, key: bytes) -> bytes:
        """The value of a PAX key; empty where there is none."""
        return self.pax.get(key, b"")

    def text(self, key: bytes) -> bytes:
        """A value that is a name: what follows a NUL is cut off."""
        value, nul, _ = self.get(key).partition(b"\0")
        if nul:
            self.notes.append(f"the PAX record {key.decode()} holds a NUL; cut off there")
        return value

    def number(self, key: bytes, start: int) -> int | None:
        """A value that is a whole number; None where there is none."""
        value = self.get(key)
        return decimal_in(value, start) if value else None


def _entry(header: bytes, extensions: _Extensions, blocks: Blocks) -> TarEntry:
    """The entry that ``header`` begins, any format, its content passed."""
    start = blocks.position - BLOCK
    flag = header[156]
    extra = Extra(notes=extensions.notes)
    mode, uid, gid = owner_in(header, start)
    uid = _otherwise(extensions.number(b"uid", start), uid)
    gid = _otherwise(extensions.number(b"gid", start), gid)
    stored = _otherwise(extensions.number(b"size", start), number_in(header[124:136], start))
    name = extensions.name or extensions.text(b"GNU.sparse.name") or extensions.text(b"path") or name_in(header)
    mtime = time_of(extensions.get(b"mtime"), header, start, extra.notes)
    extra.xattrs = {
        key.removeprefix(b"SCHILY.xattr."): value
        for key, value in extensions.pax.items()
        if key.startswith(b"SCHILY.xattr.") and value  # an empty value takes a record back, so that no engine sees it
    }

    kind = _KINDS.get(flag)
    if kind is Kind.SYMLINK or kind is Kind.HARDLINK:
        extra.link = extensions.link or extensions.text(b"linkpath") or header[157:257].partition(b"\0")[0]
    elif kind is Kind.CHAR or kind is Kind.BLOCK:
        extra.device = number_in(header[329:337], start), number_in(header[337:345], start)
    elif flag == 0 and name.endswith(b"/"):
        kind = Kind.DIRECTORY
    if kind is not None:
        return name, kind, mode, uid, gid, 0, mtime, None, blocks.position, extra

    # What is left has content: regular files, and whatever else POSIX may name one day.
    if flag not in _REGULAR:
        extra.notes.append(f"unknown type flag {chr(flag)!r}: taken for a regular file")
    if stored < 0:
        raise DamagedError(f"The entry at offset {start} claims {stored} bytes")
    size, extra.pieces, stored = _sparse(header, extensions, blocks, stored, start)
    offset = blocks.position
    crc = blocks.content(stored, extra.pieces, size) if size else 0
    if name.endswith(b"/"):
        return name, Kind.DIRECTORY, mode, uid, gid, 0, mtime, None, offset, extra
    return name, Kind.FILE, mode, uid, gid, size, mtime, crc, offset, extra


def _sparse(
    header: bytes, extensions: _Extensions, blocks: Blocks, stored: int, start: int
) -> tuple[int, tuple[tuple[int, int], ...] | None, int]:
    """Logical size, pieces (None for a file that is not sparse) and stored bytes that remain to be passed."""
    if header[156] == ord("S"):
        size = number_in(header[483:495], start)
        numbers = _old_map(header, blocks, start)
    elif extensions.get(b"GNU.sparse.major") == b"1":
        size = _otherwise(extensions.number(b"GNU.sparse.realsize", start), 0)
        before = blocks.position
        numbers = _leading_map(blocks, stored, start)
        stored -= blocks.position - before
    elif (real := extensions.number(b"GNU.sparse.size", start)) is not None:
        size = real
        values = extensions.map or extensions.get(b"GNU.sparse.map").split(b",")
        numbers = [decimal_in(value, start) for value in values if value]
    else:
        return stored, None, stored
    pieces = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    end = 0
    for offset, length in pieces:
        if offset < end or length < 0:
            raise DamagedError(f"The sparse file at offset {start} has a map that makes no sense")
        end = offset + length
    if len(numbers) % 2 or end > size or sum(length for _, length in pieces) != stored:
        raise DamagedError(f"The sparse file at offset {start} has a map that does not fit its size")
    return size, pieces, stored


def _old_map(header: bytes, blocks: Blocks, start: int) -> list[int]:
    """The numbers of an old GNU sparse map: four pieces in the header, 21 in each extension block."""
    numbers: list[int] = []
    table, more = header[386:482], header[482]
    while True:
        for at in range(0, len(table), 24):
            if table[at] == 0:
                break
            numbers += number_in(table[at : at + 12], start), number_in(table[at + 12 : at + 24], start)
        if not more:
            return numbers
        if len(numbers) * 12 > MAX_EXTENSION:
            raise DamagedError(f"The sparse file at offset {start} has too long a map")
        block = blocks.take(BLOCK)
        table, more = block[:504], block[504]


def _leading_map(blocks: Blocks, stored: int, start: int) -> list[int]:
    """The numbers of a PAX 1.0 sparse map, which stands before the content: a count of pieces, then a line each."""
    data, needed = b"", 1
    while (missing := needed - data.count(b"\n")) > 0:
        # A line has two bytes at least, so this many blocks belong to the map whatever the numbers are.
        more = max(BLOCK, missing * 2 // BLOCK * BLOCK)
        if len(data) + more > min(stored, MAX_EXTENSION):
            raise DamagedError(f"The sparse file at offset {start} has a map that does not end")
        data += blocks.take(more)
        needed = 1 + 2 * max(decimal_in(data.partition(b"\n")[0], start), 0)
    return [decimal_in(line, start) for line in data.split(b"\n")[1:needed]]


def _records(data: bytes, start: int) -> list[tuple[bytes, bytes]]:
    """The records ``LENGTH KEY=VALUE\\n`` of a PAX header."""
    records = []
    at = 0
    while at < len(data) and data[at]:
        length, space, _ = data[at : at + 20].partition(b" ")
        end = at + (int(length) if length.isdigit() else 0)
        key, equals, value = data[at + len(length) + 1 : end - 1].partition(b"=")
        if not (space and equals and key and end <= len(data) and data[end - 1 : end] == b"\n"):
            raise DamagedError(f"The PAX header at offset {start} has a malformed record")
        records.append((key, value))
        at = end
    return records


def _otherwise(value: int | None, default: int) -> int:
    return default if value is None else value
