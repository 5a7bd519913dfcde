"""Explorations of what is kept in a cache: taken from there, made anew where it is damaged, never another image's."""

from __future__ import annotations

import gzip
import os
from array import array
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings

from layerview.errors import DamagedError
from layerview.exploration import Exploration, ExplorationEvent, Noticed
from layerview.layers import Cache
from layerview.sources import Job, Source, open_source
from tests.archives import docker_archive
from tests.builders import directory, file, layer, symlink
from tests.forged import FORGINGS, Forging, forged, with_length
from tests.test_exploration import LAYERS, explored, summary


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "image.tar", *LAYERS)


def notices(exploration: Exploration) -> list[str]:
    """Explore to the end; what was noticed on the way."""
    events: list[ExplorationEvent] = []
    exploration.listen = events.append
    exploration.run()
    return [line for event in events if isinstance(event, Noticed) for line in event.lines]


class Refusing:
    """A source that has no work to give."""

    def __init__(self, source: Source) -> None:
        self.describe, self.close = source.describe, source.close
        self.cache_key, self.contents = source.cache_key, source.contents

    def jobs(self) -> Sequence[Job]:
        raise AssertionError("the layers were to come from the cache")


def test_an_image_opened_before_comes_from_the_cache(archive: Path, tmp_path: Path) -> None:
    first = explored(archive, Cache(tmp_path / "cache"))
    again = Exploration(Refusing(open_source(str(archive))), Cache(tmp_path / "cache"))
    assert notices(again) == []
    assert summary(again) == summary(first)


def test_images_that_share_a_compressed_layer_index_it_once(tmp_path: Path) -> None:
    base = gzip.compress(LAYERS[0])
    cache = Cache(tmp_path / "cache")
    explored(docker_archive(tmp_path / "one.tar", base, LAYERS[2]), cache)
    kept = cache.usage().files
    explored(docker_archive(tmp_path / "other.tar", base, LAYERS[2], tag="other:1"), cache)
    assert cache.usage().files > kept


def test_an_archive_that_changed_is_indexed_anew(archive: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    explored(archive, cache)
    docker_archive(archive, layer(file("other")))
    found = explored(archive, cache)
    assert found.stack is not None and found.stack.find(b"other") == 1


def test_an_archive_cannot_pass_off_its_layer_as_another_images(archive: Path, tmp_path: Path) -> None:
    """Statement 43: an uncompressed layer is not read whole, so its diffID proves nothing."""
    cache = Cache(tmp_path / "cache")
    forged = tmp_path / "forged.tar"
    forged.write_bytes(archive.read_bytes().replace(b"d/a", b"d/z"))
    explored(forged, cache)
    found = explored(archive, cache)
    assert found.stack is not None
    assert found.stack.find(b"d/a") is not None and found.stack.find(b"d/z") is None


def test_a_damaged_file_in_the_cache_is_noticed_and_made_anew(archive: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    first = explored(archive, cache)
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    again = Exploration(open_source(str(archive)), Cache(tmp_path / "cache"))
    assert any("dropped" in notice for notice in notices(again))
    assert summary(again) == summary(first)


REST = (file("d/b", b"2" * 300), symlink("l", "d"))


def test_an_archive_that_was_written_anew_with_as_many_bytes_is_indexed_anew(archive: Path, tmp_path: Path) -> None:
    """In its place, so that nothing but its time tells."""
    cache = Cache(tmp_path / "cache")
    explored(archive, cache)
    before = archive.stat()
    docker_archive(archive, layer(directory("d"), file("d/z", b"1" * 700), *REST), *LAYERS[1:])
    os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert (archive.stat().st_ino, archive.stat().st_size) == (before.st_ino, before.st_size)
    found = explored(archive, cache)
    assert found.stack is not None and found.stack.find(b"d/z") is not None


def test_a_tree_in_the_cache_that_cannot_be_one_is_made_anew(archive: Path, tmp_path: Path) -> None:
    first = explored(archive, Cache(tmp_path / "cache"))
    assert first.stack is not None
    (path,) = (tmp_path / "cache").glob("*.tree")
    forged = msgspec.structs.replace(first.stack.columns, last=memoryview(array("i", first.stack.columns.last[::-1])))
    Cache(tmp_path / "cache").put(path.stem.replace("-", ":"), with_length(forged, "born", 1))
    again = Exploration(open_source(str(archive)), Cache(tmp_path / "cache"))
    assert notices(again) == [f"cache: {path.name} is dropped: its columns do not fit together"]
    assert summary(again) == summary(first)
    assert notices(Exploration(open_source(str(archive)), Cache(tmp_path / "cache"))) == []


@settings(deadline=None, max_examples=40, derandomize=True, database=None)
@given(FORGINGS)
def test_an_index_in_the_cache_that_makes_no_sense_costs_one_try_at_most(forgings: list[Forging]) -> None:
    """It may say something wrong; nothing fails over it in a way that nobody foresaw."""
    with TemporaryDirectory() as folder:
        archive = docker_archive(Path(folder, "image.tar"), *LAYERS)
        cache = Cache(Path(folder, "cache"))
        found = explored(archive, cache)
        indexes = tuple(found.indexes.values())
        for forging in forgings:
            indexes = forged(indexes, forging)
        cache.clear()
        for key, index in zip(found.keys.values(), indexes, strict=True):
            cache.put(key, index)
        try:
            explored(archive, cache)
        except DamagedError:
            assert summary(explored(archive, cache)) == summary(found)


def test_an_index_in_the_cache_that_cannot_be_merged_is_dropped(archive: Path, tmp_path: Path) -> None:
    """Here one with a whiteout in a folder that it does not list."""
    cache = Cache(tmp_path / "cache")
    first = explored(archive, cache)
    cache.clear()
    assert first.image is not None
    for number, key in first.keys.items():
        index = first.indexes[number]
        moved = index.paths.tobytes().replace(b"d/", b"q/")
        cache.put(key, msgspec.structs.replace(index, paths=memoryview(moved), folders=memoryview(b"")))
    with pytest.raises(DamagedError, match="what the cache kept of this image was damaged, and is dropped"):
        explored(archive, cache)
    assert summary(explored(archive, Cache(tmp_path / "cache"))) == summary(first)
