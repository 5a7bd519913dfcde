"""Archives that GNU tar packed again, holes left out: their members are read as the files that they were (statement 48)."""

from __future__ import annotations

import gzip
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from layerview.layers import LayerIndex, content_checksum
from layerview.sources import open_source
from layerview.sources.archives.placed import PlacedContents
from tests.builders import Entry, directory, file, hardlink, layer, symlink, whiteout
from tests.commands import told
from tests.sources.images import Built, Layout, Members, Saved, docker_archive, image, named, read, tar
from tests.terminal import LAYERVIEW

FORMS = {
    "gnu": ("--format=gnu",),
    **{f"pax {each}": ("--format=posix", f"--sparse-version={each}") for each in ("0.0", "0.1", "1.0")},
}
HOLE = 1 << 16


def _content(first: int) -> bytes:
    """With holes at both ends and between, each larger than any block of a disk."""
    return bytes(HOLE) + b"%d" % first * 5_000 + bytes(HOLE) + b"end" * 3_000 + bytes(HOLE)


def _image(pack: Callable[[bytes], bytes] = bytes) -> Built:
    layers = (
        layer(directory("etc"), file("etc/a", _content(1)), file("zeros", bytes(4 * HOLE)), hardlink("b", "etc/a")),
        layer(file("etc/a", _content(2)), file("zeros", bytes(4 * HOLE), mode=0o600), symlink("l", "etc")),
        layer(whiteout("b"), file("manifest.json", b"[]")),
    )
    # As estargz does, which other readers of zeros behind a stream pass over.
    return image(*layers, blobs=[pack(each) + bytes(4 * HOLE) for each in layers] if pack is not bytes else ())


def _layout() -> Members:
    layout = Layout()
    return layout.of(layout.image(_image(), **named("demo:1")))


ARCHIVES: dict[str, Members] = {
    "docker": docker_archive(Saved(_image())),
    "oci": _layout(),
    "oci-gzip": (compressed := Layout()).of(compressed.image(_image(gzip.compress), **named("demo:1"))),
}


def sparse_folder(archive: Path, target: Path) -> Path:
    """What is in an archive, as a folder whose files have holes."""
    whole = target.with_name(f"{target.name}-whole")
    whole.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", whole], check=True)
    subprocess.run(["cp", "-r", "--sparse=always", whole, target], check=True)
    return target


def repacked(archive: Path, form: str) -> Path:
    """The same archive as GNU tar makes it of sparse files."""
    folder, target = archive.with_suffix(".folder"), archive.with_suffix(f".{form.replace(' ', '-')}")
    if not folder.exists():
        sparse_folder(archive, folder)
    subprocess.run(["tar", "-S", *FORMS[form], "-C", folder, "-cf", target, "."], check=True)
    assert target.stat().st_size < archive.stat().st_size / 2
    return target


@pytest.fixture(params=ARCHIVES)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An archive of an image, nothing in it sparse."""
    path = tmp_path / "image.tar"
    path.write_bytes(tar(ARCHIVES[request.param]))
    return path


@pytest.mark.parametrize("form", FORMS)
def test_tree_and_report_are_those_of_the_archive_before(archive: Path, form: str) -> None:
    """48"""
    expected = told(str(archive))
    again = repacked(archive, form)
    assert told(str(again)) == expected
    compressed = again.with_suffix(".gz")
    compressed.write_bytes(gzip.compress(again.read_bytes(), 1))
    assert told(str(compressed)) == expected


@pytest.mark.parametrize("form", FORMS)
def test_a_pipe_gives_the_same(archive: Path, form: str) -> None:
    """48"""
    again = repacked(archive, form)
    asked = [*LAYERVIEW, "ls", "-", "-r", "--json", "--no-cache"]
    answer = subprocess.run(asked, input=again.read_bytes(), capture_output=True, check=True)
    assert answer.stdout.decode().splitlines() == told(str(archive))[0]


def test_a_folder_of_sparse_files_is_the_same_layout(archive: Path, tmp_path: Path) -> None:
    folder = sparse_folder(archive, tmp_path / "folder")
    assert any(each.stat().st_blocks * 512 < each.stat().st_size for each in folder.rglob("*") if each.is_file())
    assert told(str(folder)) == told(str(archive))


@pytest.mark.parametrize("form", FORMS)
def test_contents_are_read_through_holes(form: str, tmp_path: Path) -> None:
    """48"""
    path = tmp_path / "image.tar"
    path.write_bytes(tar(ARCHIVES["docker"]))

    def checksums(archive: Path) -> dict[tuple[int, str], int]:
        source = open_source(str(archive))
        found = read(source)
        sums = {}
        for number, paths in found.paths.items():
            index, contents = found.layers[number], source.contents(number)
            assert isinstance(index, LayerIndex) and isinstance(contents, PlacedContents)
            for row, name in enumerate(paths):
                if index.size[row]:
                    sums[number, name] = content_checksum(index, row, contents.read)
        return sums

    expected = checksums(path)
    assert len(expected) == 5
    assert checksums(repacked(path, form)) == expected


@pytest.mark.parametrize("form", FORMS)
def test_what_is_kept_of_one_is_not_taken_for_the_other(form: str, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(tar(ARCHIVES["docker"]))
    keys = [open_source(str(each)).cache_key(layer) for each in (path, repacked(path, form)) for layer in (1, 2, 3)]
    assert len(set(keys)) == 6


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_hole_beyond_all_bounds_is_told_as_too_large(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """48; a few bytes of an archive may claim any size."""
    members = docker_archive(Saved(image(layer(file("good")), layer(file("bad")))))
    bad = next(name for name, content in members.items() if content == layer(file("bad")))
    size = 1 << 48
    parts = []
    for name, content in members.items():
        entry = Entry(name, tarfile.REGTYPE, content if isinstance(content, bytes) else b"")
        if name == bad:
            info = tarfile.TarInfo(name)
            info.size = len(entry.content)
            info.pax_headers = {"GNU.sparse.size": str(size), "GNU.sparse.map": f"{size - info.size},{info.size}"}
            parts.append(info.tobuf(tarfile.PAX_FORMAT) + entry.content)
        else:
            parts.append(entry.tar())
    path = tmp_path / "image.tar"
    path.write_bytes(pack(b"".join(parts) + bytes(1024)))
    found = read(open_source(str(path)))
    assert found.paths == {1: ["good"]}
    assert "too large" in found.faults[2]


def test_zeros_are_not_taken_for_other_members(tmp_path: Path) -> None:
    """What a contiguous reading of the first piece showed: the members behind it, as the image's own files."""
    upper = layer(file("here", bytes(HOLE)), file("end"))
    path = tmp_path / "image.tar"
    path.write_bytes(tar(docker_archive(Saved(image(upper)))))
    for form in FORMS:
        assert read(open_source(str(repacked(path, form)))).paths == {1: ["here", "end"]}
        with tarfile.open(repacked(path, form)) as written:
            assert any(each.issparse() for each in written)
