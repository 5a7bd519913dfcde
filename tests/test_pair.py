"""Two images explored together: the same result whichever way it runs, layers in common read once, and what goes wrong."""

from __future__ import annotations

import gzip
import hashlib
import queue
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from layerview.errors import LayerviewError
from layerview.exploration import Aborted, Described, Exploration, Finished, LayerFailed
from layerview.exploration.pair import Compared, Happened, ImagePair, PairEvent
from layerview.filesystem import Aspect
from layerview.layers import Cache
from layerview.layers.zstd import zstd
from layerview.sources import open_source
from layerview.trees import Change
from tests.archives import docker_archive
from tests.builders import directory, file, layer, whiteout
from tests.sources.images import LAYER, Layout, Saved, folder, image, tar
from tests.sources.images import docker_archive as packed
from tests.waiting import PATIENCE

BASE = layer(directory("etc"), file("etc/passwd", b"root" * 50), file("etc/hosts", b"h" * 90))
OLD = layer(directory("app"), file("app/main", b"1" * 700, mtime=100), file("app/data", b"d" * 500, mtime=100))
NEW = layer(directory("app"), file("app/main", b"2" * 700, mtime=200), file("app/data", b"d" * 500, mtime=200))
GZIP = partial(gzip.compress, mtime=0)
LAST = layer(whiteout("etc/hosts"), file("etc/motd", b"hello"))


@pytest.fixture
def images(tmp_path: Path) -> tuple[Path, Path]:
    """An image, and the next one, of the same base: built anew, and one layer more."""
    return (
        docker_archive(tmp_path / "old.tar", BASE, OLD, tag="app:1"),
        docker_archive(tmp_path / "new.tar", BASE, NEW, LAST, tag="app:2"),
    )


def pair_of(first: Path, second: Path, cache: Cache | None = None) -> ImagePair:
    one, other = (Exploration(open_source(str(path)), cache) for path in (first, second))
    return ImagePair(one, other, (str(first), str(second)))


def told(pair: ImagePair) -> list[PairEvent]:
    """Compares in the background, to the end; what was told on the way."""
    events: queue.Queue[PairEvent] = queue.Queue()
    pair.start(events.put)
    heard: list[PairEvent] = []
    while not heard or not isinstance(heard[-1], Finished | Aborted):
        heard.append(events.get(timeout=PATIENCE))
    pair.close()
    return heard


def changes(pair: ImagePair, *, times: bool = False) -> dict[str, str]:
    assert pair.comparison
    comparison = pair.comparison
    if times:
        comparison = comparison.with_times(True)
    return {
        comparison.stack.path(node).decode(): comparison.change(node).name.lower()
        for node in range(comparison.stack.nodes)
        if comparison.change(node) is not Change.UNMODIFIED
    }


DIFFERENT = {"app/main": "modified", "etc/hosts": "removed", "etc/motd": "added"}


def test_what_a_build_wrote_again_is_told_from_what_it_changed(images: tuple[Path, Path]) -> None:
    """Statement 45: of the same content, at another time."""
    pair = pair_of(*images)
    pair.run()
    assert changes(pair) == DIFFERENT
    assert changes(pair, times=True) == {**DIFFERENT, "app/data": "modified"}
    assert pair.comparison
    node = pair.comparison.stack.find(b"app/data")
    assert node is not None
    assert pair.comparison.aspects(node) == Aspect.TIME
    figures = pair.comparison.differences
    assert (figures.added, figures.modified, figures.removed) == (5, 700, 90)


def test_processes_find_what_one_process_finds(images: tuple[Path, Path], tmp_path: Path) -> None:
    """Also where all of it is in the cache."""
    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        pair = pair_of(*images, cache)
        events = told(pair)
        assert changes(pair) == DIFFERENT
        assert [
            event.number for event in events if isinstance(event, Happened) and isinstance(event.event, Described)
        ] == [
            0,
            1,
        ]
        assert [type(event) for event in events[-2:]] == [Compared, Finished]


def test_an_image_does_not_differ_from_itself_and_is_read_once(images: tuple[Path, Path]) -> None:
    pair = pair_of(images[1], images[1])
    told(pair)
    assert changes(pair, times=True) == {}
    first, second = (exploration.indexes for exploration in pair.explorations)
    assert all(first[number] is second[number] for number in (1, 2, 3))


def layout_of(path: Path, pack: Callable[[bytes], bytes], kind: str, *layers: bytes) -> Path:
    """An OCI layout whose blobs are compressed, so that reading a layer verifies its diffID."""
    layout = Layout()
    built = image(*layers, blobs=[*map(pack, layers)])
    return folder(path, layout.of(layout.image(built, f"{LAYER}+{kind}")))


def test_layers_of_one_digest_are_read_once_in_whatever_places_they_lie(tmp_path: Path) -> None:
    """However they are compressed."""
    old = layout_of(tmp_path / "old", GZIP, "gzip", BASE, OLD)
    new = layout_of(tmp_path / "new", zstd.compress, "zstd", BASE, NEW)
    pair = pair_of(old, new)
    told(pair)
    one, other = (exploration.indexes for exploration in pair.explorations)
    assert other[1] is one[1]
    assert other[2] is not one[2]
    assert changes(pair) == {"app/main": "modified"}


def test_a_layer_that_the_first_image_fails_to_read_is_read_for_the_second(tmp_path: Path) -> None:
    """Of one digest, so that it was left to the first."""
    broken = layout_of(tmp_path / "broken", GZIP, "gzip", BASE, OLD)
    blob = broken / "blobs/sha256" / hashlib.sha256(GZIP(OLD)).hexdigest()
    blob.write_bytes(b"\x1f\x8b" + bytes(200))
    whole = layout_of(tmp_path / "whole", GZIP, "gzip", BASE, OLD)
    pair = pair_of(broken, whole)
    told(pair)
    assert [sorted(exploration.failures) for exploration in pair.explorations] == [[2], []]
    assert changes(pair) == dict.fromkeys(["app", "app/data", "app/main"], "added")


def test_a_diff_id_is_not_believed_alone(tmp_path: Path) -> None:
    """An uncompressed archive is not read whole, so that nothing has verified what it says of a layer."""
    paths = [tmp_path / "image.tar", tmp_path / "forged.tar"]
    for path, stored in zip(paths, (OLD, layer(directory("app"), file("app/main", b"other"))), strict=True):
        path.write_bytes(tar(packed(Saved(image(OLD, blobs=[stored]), ("app:1",)))))
    pair = pair_of(paths[0], paths[1])
    pair.run()
    assert changes(pair) == {"app/main": "modified", "app/data": "removed"}


def test_a_layer_that_cannot_be_read_is_named_for_both(images: tuple[Path, Path], tmp_path: Path) -> None:
    """And the rest is compared."""
    damaged = docker_archive(tmp_path / "damaged.tar", BASE, OLD[:1500])
    pair = pair_of(damaged, damaged)
    events = told(pair)
    failed = [
        (event.number, event.event.layer)
        for event in events
        if isinstance(event, Happened) and isinstance(event.event, LayerFailed)
    ]
    assert sorted(failed) == [(0, 2), (1, 2)]
    assert changes(pair) == {}
    pair = pair_of(damaged, images[1])
    pair.run()
    assert changes(pair)["app/main"] == "added"


@pytest.mark.parametrize("aloud", [True, False])
def test_an_image_that_cannot_be_opened_is_named(images: tuple[Path, Path], tmp_path: Path, aloud: bool) -> None:
    broken = tmp_path / "broken.tar"
    broken.write_bytes(images[1].read_bytes()[:2_000])
    pair = pair_of(images[0], broken)
    if aloud:
        last = told(pair)[-1]
        assert isinstance(last, Aborted)
        error = last.error
    else:
        with pytest.raises(LayerviewError) as raised:
            pair.run()
        error = raised.value
    assert str(broken) in error.message
    assert error.exit_status == 2
