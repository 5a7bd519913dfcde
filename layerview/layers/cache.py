"""Records kept on disk: what is indexed or merged once is there for every image that shares it.

One file for each record, named by the digest that it depends on and by nothing else. A file is a header and the
encoded record; the header tells format, version and byte order, and holds a checksum. It is written beside its
place and moved there, so it is whole or not there at all, whoever else uses the folder. The checksum finds what was damaged
by chance; that nobody else has written it is known of the folder and the file, which are this user's or root's.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec
from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError
from layerview.layers.columns import ColumnRecord, Record, fingerprint, pieces, read
from layerview.layers.folder import open_own, own_folder

LIMIT = 2_000_000_000
"""Bytes that a cache may take unless told otherwise: some 10 million entries, merged."""

_VERSION = 4
"""To be raised when the meaning of a field changes; a field that comes or goes shows in the fingerprint."""

_MAGIC = b"layrview"
_HEADER = struct.Struct("<8s2sH4xQQ")
_ORDER = b"le" if sys.byteorder == "little" else b"be"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_OURS = re.compile(r"sha256-[0-9a-f]{64}\.(?:layer|paths|tree)|\.layerview-[0-9a-f]{16}\.part")
"""Names of the files here, and of those that are being written: no others are removed, whatever is in the folder."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class Usage(msgspec.Struct, frozen=True):
    """What a cache holds."""

    folder: Path
    files: int
    bytes: int
    limit: int


class Cache(msgspec.Struct):
    """A folder of records, bounded in bytes; the one longest not used goes first. Picklable.

    A folder that cannot be read or written, that is a link or another user's, and a file that is damaged, are no errors:
    they are as if they were not there, and ``complaints`` says why, a line each.
    """

    folder: Path
    limit: int = LIMIT
    complaints: list[str] = msgspec.field(default_factory=list)

    def get(self, kind: type[Record], digest: str) -> Record | None:
        """The record of that kind for a digest, or None where it is not there; a damaged file is dropped.

        Its columns are views into the file, which is mapped: to read 130 MB takes 75 ms in place of 15. So the program
        ends (SIGBUS) where another one cuts a file off in place, which none does that writes as :meth:`put`.
        """
        name = _name(kind, digest)
        if not name:
            return None
        try:
            with own_folder(self.folder) as folder, os.fdopen(open_own(name, folder), "rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
                if len(data) > self.limit:  # which may be a hole without end, whose checksum would be waited for
                    raise DamagedError("it is larger than all that is kept")
                record = _unpack(kind, data)
                with contextlib.suppress(OSError):  # it is of use in a folder that may only be read, too
                    os.utime(file.fileno())  # not by its name: another program may have removed it meanwhile
                return record
        except FileNotFoundError:
            return None
        except OSError as error:
            self._complain(error)
        except DamagedError as error:
            self.drop(kind, digest, error.message)
        except ValueError as error:  # an empty file cannot be mapped
            self.drop(kind, digest, str(error))
        return None

    def put(self, digest: str, record: ColumnRecord) -> None:
        """Keep a record."""
        name = _name(type(record), digest)
        if not name:
            return
        try:
            with own_folder(self.folder, made=True) as folder:
                part = f".layerview-{os.urandom(8).hex()}.part"
                try:
                    with os.fdopen(os.open(part, _NEW, 0o600, dir_fd=folder), "wb") as file:
                        _write(file, record)
                    os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
                except BaseException:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(part, dir_fd=folder)
                    raise
                self._make_room(folder)
        except OSError as error:
            self._complain(error)

    def drop(self, kind: type[ColumnRecord], digest: str, why: str) -> None:
        """Remove a record that is of no use, and complain of it."""
        name = _name(kind, digest)
        self.complaints.append(f"cache: {name} is dropped: {why}")
        with contextlib.suppress(OSError), own_folder(self.folder) as folder:
            os.unlink(name, dir_fd=folder)

    def usage(self) -> Usage:
        """How many records it holds, and how many bytes they take."""
        sizes = self._each(lambda folder, name, size: size)
        return Usage(self.folder, len(sizes), sum(sizes), self.limit)

    def clear(self) -> int:
        """Remove all of it; returns the bytes that were freed."""
        return sum(self._each(self._remove))

    def _each(self, do: Callable[[int, str, int], int]) -> list[int]:
        """What comes of doing this to every file: its folder, name and size."""
        try:
            with own_folder(self.folder) as folder:
                return [do(folder, name, size) for _, size, name in list(_files(folder))]
        except FileNotFoundError:
            pass
        except OSError as error:
            self._complain(error)
        return []

    def _make_room(self, folder: int) -> None:
        files = sorted(_files(folder))
        excess = sum(size for _, size, _ in files) - self.limit
        for _, size, name in files:
            if excess <= 0:
                return
            excess -= self._remove(folder, name, size)

    def _remove(self, folder: int, name: str, size: int) -> int:
        """The bytes that were freed."""
        try:
            os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._complain(error)
            return 0
        return size

    def _complain(self, error: OSError) -> None:
        self.complaints.append(f"cache: {self.folder}: {error.strerror or error}")


def _name(kind: type[ColumnRecord], digest: str) -> str:
    """Of a record's file; empty for what is no digest, under which there is none."""
    return digest.replace(":", "-") + kind.CACHED_AS if _DIGEST.fullmatch(digest) else ""


def _files(folder: int) -> Iterator[tuple[float, int, str]]:
    """Last use, size and name of each file that only a cache can have written, or a killed program left half written."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name) and not entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    yield status.st_mtime, status.st_size, entry.name


def _write(file: IO[bytes], record: ColumnRecord) -> None:
    file.write(bytes(_HEADER.size))
    checksum = 0
    for piece in pieces(record):
        file.write(piece)
        checksum = go_iso(piece, checksum)
    file.seek(0)
    file.write(_HEADER.pack(_MAGIC, _ORDER, _VERSION, fingerprint(type(record)), checksum))


def _unpack(kind: type[Record], data: memoryview) -> Record:
    """The record in a file. Raises DamagedError."""
    if len(data) < _HEADER.size:
        raise DamagedError("it is cut off")
    magic, order, version, fields, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise DamagedError("it is not layerview's")
    if (order, version, fields) != (_ORDER, _VERSION, fingerprint(kind)):
        raise DamagedError("another version of layerview wrote it")
    if checksum != go_iso(data[_HEADER.size :]):
        raise DamagedError("its checksum does not match")
    record = read(kind, data[_HEADER.size :])
    record.check()
    return record
