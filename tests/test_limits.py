"""The limits of docs/correctness.md: what stands there is what holds, and what is beyond is named."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from layerview.exploration import Exploration, facts
from layerview.filesystem import nodes
from layerview.image import parsing
from layerview.layers import indexing, names, tar
from layerview.layers.compression import MAX_SIZE
from layerview.sources import open_source
from layerview.sources.archives import candidates, members, streamed
from layerview.sources.registry import chunked
from layerview.text import size
from tests.archives import docker_archive
from tests.builders import file, layer

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
    "layers; images": (f"{candidates.MAX_LAYERS:,}", f"{candidates._MAX_NAMES:,}"),
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
