"""Indexes by tables of contents, held against those of the tars that the tables are of."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given

from layerview.errors import DamagedError
from layerview.layers import LayerIndex, index_table
from tests.builders import file, index_bytes, symlink
from tests.layers.rows import Row, rows_of
from tests.sources.images import encode
from tests.sources.writers import estargz, table_of
from tests.strategies import LAYERS, Layer


def shown(index: LayerIndex) -> list[Row]:
    """Rows but for what tables do not tell: checksums, places in the tar, fractions of a second."""
    second = 1_000_000_000
    return [replace(row, crc=None, offset=0, mtime=-(-row.mtime // second) * second) for row in rows_of(index)]


@given(LAYERS)
def test_table_tells_the_same_as_its_tar(layer: Layer) -> None:
    """Statement 35, and 1 to 15 of names, whiteouts and links."""
    tar, blob = estargz(*layer)
    found, expected = index_table(*table_of(blob)), index_bytes(tar)
    assert shown(found) == shown(expected)
    assert (bytes(found.folders), found.warnings) == (bytes(expected.folders), expected.warnings)


@given(LAYERS)
def test_contents_are_told_apart_as_by_their_checksums(layer: Layer) -> None:
    tar, blob = estargz(*layer)
    found, expected = index_table(*table_of(blob)), index_bytes(tar)
    stored = [row for row, size in enumerate(found.size) if size]
    pairs = {(found.sha256[row], expected.crc[row]) for row in stored}
    assert len(pairs) == len({told for told, _ in pairs}) == len({crc for _, crc in pairs})
    assert all(found.sha256[row] and not found.hashed[row] for row in stored)


def test_table_with_a_byte_changed_anywhere_is_damaged_or_read() -> None:
    entries = (file("d/a", b"1" * 700, mtime=7, xattrs={"user.a": b"b"}), symlink("b", "d/a"), file("c", b"2"))
    text, end = table_of(estargz(*entries)[1])
    chosen = random.Random(5)
    kept = 0
    for at in range(len(text)):
        changed = bytearray(text)
        changed[at] = chosen.choice(b'"{}[],:\\0-9eE.\x00\xff' + bytes([changed[at] ^ 1]))
        try:
            kept += len(rows_of(index_table(bytes(changed), end))) > 0
        except DamagedError:
            continue
    assert 0 < kept < len(text)


@pytest.mark.parametrize("size", [1, 1 << 40])
def test_file_without_a_digest_is_told_nothing_of(size: int) -> None:
    said = {"name": "a", "type": "reg", "size": size, "offset": 7, "digest": "md5:0"}
    index = index_table(encode({"entries": [said]}), 10)
    assert (index.size[0], index.sha256[0], index.hashed[0]) == (size, 0, 0)


@pytest.mark.parametrize("name", ["Size", "LINKNAME", "Mode", "xAttrs"])
def test_table_with_a_name_in_another_case_is_not_used(name: str) -> None:
    """Statement 50: programs in Go would read it, and see another layer."""
    said = {"name": "a", "type": "reg", "offset": 7, name: {} if name == "xAttrs" else "b" if name == "LINKNAME" else 5}
    with pytest.raises(DamagedError):
        index_table(encode({"entries": [said]}), 10)


def test_all_members_that_writers_are_known_to_write_are_known() -> None:
    owner = {"uid": 1, "gid": 2, "userName": "a", "groupName": "b", "mode": 420, "modtime": "2026-01-01T00:00:00Z"}
    places = {"offset": 7, "innerOffset": 0, "chunkOffset": 0, "chunkSize": 3, "chunkDigest": "sha256:0", "digest": ""}
    others = {"linkName": "", "devMajor": 0, "devMinor": 0, "xattrs": {}, "NumLink": 0}
    said = {"name": "a", "type": "reg", "size": 5, **owner, **places, **others}
    assert index_table(encode({"version": 1, "entries": [said]}), 10).size[0] == 5
