"""Tars as other programs write them, read as these mean them. The numbers are those of docs/semantics.md."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from fastcrc.crc64 import go_iso
from hypothesis import given, settings
from hypothesis import strategies as st

from layerview.layers import Kind
from tests.builders import Entry, directory, file, hardlink, index_bytes, layer, symlink
from tests.layers.headers import only, skipping
from tests.layers.rows import Row, rows_of

names = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.binary(min_size=1, max_size=12).filter(lambda name: 0 not in name),
    st.sampled_from(["x" * 99, "x" * 100, "y" * 101, "d/" * 60 + "f", "long/" * 30 + "f", "z" * 255]),
)
metadata: dict[str, st.SearchStrategy[int]] = {
    "mode": st.integers(0, 0o7777),
    "uid": st.integers(0, 2**40),
    "gid": st.integers(0, 2**21),
    "mtime": st.integers(-(2**33), 2**33),
}
entries = st.lists(
    st.one_of(
        st.builds(file, names, st.binary(max_size=1500), **metadata, xattrs=st.just({"user.a": b"\xff\0"}) | st.none()),
        st.builds(directory, names, **metadata),
        st.builds(symlink, names, names),
        st.builds(hardlink, names, names),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(entries, st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_reads_what_the_standard_library_writes(written: list[Entry], format: int) -> None:
    """31, 32: every name, number and kind, in both formats that can hold them"""
    # A name in front, so that no entry goes through a link or is a whiteout; the rules for those are tested elsewhere.
    written = [
        Entry(_below(at, entry.path), **{k: v for k, v in vars(entry).items() if k != "path"})
        for at, entry in enumerate(written)
    ]
    if format == tarfile.GNU_FORMAT:
        written = [Entry(**{**vars(entry), "xattrs": {}}) for entry in written]
    tar = layer(*written, format=format)  # type: ignore[arg-type]
    with tarfile.open(fileobj=io.BytesIO(tar), encoding="utf-8", errors="surrogateescape") as reference:
        members = reference.getmembers()
        contents = [reference.extractfile(member).read() if member.isreg() else b"" for member in members]  # type: ignore[union-attr]
    rows = rows_of(index_bytes(tar))
    assert len(rows) == len(members) == len(written)
    for row, member, content in zip(rows, members, contents, strict=True):
        assert row.path == b"/".join(part for part in _bytes(member.name).split(b"/") if part not in (b"", b".", b".."))
        assert (row.mode, row.uid, row.gid) == (member.mode, member.uid, member.gid)
        assert row.mtime == int(member.mtime) * 10**9
        assert chr(row.kind) == {b"0": "-", b"5": "d", b"2": "l", b"1": "h"}[member.type]
        if member.isreg():
            assert (row.size, row.offset, row.crc) == (member.size, member.offset_data, go_iso(content))
        if member.issym():
            assert row.link == _bytes(member.linkname)


def _below(at: int, path: str | bytes) -> bytes:
    name = path if isinstance(path, bytes) else path.encode()
    return b"%d/_" % at + name.replace(b"..", b"__").replace(b"/.", b"/_").rstrip(b"/")


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _tree(folder: Path) -> Path:
    """A folder with a bit of everything."""
    root = folder / "tree"
    (root / "dir" / ("deep" * 20)).mkdir(parents=True)
    (root / "dir" / ("deep" * 20) / "file").write_bytes(os.urandom(3000))
    (root / "empty").touch()
    (root / "link").symlink_to("dir")
    os.link(root / "empty", root / "zzz")
    os.utime(root / "empty", ns=(10**18, 1_234_567_890_123_456_789))
    os.mkfifo(root / "fifo")
    with (root / "sparse").open("wb") as sparse:
        for at in range(0, 6_000_000, 1_000_000):
            sparse.seek(at)
            sparse.write(b"data" * 1024)
        sparse.truncate(7_000_000)
    return root


GNU_TAR = shutil.which("tar")
BSD_TAR = shutil.which("bsdtar")


@pytest.mark.skipif(GNU_TAR is None, reason="no GNU tar")
@pytest.mark.parametrize("format", ["v7", "oldgnu", "gnu", "ustar", "pax"])
def test_reads_what_gnu_tar_writes(format: str, tmp_path: Path) -> None:
    """31"""
    root = _tree(tmp_path)
    if format == "v7":
        shutil.rmtree(root / "dir" / ("deep" * 20))
        (root / "fifo").unlink()
    tar = subprocess.run(
        ["tar", f"--format={format}", "-C", root, "-c", "."], check=True, stdout=subprocess.PIPE
    ).stdout
    _compare_with_tree(rows_of(index_bytes(tar)), root)
    assert [row.offset for row in rows_of(skipping(tar))] == [row.offset for row in rows_of(index_bytes(tar))]


@pytest.mark.skipif(GNU_TAR is None, reason="no GNU tar")
@pytest.mark.parametrize(
    "options",
    [["--format=gnu"], *(["--format=pax", f"--sparse-version={version}"] for version in ("0.0", "0.1", "1.0"))],
)
def test_reads_sparse_files_as_gnu_tar_writes_them(options: list[str], tmp_path: Path) -> None:
    """26"""
    root = _tree(tmp_path)
    tar = subprocess.run(["tar", *options, "-S", "-C", root, "-c", "."], check=True, stdout=subprocess.PIPE).stdout
    assert len(tar) < 1_000_000
    rows = rows_of(index_bytes(tar))
    _compare_with_tree(rows, root)
    (sparse,) = (row for row in rows if row.path == b"sparse")
    assert sparse.sparse and sum(length for _, length in sparse.sparse) < 100_000


@pytest.mark.skipif(BSD_TAR is None, reason="no bsdtar")
@pytest.mark.parametrize("format", ["pax", "ustar", "gnutar"])
def test_reads_what_bsdtar_writes(format: str, tmp_path: Path) -> None:
    """31"""
    root = _tree(tmp_path)
    tar = subprocess.run(
        ["bsdtar", f"--format={format}", "-C", root, "-c", "."], check=True, stdout=subprocess.PIPE
    ).stdout
    _compare_with_tree(rows_of(index_bytes(tar)), root)


@pytest.mark.skipif(GNU_TAR is None, reason="no GNU tar")
def test_reads_xattrs_as_gnu_tar_writes_them(tmp_path: Path) -> None:
    """31"""
    root = tmp_path / "tree"
    root.mkdir()
    (root / "a").touch()
    try:
        os.setxattr(root / "a", "user.note", b"\0\xffvalue\n")
    except OSError:
        pytest.skip("no extended attributes on this filesystem")
    tar = subprocess.run(["tar", "--xattrs", "-C", root, "-c", "a"], check=True, stdout=subprocess.PIPE).stdout
    assert only(tar).xattrs == {b"user.note": b"\0\xffvalue\n"}


def _compare_with_tree(rows: list[Row], root: Path) -> None:
    """Every path below ``root`` has its row, with the metadata that lstat gives."""
    found = {row.path: row for row in rows}
    paths = [b"", *(os.fsencode(path.relative_to(root)) for path in root.rglob("*"))]
    assert sorted(found) == sorted(paths)
    linked = [row for row in rows if row.kind is Kind.HARDLINK]
    assert [{row.path, row.link} for row in linked] == [{b"empty", b"zzz"}]
    for path, row in found.items():
        real = root / os.fsdecode(path)
        status = real.lstat()
        assert (row.uid, row.gid, row.mode) == (status.st_uid, status.st_gid, status.st_mode & 0o7777)
        assert row.mtime // 10**9 == status.st_mtime_ns // 10**9
        if row.kind is Kind.FILE:
            assert (row.size, row.crc) == (status.st_size, go_iso(real.read_bytes()))
        if row.kind is Kind.SYMLINK:
            assert row.link == os.fsencode(real.readlink())
