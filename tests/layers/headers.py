"""Headers of tars, byte by byte, and what is read of them."""

from __future__ import annotations

from layerview.layers import LayerIndex, index_region
from tests.builders import index_bytes
from tests.layers.rows import Row, rows_of

END = bytes(1024)


def header(
    name: bytes = b"a",
    *,
    flag: bytes = b"0",
    size: bytes | int = 0,
    mode: bytes = b"0000644\0",
    uid: bytes = b"0000000\0",
    mtime: bytes = b"00000000000\0",
    link: bytes = b"",
    magic: bytes = b"ustar\x0000",
    rest: bytes = b"",
) -> bytes:
    """One header block, its checksum right; ``rest`` is what follows the group's name."""
    fields = [(name, 100), (mode, 8), (uid, 8), (b"0000000\0", 8)]
    fields += [(size if isinstance(size, bytes) else b"%011o\0" % size, 12), (mtime, 12), (b" " * 8, 8)]
    fields += [(flag, 1), (link, 100), (magic, 8), (b"root", 32), (b"root", 32), (rest, 183)]
    block = b"".join(value.ljust(length, b"\0") for value, length in fields)
    assert len(block) == 512
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def pax(*records: tuple[bytes, bytes], flag: bytes = b"x") -> bytes:
    """An extended header."""
    data = b""
    for key, value in records:
        length = len(key) + len(value) + 3
        length += len(str(length + len(str(length))))
        data += b"%d %s=%s\n" % (length, key, value)
    return header(b"PaxHeaders/a", flag=flag, size=len(data)) + padded(data)


def only(tar: bytes) -> Row:
    """The one row of a tar."""
    (row,) = rows_of(index_bytes(tar + END))
    return row


def skipping(tar: bytes) -> LayerIndex:
    """The index of a tar whose contents are skipped."""
    return index_region(lambda at, size: tar[at : at + size], len(tar))
