"""The index of a layer: one row for each entry of its tar, as columns.

Columns are raw bytes read through ``memoryview`` casts. They cross a process border and a file
without being touched, hold half a million entries in some 60 MB, and give the garbage collector
nothing to walk.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from layerview.errors import DamagedError
from layerview.layers.columns import I64, U8, U16, U64, ColumnRecord


class Kind(IntEnum):
    """What an entry of a layer is. The value of a row of the ``kind`` column."""

    FILE = ord("-")
    DIRECTORY = ord("d")
    SYMLINK = ord("l")
    HARDLINK = ord("h")
    CHAR = ord("c")
    BLOCK = ord("b")
    FIFO = ord("p")
    WHITEOUT = ord("w")
    """``.wh.NAME``; the row's path is that of NAME."""
    OPAQUE = ord("o")
    """``.wh..wh..opq``; the row's path is that of its directory."""
    HIDDEN = ord("x")
    """AUFS bookkeeping (``.wh..wh.plnk/…``): a regular file, never shown, that links may name."""


IS_FILE = bytes(kind == Kind.FILE for kind in range(256))
"""Translates a column of kinds: 1 for a row of a regular file that the tree shows."""


IS_SHOWN = bytes(kind not in (Kind.WHITEOUT, Kind.OPAQUE, Kind.HIDDEN) for kind in range(256))
"""Translates a column of kinds: 1 for a row that puts a path into the tree."""


EARLIEST, LATEST = -(1 << 63), (1 << 63) - 1
"""Stand for all times before and after what 64 bits can tell, in 1677 and in 2262."""

_KINDS = bytes(Kind)
_LINKING = frozenset((Kind.SYMLINK, Kind.HARDLINK))


SYMLINK_MODE = 0o777
"""Of every symbolic link, whatever its header says (statement 31)."""


class Warning(msgspec.Struct, frozen=True):
    """Something odd in a layer that was answered by a rule: where, and what was done."""

    path: bytes
    text: str


class LayerIndex(ColumnRecord, frozen=True):
    """The entries of one layer, in the order of its tar; a pure function of the uncompressed tar.

    Every column has one item for each row. Paths are normalised bytes without a leading slash
    (statement of names and headers: ``./``, doubled and trailing slashes fold away, ``..`` is clamped at
    the root, a parent that is a symbolic link of the same layer is followed); the root is ``b""``.
    A path may occur more than once: the later row holds.
    """

    CACHED_AS = ".layer"

    paths: U8
    """NUL-terminated paths, one after the other."""
    folders: U8
    """NUL-terminated paths of the folders that shown rows and whiteouts lie in, at any height, and that no row lists."""
    kind: U8
    """A :class:`Kind`."""
    mode: U16
    """Permission and set-id bits, 0 to 0o7777."""
    uid: I64
    gid: I64
    size: I64
    """Logical bytes of a regular file; 0 for all else."""
    mtime: I64
    """Nanoseconds since 1970; ``EARLIEST`` and ``LATEST`` where that is out of their reach, which is warned of."""
    crc: U64
    """CRC-64/GO-ISO of a regular file's content, where ``hashed`` says so."""
    hashed: U8
    """1 where ``crc`` is known; a reader that skips contents leaves it 0 for files that have any."""
    sha256: U64
    """The first 64 bits of the SHA-256 of each regular file's content, 0 where it is not known; empty where no layer's
    table of contents tells any."""
    offset: I64
    """Where the entry's stored content begins in the uncompressed tar, in bytes; of a layer that is indexed by its table
    of contents, where the gzip member with the content begins in the blob."""
    links: dict[int, bytes]
    """Row of a symbolic link: its target as written. Row of a hard link: the normalised path it names; none of a link that
    is not there, since its layer removes before what it names."""
    devices: dict[int, tuple[int, int]]
    """Row of a device: major and minor number."""
    xattrs: dict[int, dict[bytes, bytes]]
    """Row: extended attributes, such as ``security.capability``."""
    sparse: dict[int, tuple[tuple[int, int], ...]]
    """Row of a sparse file: its stored pieces, as (offset in the file, bytes)."""
    warnings: tuple[Warning, ...]
    tar_size: int
    """Bytes of the uncompressed tar, padding included; 0 where they are not known."""

    def check(self) -> None:
        """As ColumnRecord has it: what is looked up by row. What paths say shows when they are merged."""
        kinds, rows = bytes(self.kind), len(self.kind)
        columns = (self.mode, self.uid, self.gid, self.size, self.mtime, self.crc, self.hashed, self.offset)
        by_row = (self.links, self.devices, self.xattrs, self.sparse)
        if not (
            not kinds.translate(None, _KINDS)
            and all(len(column) == rows for column in columns)
            and len(self.sha256) in (0, rows)
            and all(row in range(rows) for told in by_row if told for row in (min(told), max(told)))
            and set(linked := bytes(map(kinds.__getitem__, self.links))) <= _LINKING
            and linked.count(Kind.SYMLINK) == kinds.count(Kind.SYMLINK)
        ):
            raise DamagedError("its columns do not fit together")


def unlisted(paths: Iterable[bytes], kinds: Iterable[int], listed: set[bytes]) -> set[bytes]:
    """The folders that shown rows and whiteouts lie in, at any height, and that are not ``listed``."""
    needed = set[bytes]()
    for path, kind in zip(paths, kinds, strict=True):
        folder = path if kind == Kind.OPAQUE else path.rpartition(b"/")[0]
        while folder and folder not in listed and folder not in needed and kind != Kind.HIDDEN:
            needed.add(folder)
            folder = folder.rpartition(b"/")[0]
    return needed


def named(paths: Iterable[bytes]) -> memoryview:
    """Paths as a column, each ended by a NUL."""
    return memoryview(b"\0".join((*paths, b"")))
