"""Records kept on disk: what is indexed or merged once is there for every image that shares it.

One file for each record, named by the digest that it depends on and by nothing else. A file is a header and the
encoded record; the header tells format, version and byte order, and holds a checksum. It is written beside its
place and moved there, so it is whole or not there at all, whoever else uses the folder.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import struct
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError
from layerview.layers.columns import ColumnRecord, Record, fingerprint, pieces, read

LIMIT = 2_000_000_000
"""Bytes that a cache may take unless told otherwise: some 10 million entries, merged."""

_VERSION = 4
"""To be raised when the meaning of a field changes; a field that comes or goes shows in the fingerprint."""

_MAGIC = b"layrview"
_HEADER = struct.Struct("<8s2sH4xQQ")
_ORDER = b"le" if sys.byteorder == "little" else b"be"
_SUFFIXES = (".layer", ".paths", ".tree", ".part")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Usage:
    """What a cache holds."""

    folder: Path
    files: int
    bytes: int
    limit: int


@dataclass
class Cache:
    """A folder of records, bounded in bytes; the one longest not used goes first. Picklable.

    A folder that cannot be read or written, and a file that is damaged, are no errors: they are as if they were not
    there, and ``complaints`` says why.
    """

    folder: Path
    limit: int = LIMIT
    complaints: list[str] = field(default_factory=list)

    def get(self, kind: type[Record], digest: str) -> Record | None:
        """The record of that kind for a digest, or None where it is not there; a damaged file is dropped.

        Its columns are views into the file, which is mapped: to read 130 MB takes 75 ms in place of 15. So the program
        ends (SIGBUS) where another one cuts a file off in place, which none does that writes as :meth:`put`.
        """
        path = self._path(kind, digest)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
                record = _unpack(kind, data)
                with contextlib.suppress(OSError):  # it is of use in a folder that may only be read, too
                    # Not by its name, if it can be helped: another program may have removed the file meanwhile.
                    os.utime(file.fileno() if os.utime in os.supports_fd else path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.complaints.append(f"cache: {error}")
            return None
        except (DamagedError, ValueError) as error:  # an empty file cannot be mapped: ValueError
            self.complaints.append(f"cache: {path.name} is dropped: {error}")
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return record

    def put(self, digest: str, record: ColumnRecord) -> None:
        """Keep a record."""
        path = self._path(type(record), digest)
        if path is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self.folder)
            part = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    _write(file, record)
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            self._make_room()
        except OSError as error:
            self.complaints.append(f"cache: {error}")

    def usage(self) -> Usage:
        """How many records it holds, and how many bytes they take."""
        sizes = [size for _, size, _ in self._files()]
        return Usage(self.folder, len(sizes), sum(sizes), self.limit)

    def clear(self) -> int:
        """Remove all of it; returns the bytes that were freed."""
        return sum(self._remove(path, size) for _, size, path in list(self._files()))

    def _path(self, kind: type[ColumnRecord], digest: str) -> Path | None:
        return self.folder / (digest.replace(":", "-") + kind.CACHED_AS) if _DIGEST.fullmatch(digest) else None

    def _make_room(self) -> None:
        files = sorted(self._files())
        excess = sum(size for _, size, _ in files) - self.limit
        for _, size, path in files:
            if excess <= 0:
                return
            excess -= self._remove(path, size)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Last use, size and path of each file, those that a killed program left half written included."""
        try:
            for path in self.folder.iterdir():
                if path.suffix in _SUFFIXES:
                    with contextlib.suppress(FileNotFoundError):
                        status = path.lstat()
                        yield status.st_mtime, status.st_size, path
        except FileNotFoundError:
            return
        except OSError as error:
            self.complaints.append(f"cache: {error}")

    def _remove(self, path: Path, size: int) -> int:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self.complaints.append(f"cache: {error}")
            return 0
        return size


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
    return read(kind, data[_HEADER.size :])
