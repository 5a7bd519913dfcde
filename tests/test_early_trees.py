"""Which files of an image are there before all of it is read: those of its lowest layer, however that is known."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from layerview.exploration import Begun, Progressed, Restacked, exploring, run
from layerview.layers import Cache
from tests.builders import file, layer
from tests.sources.images import Saved, docker_archive, image, tar
from tests.test_exploration import LAYERS, explored, summary, told

LARGE = layer(file("large", random.Random(1).randbytes(9_000_000)))
"""Takes a tenth of a second to read, compressed."""


def test_files_of_a_layer_that_is_known_are_told_of_before_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few they are, where a single process has to do all of it."""
    monkeypatch.setattr(exploring, "worker_count", lambda: 1)
    cache = Cache(tmp_path / "cache", 1 << 30)
    explored(packed(tmp_path / "base.tar", LAYERS[0]), cache)
    path = packed(tmp_path / "image.tar", LAYERS[0], LARGE)
    found, events = told(path, cache)
    assert found.recalled.keys() == {1} and not found.failures
    shown = next(event for event in events if isinstance(event, Restacked))
    assert shown.stack.missing == {2}
    before = events[: events.index(shown)]
    assert not any(isinstance(event, Progressed) and event.layer == 2 for event in before)
    assert summary(found) == summary(explored(path))


def test_files_of_a_small_lowest_layer_are_told_of_before_a_large_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploring, "worker_count", lambda: 1)
    found, events = told(packed(tmp_path / "image.tar", LAYERS[0], LARGE))
    assert not found.failures
    assert [event.stack.missing for event in events if isinstance(event, Restacked)] == [{2}, set()]


def test_of_a_large_layer_that_is_known_the_first_files_are_told_of_before_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of one that is read, since to make a tree of all takes a while."""
    monkeypatch.setattr(exploring, "worker_count", lambda: 1)
    monkeypatch.setattr(run, "_FIRST", 20)
    cache = Cache(tmp_path / "cache", 1 << 30)
    base = layer(*(file(f"d/{number:03}", b"1") for number in range(50)))
    explored(packed(tmp_path / "base.tar", base), cache)
    _, events = told(packed(tmp_path / "image.tar", base, LARGE), cache)
    shown = [event for event in events if isinstance(event, Begun | Restacked)]
    assert [type(event) for event in shown] == [Begun, Restacked, Restacked]
    assert shown[0].stack.all_paths() == [b"", b"d", *(b"d/%03d" % number for number in range(20))]


def packed(path: Path, *layers: bytes) -> Path:
    """An archive of compressed layers."""
    path.write_bytes(tar(docker_archive(Saved(image(*layers, blobs=[gzip.compress(each, 1) for each in layers])))))
    return path
