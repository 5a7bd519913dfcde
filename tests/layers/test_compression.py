"""Compressed layers, whole and damaged. The numbers are those of docs/semantics.md."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import resource
import subprocess
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerview.errors import DamagedError
from layerview.layers import MAX_SIZE, open_decompressed
from layerview.layers.zstd import zstd

Compress = Callable[[bytes], bytes]
FORMATS: dict[str, Compress] = {
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "zstd": zstd.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "bzip2": bz2.compress,
}
DATA = random.Random(1).randbytes(5000) + b"layer" * 20000
SKIPPABLE = b"\x5d\x2a\x4d\x18" + (8).to_bytes(4, "little") + b"metadata"


def decompressed(blob: bytes, size: int = 70_000, max_size: int = MAX_SIZE) -> bytes:
    reader = open_decompressed(io.BytesIO(blob).read, max_size)
    return b"".join(iter(lambda: reader.read(size), b""))


@pytest.mark.parametrize("format", FORMATS)
def test_format_is_told_by_the_first_bytes(format: str) -> None:
    """35"""
    blob = FORMATS[format](DATA)
    assert open_decompressed(io.BytesIO(blob).read).format == format
    assert decompressed(blob) == DATA


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"\x1f\x8b", b"BZh1.txt" + bytes(504), DATA],
    ids=["empty", "short", "like gzip", "like bzip2", "long"],
)
def test_what_is_not_compressed_stays_as_it_is(data: bytes) -> None:
    """35"""
    assert open_decompressed(io.BytesIO(data).read).format == ""
    assert decompressed(data) == data


def test_input_may_come_in_pieces_of_any_size() -> None:
    source = io.BytesIO(gzip.compress(DATA))
    reader = open_decompressed(lambda size: source.read(min(size, 3)))
    assert b"".join(iter(lambda: reader.read(1 << 20), b"")) == DATA


@pytest.mark.parametrize("format", FORMATS)
def test_members_follow_each_other(format: str) -> None:
    """35: as in estargz and zstd:chunked, where each file has its own"""
    parts = [DATA[at : at + 1000] for at in range(0, len(DATA), 1000)]
    assert decompressed(b"".join(map(FORMATS[format], parts))) == DATA


def test_skippable_frames_of_zstd_are_passed_wherever_they_stand() -> None:
    """35"""
    frame = zstd.compress(DATA)
    assert decompressed(SKIPPABLE + frame + SKIPPABLE + SKIPPABLE + frame + SKIPPABLE) == DATA + DATA


def test_zeros_may_pad_a_gzip_stream() -> None:
    assert decompressed(gzip.compress(DATA) + bytes(200_000)) == DATA


@pytest.mark.parametrize("format", FORMATS)
def test_stream_that_is_cut_off_is_damage(format: str) -> None:
    blob = FORMATS[format](DATA)
    for length in (len(blob) - 1, len(blob) - 9, len(blob) // 2, 16):
        with pytest.raises(DamagedError, match=f"The {format} stream is cut off"):
            decompressed(blob[:length])


@pytest.mark.parametrize("format", ["gzip", "xz", "bzip2"])
def test_content_that_does_not_fit_its_checksum_is_damage(format: str) -> None:
    blob = bytearray(FORMATS[format](DATA))
    blob[2500] ^= 0xFF
    with pytest.raises(DamagedError, match=f"The {format} stream is corrupt"):
        decompressed(bytes(blob))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3))
def test_mutated_stream_raises_nothing_but_damage(format: str, changes: list[tuple[int, int]]) -> None:
    blob = bytearray(FORMATS[format](DATA[:600]))
    for at, value in changes:
        blob[at % len(blob)] = value
    try:
        decompressed(bytes(blob))
    except DamagedError as error:
        assert "\n" not in error.message


@pytest.mark.parametrize("window", [27, 28, 30])
def test_zstd_of_any_window_up_to_a_gibibyte_is_read(window: int) -> None:
    """35; the standard decompressor takes 128 MiB at most."""
    assert decompressed(_by_zstd(window)) == DATA


def test_xz_of_any_dictionary_up_to_a_gibibyte_is_read() -> None:
    """35"""
    assert decompressed(_by_xz(1 << 30)) == DATA


def test_larger_windows_are_too_large_and_not_corrupt() -> None:
    for format, blob in (("zstd", _by_zstd(31)), ("xz", _by_xz((3 << 29) - 1))):
        message = f"The {format} stream is too large: it takes more than 1,073,741,824 bytes of memory to unpack"
        with pytest.raises(DamagedError, match=message):
            decompressed(blob)


def test_stream_of_more_than_the_limit_is_too_large() -> None:
    with pytest.raises(DamagedError, match="The gzip stream is too large: it unpacks to more than 104,999 bytes"):
        decompressed(gzip.compress(DATA), max_size=len(DATA) - 1)
    assert decompressed(gzip.compress(DATA), max_size=len(DATA)) == DATA


def _by_zstd(window: int) -> bytes:
    """As it writes from a pipe, when it does not know how much will come."""
    command = ["zstd", "--ultra", "-1", f"--long={window}", "-c"]
    return subprocess.run(command, input=DATA, check=True, stdout=subprocess.PIPE).stdout


def _by_xz(dictionary: int) -> bytes:
    """With a header that asks for so much, in place of the little that compressing needs."""
    small = lzma.compress(DATA, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 16}])
    header = bytearray(small[12:24])
    assert header[2:4] == b"\x21\x01"
    header[4] = next(bits for bits in range(40) if (2 | bits & 1) << (bits // 2 + 11) >= dictionary)
    header[8:12] = zlib.crc32(header[:8]).to_bytes(4, "little")
    return small[:12] + bytes(header) + small[24:]


@pytest.mark.parametrize("format", FORMATS)
def test_bomb_takes_no_memory(format: str) -> None:
    blob = FORMATS[format](bytes(1 << 27))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reader = open_decompressed(io.BytesIO(blob).read)
    assert sum(len(part) for part in iter(lambda: reader.read(1 << 18), b"")) == 1 << 27
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
