"""The checksum of a file of this system, holes and all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fastcrc.crc64 import go_iso

from layerview.layers import file_checksum

_HOLE = 1 << 20
_PIECES = {
    "nothing": [],
    "data": [b"abc" * 1000],
    "only a hole": [_HOLE],
    "a hole first": [_HOLE, b"abc"],
    "a hole last": [b"abc", _HOLE],
    "many": [b"1" * 70_000, _HOLE, b"2" * 5000, 3 * _HOLE, b"3", _HOLE + 5],
}


@pytest.mark.parametrize("pieces", _PIECES.values(), ids=_PIECES)
def test_is_that_of_what_is_read(pieces: list[bytes | int], tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        for piece in pieces:
            if isinstance(piece, bytes):
                file.write(piece)
            else:
                file.seek(piece, os.SEEK_CUR)
        file.truncate(file.tell())
    content = path.read_bytes()
    with path.open("rb") as file:
        assert file_checksum(file.fileno(), len(content)) == (len(content), go_iso(content))
        # One that has been cut off since its size was asked for, and one that has grown.
        assert file_checksum(file.fileno(), len(content) + 9) == (len(content), go_iso(content))
        half = len(content) // 2
        assert file_checksum(file.fileno(), half) == (half, go_iso(content[:half]))
