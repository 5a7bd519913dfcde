"""Two ways to get at the blocks of a tar: a file, whose contents are skipped, and a stream, which is read past."""

from __future__ import annotations

from collections.abc import Callable

from fastcrc.crc64 import go_iso

from layerview.errors import DamagedError
from layerview.layers.checksum import PassingChecksum
from layerview.layers.tar import BLOCK, Pieces

Read = Callable[[int], bytes]
"""Reads at most so many bytes, at least one of them; none where the input ends."""

ReadAt = Callable[[int, int], bytes]
"""Reads bytes by offset and size, as many as there are; none beyond the end."""

CHUNK = 1 << 20
"""Bytes read from a stream at a time. With a quarter, hashing them in another thread hardly overlaps with the rest."""

_WINDOW = 1 << 14
"""Bytes read from a file at a time: a dozen headers where files are small, and little for nothing where they are not.

On a tar of 65,000 entries: 4 KiB 1.2 µs an entry, 16 KiB 0.9, 64 KiB 1.0 and more where the disk is slow. A memory map
takes 0.8, but what it touches counts as the program's memory, and a file truncated meanwhile kills the program.
"""


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


class Region:
    """A tar that can be read at any place; what files hold is skipped."""

    def __init__(self, read: ReadAt, length: int, progress: Callable[[int], None]) -> None:
        """The tar has ``length`` bytes, which are all there."""
        self._source, self._length, self._progress = read, length, progress
        self._window = b""
        self._start = 0
        self.position = 0

    def header(self) -> bytes:
        """The next 512 bytes; fewer where the region ends."""
        at = self.position - self._start
        block = self._window[at : at + BLOCK]
        if len(block) < BLOCK:
            self._progress(self.position)
            self._start = self.position
            self._window = self._read(self.position, _WINDOW)
            block = self._window[:BLOCK]
        self.position += len(block)
        return block

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        data = self._read(self.position, size)
        if len(data) < size:
            raise DamagedError(f"The tar is cut off at offset {self.position + len(data)}")
        self.position += _padded(size)
        return data

    def content(self, size: int, pieces: Pieces | None, length: int) -> int | None:
        """Skip the content; its checksum stays unknown."""
        if self.position + size > self._length:
            raise DamagedError(f"The tar is cut off at offset {self._length}, in a file at offset {self.position}")
        self.position += -(-size // BLOCK) * BLOCK
        return None

    def finish(self) -> int:
        """The bytes of the region."""
        return self._length

    def _read(self, position: int, size: int) -> bytes:
        size = min(size, self._length - position)
        if size <= 0:
            return b""
        data = self._source(position, size)
        if len(data) < size:
            raise DamagedError(f"The tar is cut off at offset {position + len(data)}: the file ends there")
        return data


class Stream:
    """A tar that is read once from beginning to end; the checksums of contents are computed as they pass."""

    def __init__(self, read: Read) -> None:
        self._source = read
        self._chunk = b""
        self._at = 0
        self._before = 0

    @property
    def position(self) -> int:
        """Bytes of the tar passed so far."""
        return self._before + self._at

    def header(self) -> bytes:
        """The next 512 bytes; fewer where the stream ends."""
        at = self._at
        block = self._chunk[at : at + BLOCK]
        self._at = at + len(block)
        return block if len(block) == BLOCK else block + self._pull(BLOCK - len(block))

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        data = self._pull(size)
        if len(data) < size:
            raise DamagedError(f"The tar is cut off at offset {self.position}")
        self._pull(_padded(size) - size)
        return data

    def content(self, size: int, pieces: Pieces | None, length: int) -> int | None:
        """Read past the content, and return its checksum."""
        at = self._at
        if size <= len(self._chunk) - at and pieces is None:
            crc = go_iso(self._chunk[at : at + size])
            self._at = at + size
        else:
            checksum = PassingChecksum(pieces or ((0, size),), length)
            self._pass(size, checksum)
            crc = checksum.whole()
        self._pull(_padded(size) - size)
        return crc

    def finish(self) -> int:
        """Read to the end, which also lets what stands before this stream verify digests."""
        while self._refill():
            pass
        return self.position

    def _pass(self, size: int, checksum: PassingChecksum) -> None:
        """Add the next ``size`` bytes to a checksum."""
        while size > 0:
            if self._at == len(self._chunk) and not self._refill():
                raise DamagedError(f"The tar is cut off in a file at offset {self.position}")
            part = memoryview(self._chunk)[self._at : self._at + size]
            checksum.add(part)
            self._at += len(part)
            size -= len(part)

    def _pull(self, size: int) -> bytes:
        """The next ``size`` bytes; fewer where the stream ends."""
        parts = []
        while size > 0:
            part = self._chunk[self._at : self._at + size]
            self._at += len(part)
            size -= len(part)
            parts.append(part)
            if size > 0 and not self._refill():
                break
        return b"".join(parts)

    def _refill(self) -> bool:
        """The next chunk in place of the last; False where there is none."""
        self._before += len(self._chunk)
        self._chunk = self._source(CHUNK)
        self._at = 0
        return bool(self._chunk)
