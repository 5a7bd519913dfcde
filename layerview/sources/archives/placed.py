"""Where members of archives and layouts lie that can be read in any order."""

from __future__ import annotations

import os
import weakref

import msgspec

from layerview.errors import DamagedError, InputError
from layerview.layers.blocks import ReadAt
from layerview.layers.sparse import filled_at
from layerview.regular import open_regular

Version = tuple[int, int, int, int]


class Place(msgspec.Struct, frozen=True):
    """Where a member lies: a region of a file."""

    file: str
    offset: int
    length: int
    """Bytes of the member, holes included."""
    version: Version
    """Of the file when it was found there."""
    pieces: tuple[tuple[int, int], ...] | None = None
    """Of a sparse member, which alone lie in the region, one after the other (statement 48)."""

    def reader(self, file: int) -> ReadAt:
        """What reads the member from its file, which is open under this descriptor."""
        offset = self.offset
        stored = self.length if self.pieces is None else sum(size for _, size in self.pieces)

        def read(at: int, size: int) -> bytes:
            size = min(size, stored - at)
            return os.pread(file, size, offset + at) if size > 0 else b""

        return read if self.pieces is None else filled_at(read, self.pieces, self.length)


def version_of(status: os.stat_result) -> Version:
    """What tells a file from the same one after somebody wrote to it."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


class PlacedContents:
    """Reads a member at any place. Its file stays open from the first read on."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._reader: ReadAt | None = None

    def __reduce__(self) -> tuple[type[PlacedContents], tuple[Place]]:
        return PlacedContents, (self._place,)

    def read(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes of the member; none at its end.

        Raises InputError, also where the file is no longer the one in which the member was found.
        """
        try:
            if self._reader is None:
                self._reader = self._open()
            return self._reader(offset, size)
        except OSError as error:
            raise unreadable(self._place.file, error) from error

    def _open(self) -> ReadAt:
        file = open_regular(self._place.file, follow=True)
        weakref.finalize(self, os.close, file)
        if version_of(os.fstat(file)) != self._place.version:
            raise changed(self._place.file)
        return self._place.reader(file)


def changed(what: str) -> DamagedError:
    """Somebody wrote to a file while it was read."""
    return DamagedError(f"{what} changed while it was read", "Read it again when nothing writes to it any more.")


def unreadable(what: str, error: OSError) -> InputError:
    """The system does not let it be read."""
    return InputError(f"{what} cannot be read: {error.strerror or error}", "Check its name and its permissions.")
