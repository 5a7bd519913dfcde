"""The limits of docs/correctness.md: what stands there is what holds, and what is beyond is named."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from layerview.errors import DamagedError
from layerview.exploration import Exploration, facts
from layerview.filesystem import nodes
from layerview.image import parsing
from layerview.layers import indexing, names, tar
from layerview.layers.compression import MAX_SIZE
from layerview.sources import open_source
from layerview.sources.archives import candidate, candidates, members, streamed
from layerview.sources.registry import chunked
from layerview.text import size
from tests.archives import docker_archive
from tests.builders import Entry, directory, file, hardlink, index, index_bytes, layer, symlink
from tests.hostile import header, pax

HOLD = {
    "unpacked bytes": (size(MAX_SIZE),),
    "entries of a layer": tuple({f"{module.MAX_ENTRIES:,}" for module in (indexing, facts, streamed)}),
    "names in a path": (f"{names.MAX_NAMES:,}",),
    "bytes of all folders": (size(indexing.MAX_FOLDERS), size(nodes.MAX_TEXT).replace("1.1", "1")),
    "bytes of attributes": (size(indexing.MAX_TEXT).replace("1.1", "1"),),
    "bytes that a layer's files claim": (size(indexing.MAX_BYTES),),
    "bytes of an extension header": (size(tar.MAX_EXTENSION).replace("1.0", "1"), f"{tar._MAX_EXTENSIONS >> 20} MB"),
    "links followed": (f"{names._MAX_HOPS}", size(names._MAX_FOLLOWED)),
    "bytes of a manifest": (f"{parsing.MAX_JSON >> 20} MB", size(candidates._MAX_READ)),
    "bytes of a table": (size(chunked._MAX_PART), size(chunked._MAX_TABLE)),
    "layers; images": (f"{candidate.MAX_LAYERS:,}", f"{candidates._MAX_NAMES:,}"),
    "members": (f"{members.MAX_MEMBERS:,}", size(members.MAX_NAMES), f"{members.MAX_PIECES:,}"),
}
"""What the program holds to, by how the row begins that says so."""


@pytest.mark.parametrize("row", HOLD)
def test_documented_limits_are_those_that_hold(row: str) -> None:
    text = (Path(__file__).parents[1] / "docs" / "correctness.md").read_text()
    (told,) = re.findall(rf"^\| {row}[^|]*\|([^|]*)\|", text, re.MULTILINE)
    assert re.split("[;,] (?=[0-9])", re.sub(", (`|as).*", "", told.strip())) == list(HOLD[row])


def failures(path: Path) -> dict[int, str]:
    explored = Exploration(open_source(str(path)))
    explored.run()
    return {number: error.message for number, error in explored.failures.items()}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two layers of two entries each."""
    return docker_archive(tmp_path / "image.tar", *(layer(file(f"{n}/a"), file(f"{n}/b")) for n in (1, 2)))


def test_entries_of_an_image_are_bounded(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MAX_ENTRIES", 4)
    assert failures(archive) == {}
    monkeypatch.setattr(facts, "MAX_ENTRIES", 3)
    assert failures(archive) == {2: "with it the image has more than 3 entries"}


def test_entries_of_an_archive_that_passes_by_are_bounded(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = archive.with_suffix(".gz")
    packed.write_bytes(gzip.compress(archive.read_bytes()))
    monkeypatch.setattr(streamed, "MAX_ENTRIES", 4)
    assert failures(packed) == {}
    monkeypatch.setattr(streamed, "MAX_ENTRIES", 3)
    (fault,) = failures(packed).values()
    assert "The layers of the archive have more than" in fault


@pytest.mark.parametrize(("entries", "fits"), [(128, True), (129, True), (192, False)])
def test_entries_of_a_layer_are_bounded(
    entries: int, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at now and then: a few more may pass."""
    monkeypatch.setattr(indexing, "MAX_ENTRIES", 128)
    path = docker_archive(tmp_path / "image.tar", layer(*(file(str(number)) for number in range(entries))))
    assert failures(path) == ({} if fits else {1: "The layer has more than 128 entries"})


ATTRIBUTES = (
    (symlink("a", "l" * 10), symlink("b", "l" * 20)),
    (hardlink("a", "l" * 10), hardlink("b", "l" * 20)),
    (file("a", xattrs={"user.a": b"1234"}), file("b", xattrs={"user.a": b"1"})),
    (file("a", xattrs={"user.a": b"1"}), hardlink("b", "a")),
)
"""Layers, and what they hold beyond what plain headers do."""


@pytest.mark.parametrize(("entries", "held"), zip(ATTRIBUTES, (32, 32, 275, 408), strict=True), ids=range(4))
def test_names_and_attributes_of_a_layer_are_bounded(
    entries: tuple[Entry, ...], held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them together; each attribute counts 128 bytes more, each name of an inode for itself."""
    monkeypatch.setattr(indexing, "MAX_TEXT", held)
    index(*entries)
    monkeypatch.setattr(indexing, "MAX_TEXT", held - 1)
    with pytest.raises(DamagedError, match=f"The layer has more than {held - 1} bytes of names and attributes"):
        index(*entries)


def test_pieces_of_sparse_files_count_among_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    tar = (
        pax((b"GNU.sparse.size", b"10"), (b"GNU.sparse.map", b"0,1,5,1")) + header(b"a", b"00000000002\0") + bytes(1536)
    )
    held = len("a") + 2 * 128
    monkeypatch.setattr(indexing, "MAX_TEXT", held)
    index_bytes(tar)
    monkeypatch.setattr(indexing, "MAX_TEXT", held - 1)
    with pytest.raises(DamagedError, match=f"The layer has more than {held - 1} bytes of names and attributes"):
        index_bytes(tar)


def test_folders_of_a_layer_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once with its whole path, also those that no entry lists or that only hard links name."""
    entries = file("a/b/c/f"), file("a/b/d/f"), directory("a/b"), hardlink("h", "a/e/f")
    held = len("a") + len("a/b") + len("a/b/c") + len("a/b/d") + len("a/e")
    monkeypatch.setattr(indexing, "MAX_FOLDERS", held)
    index(*entries)
    monkeypatch.setattr(indexing, "MAX_FOLDERS", held - 1)
    with pytest.raises(DamagedError, match=f"The layer has more than {held - 1} bytes of folders' paths"):
        index(*entries)


def test_names_in_the_path_of_a_folder_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MAX_NAMES", 3)
    index(file("a/b/c/f"), file("a/b/c/g"), directory("a/b/c"))
    for entry in (file("a/b/c/d/f"), hardlink("h", "a/b/c/d/f")):
        with pytest.raises(DamagedError, match="The layer has a path of more than 3 names"):
            index(file("a/b/c/f"), entry)


def test_bytes_that_the_files_of_a_layer_claim_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = file("a", b"123"), file("b", b"45")
    monkeypatch.setattr(indexing, "MAX_BYTES", 5)
    index(*entries)
    monkeypatch.setattr(indexing, "MAX_BYTES", 4)
    with pytest.raises(DamagedError, match="The files of the layer claim to hold more than 4 bytes"):
        index(*entries)
