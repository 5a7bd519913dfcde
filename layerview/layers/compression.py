"""Decompression of layers and archives, the format told by the first bytes and never by a name or a media type."""

from __future__ import annotations

import bz2
import lzma
import re
from collections.abc import Callable
from io import BytesIO
from typing import Protocol, cast

from isal import igzip_lib

from layerview.errors import DamagedError
from layerview.layers.blocks import Read
from layerview.layers.zstd import zstd

MAX_SIZE = 200_000_000_000
"""Bytes that one stream may unpack to unless told otherwise: four minutes of a processor's time, and a few times the
largest layers that are known. Nothing that is unpacked is kept, so it is time alone that a bomb takes."""

_INPUT = 1 << 18
"""Bytes decompressed at a time. A quarter of it, which makes a fifth of a chunk, costs 6 % more: each is handed to the thread
that hashes it."""
_WINDOW_LOG = 30
"""Of what was unpacked last, zstd and xz refer to so many bytes, as a power of two, and memory has to hold them: ``xz -9``
needs 65 MB, ``zstd --long=30`` 1 GiB. By itself zstd refuses more than 128 MiB."""

_OVERHEAD = 1 << 20
"""Bytes of memory that xz takes besides."""


class _Decompressor(Protocol):
    """What the decompressors of the standard library have in common, and those of isal and zstd with them."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


_ZSTD_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
_XZ_MEMORY = (1 << _WINDOW_LOG) + _OVERHEAD
_FORMATS: tuple[tuple[str, re.Pattern[bytes], Callable[[], _Decompressor]], ...] = (
    # Twice as fast as zlib (840 MB/s of output against 360), which makes half of the time for a compressed layer.
    ("gzip", re.compile(rb"\x1f\x8b\x08"), lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)),
    # A frame, or a skippable one, which zstd:chunked and others put beside them.
    (
        "zstd",
        re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
        lambda: zstd.ZstdDecompressor(options=_ZSTD_OPTIONS),
    ),
    ("xz", re.compile(rb"\xfd7zXZ\0"), lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)),
    ("bzip2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), bz2.BZ2Decompressor),
)
_ISAL_ERROR = cast(type[Exception], igzip_lib.IsalError)  # Its type stub says that the class is an instance.
_ERRORS = (_ISAL_ERROR, zstd.ZstdError, lzma.LZMAError, OSError, ValueError, EOFError)
_WANTS_MEMORY = re.compile("too much memory|Memory usage limit")
"""How zstd and liblzma say that a window is too large; neither has an error of its own for it."""

MAGIC_SIZE = 16
"""Bytes that are enough to tell the format by."""


def sniff(start: bytes) -> str:
    """The format of what begins with these bytes: "gzip", "zstd", "xz", "bzip2", or "" for none of them."""
    return next((name for name, magic, _ in _FORMATS if magic.match(start)), "")


class Decompressed:
    """The decompressed bytes of an input in any of the formats, or in none."""

    def __init__(self, read: Read, max_size: int = MAX_SIZE) -> None:
        """``max_size`` are the bytes that it may unpack to."""
        start = b""
        while len(start) < MAGIC_SIZE and (more := read(MAGIC_SIZE - len(start))):
            start += more
        self.format = sniff(start)
        """As :func:`sniff` names it."""
        self._source = read
        self._start = start
        self._new = next((new for name, _, new in _FORMATS if name == self.format), None)
        self._decompressor = self._new() if self._new else None
        self._left = self._limit = max_size

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, none at the end. Raises DamagedError for what is corrupt or cut off."""
        if self._new is None or self._decompressor is None:
            return self._input(size)
        while True:
            data = b""
            if self._decompressor.eof:
                # Members, streams or frames may follow each other; estargz has one for each file. Zeros may pad them.
                data = self._decompressor.unused_data.lstrip(b"\0")
                while not data and (more := self._input(_INPUT)):
                    data = more.lstrip(b"\0")
                if not data:
                    return b""
                self._decompressor = self._new()
            elif self._decompressor.needs_input and not (data := self._input(_INPUT)):
                raise DamagedError(f"The {self.format} stream is cut off")
            try:
                out = self._decompressor.decompress(data, size)
            except _ERRORS as error:
                raise self._told(error) from error
            self._left -= len(out)
            if self._left < 0:
                raise _too_large(f"The {self.format} stream", self._limit)
            if out:
                return out

    def _told(self, error: Exception) -> DamagedError:
        if _WANTS_MEMORY.search(str(error)):
            return DamagedError(
                f"The {self.format} stream is too large: it takes more than {1 << _WINDOW_LOG:,} bytes of memory to unpack",
                f"Compress it with a smaller window, as zstd --long={_WINDOW_LOG} does.",
            )
        return DamagedError(f"The {self.format} stream is corrupt: {error}")

    def _input(self, size: int) -> bytes:
        if self._start:
            start, self._start = self._start[:size], self._start[size:]
            return start
        return self._source(size)


def open_decompressed(read: Read, max_size: int = MAX_SIZE) -> Decompressed:
    """What ``read`` gives, decompressed where the first bytes say that it is compressed. Raises what ``read`` raises.

    Beyond ``max_size`` bytes reading it raises DamagedError.
    """
    return Decompressed(read, max_size)


def bound(size: int, what: str, max_size: int) -> None:
    """Raise DamagedError where so many bytes, holes of a sparse file included, are more than a stream may unpack to."""
    if size > max_size:
        raise _too_large(what, max_size)


def _too_large(what: str, limit: int) -> DamagedError:
    return DamagedError(
        f"{what} is too large: it unpacks to more than {limit:,} bytes",
        "--max-size allows more, such as --max-size 2TB.",
    )


def unpack(data: bytes, limit: int, what: str) -> bytes:
    """All that small compressed ``data`` unpacks to. Raises DamagedError, also beyond ``limit`` bytes."""
    source = open_decompressed(BytesIO(data).read)
    unpacked = bytearray()
    while part := source.read(1 << 20):
        unpacked += part
        if len(unpacked) > limit:
            raise DamagedError(f"{what} is larger than any")
    return bytes(unpacked)
