"""Layers read at any place and from a stream. The numbers are those of docs/semantics.md."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from layerview.errors import DamagedError
from layerview.layers import LayerIndex, content_checksum, index_records, index_region, index_stream, reading
from layerview.layers.blocks import ReadAt
from layerview.layers.columns import pieces, read
from layerview.layers.zstd import zstd
from tests.builders import device, directory, file, hardlink, layer, opaque, symlink, whiteout
from tests.layers.rows import rows_of

TAR = layer(
    directory("etc", mode=0o700),
    file("etc/passwd", b"root" * 300, uid=1, gid=2, mtime=1.25, xattrs={"user.a": b"\xff"}),
    file("etc/empty"),
    file("usr/" + "n" * 200, b"long"),
    symlink("etc/link", "passwd"),
    hardlink("etc/hard", "etc/passwd"),
    device("dev/null", 1, 3),
    whiteout("etc/gone"),
    opaque("var"),
    file("big", b"0123456789" * 100_000),
)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def read_at(blob: bytes) -> ReadAt:
    """Reads a blob at any place."""
    return lambda at, size: blob[at : at + size]


def region(blob: bytes, diff_id: str = "", digest: str = "") -> LayerIndex:
    """The index of a blob that can be read at any place."""
    return index_region(read_at(blob), len(blob), diff_id=diff_id, digest=digest)


def same(one: LayerIndex, other: LayerIndex) -> bool:
    return rows_of(one) == rows_of(other) and (one.warnings, one.tar_size) == (other.warnings, other.tar_size)


def test_skipped_and_read_contents_give_the_same_index_but_for_checksums() -> None:
    skipped, read = rows_of(region(TAR)), rows_of(index_stream(io.BytesIO(TAR).read))
    assert [dataclasses.replace(row, crc=None) for row in read] == [
        dataclasses.replace(row, crc=None) for row in skipped
    ]
    assert [row.crc for row in skipped] == [0 if row.path == b"etc/empty" else None for row in skipped]


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_index_does_not_depend_on_compression(compress: Callable[[bytes], bytes]) -> None:
    """35"""
    plain = index_stream(io.BytesIO(TAR).read)
    assert same(index_stream(io.BytesIO(compress(TAR)).read), plain)
    assert same(region(compress(TAR)), plain)


def test_stream_may_come_byte_by_byte() -> None:
    tar = layer(file("etc/passwd", b"root" * 300), file("n" * 200), symlink("a", "etc"))
    source = io.BytesIO(tar)
    assert same(index_stream(lambda size: source.read(1)), index_stream(io.BytesIO(tar).read))


def test_checksum_of_skipped_content_is_the_one_of_read_content() -> None:
    """17"""
    skipped, read = region(TAR), rows_of(index_stream(io.BytesIO(TAR).read))
    files = [row for row, entry in enumerate(read) if entry.crc is not None]
    assert len(files) == 4
    for row in files:
        assert content_checksum(skipped, row, read_at(TAR)) == read[row].crc


def test_content_that_is_cut_off_meanwhile_is_damage() -> None:
    index = region(TAR)
    with pytest.raises(DamagedError, match="cut off"):
        content_checksum(index, len(index.kind) - 1, lambda offset, size: b"")


@pytest.mark.parametrize("length", [512, 1000, 5632, 20_000, len(TAR) - 1])
def test_region_that_the_file_does_not_hold_is_damage(length: int) -> None:
    with pytest.raises(DamagedError, match="cut off"):
        index_region(read_at(TAR[:length]), len(TAR))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd.compress])
def test_digests_are_verified_where_everything_is_read(compress: Callable[[bytes], bytes]) -> None:
    """43"""
    blob = compress(TAR)
    index_stream(io.BytesIO(blob).read, diff_id=digest(TAR), digest=digest(blob))
    with pytest.raises(DamagedError, match="tar is not what its digest says"):
        index_stream(io.BytesIO(blob).read, diff_id=digest(b""), digest=digest(blob))
    with pytest.raises(DamagedError, match="blob is not what its digest says"):
        index_stream(io.BytesIO(blob).read, diff_id=digest(TAR), digest=digest(b""))


def test_digests_of_a_compressed_region_are_verified_and_those_of_a_skipped_one_are_not() -> None:
    """43"""
    with pytest.raises(DamagedError):
        region(gzip.compress(TAR), diff_id=digest(b""))
    with pytest.raises(DamagedError):
        region(gzip.compress(TAR), digest=digest(b""))
    region(TAR, diff_id=digest(b""))


def test_digests_cover_what_follows_the_end_of_the_tar() -> None:
    """43"""
    tar = TAR + bytes(300_000) + b"more"
    index_stream(io.BytesIO(tar).read, diff_id=digest(tar))
    with pytest.raises(DamagedError):
        index_stream(io.BytesIO(tar).read, diff_id=digest(TAR))


def test_digest_of_an_unknown_kind_is_damage() -> None:
    with pytest.raises(DamagedError, match="unknown kind"):
        index_stream(io.BytesIO(TAR).read, diff_id="md5:1234")


def test_progress_is_told_every_few_megabytes_of_a_file_and_every_one_of_a_stream_or_a_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_PAUSE", 0)
    tar = layer(*(file(f"{at}", bytes(3_000_000)) for at in range(10)))
    skipped: list[tuple[int, int]] = []
    index_region(read_at(tar), len(tar), lambda done, total: skipped.append((done, total)))
    read: list[int] = []
    index_stream(io.BytesIO(tar).read, read.append)
    headers = layer(*(file(f"{at}") for at in range(8_000)))
    segments = [headers[at : at + 512] for at in range(0, len(headers), 512)]
    record = b"".join(b'{"type":2,"payload":"%b"}\n' % base64.b64encode(segment) for segment in segments)
    recorded: list[int] = []
    assert len(index_records(io.BytesIO(record).read, recorded.append).kind) == 8_000
    assert recorded == sorted(recorded) and recorded[-1] <= len(record)
    for steps, least, most in (([done for done, _ in skipped], 4, 8), (read, 20, 32), (recorded, 3, 7)):
        assert least <= len(steps) <= most
        assert steps == sorted(steps) and steps[-1] <= len(tar)
    assert {total for _, total in skipped} == {len(tar)}


def test_index_survives_encoding(tmp_path: Path) -> None:
    index = region(gzip.compress(TAR))
    again = read(LayerIndex, memoryview(b"".join(pieces(index))))
    assert same(again, index)
    assert again.size.format == "q" and again.size.readonly


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_encoding_that_is_cut_off_is_damage(cut: int) -> None:
    with pytest.raises(DamagedError):
        read(LayerIndex, memoryview(b"".join(pieces(index_stream(io.BytesIO(TAR).read))))[:cut])


def test_empty_stream_is_a_layer_without_entries() -> None:
    """41"""
    assert len(index_stream(lambda size: b"").kind) == 0
