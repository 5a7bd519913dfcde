"""The cache: whole files or none, whoever else uses the folder."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from pathlib import Path

import pytest

from layerview.layers import Cache, LayerIndex
from tests.builders import file, index, symlink


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


SAMPLE = index(file("a", b"12", xattrs={"user.a": b"1"}), symlink("b", "a"))


def test_what_was_kept_comes_back_equal(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new" / "folder")
    assert cache.get(LayerIndex, digest(1)) is None
    cache.put(digest(1), SAMPLE)
    assert cache.get(LayerIndex, digest(1)) == SAMPLE
    assert cache.usage().files == 1
    assert cache.complaints == []


def test_a_layer_without_entries_is_kept_too(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put(digest(1), index())
    assert cache.get(LayerIndex, digest(1)) == index()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"PK\3\4" + data[4:],
        lambda data: data[:10] + b"\xff" + data[11:],
        lambda data: data + b"more",
    ],
)
def test_a_damaged_or_foreign_file_is_dropped_and_named(tmp_path: Path, damage: object) -> None:
    cache = Cache(tmp_path)
    cache.put(digest(1), SAMPLE)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    assert cache.get(LayerIndex, digest(1)) is None
    assert not path.exists()
    (complaint,) = cache.complaints
    assert path.name in complaint


@pytest.mark.parametrize("name", ["", "sha256:12", "../../etc/passwd", "sha256:" + "Z" * 64])
def test_only_digests_are_names(tmp_path: Path, name: str) -> None:
    cache = Cache(tmp_path / "cache")
    cache.put(name, SAMPLE)
    assert cache.get(LayerIndex, name) is None
    assert list(tmp_path.rglob("*")) == []


def test_the_one_longest_not_used_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    for number in range(4):
        cache.put(digest(number), SAMPLE)
    for seconds, number in enumerate((2, 0, 3, 1)):
        (path,) = tmp_path.glob(f"*{number:064x}*")
        os.utime(path, (seconds, seconds))
    assert cache.get(LayerIndex, digest(2)) is not None
    cache.limit = cache.usage().bytes * 3 // 4
    cache.put(digest(4), SAMPLE)
    kept = [number for number in range(5) if cache.get(LayerIndex, digest(number)) is not None]
    assert kept == [1, 2, 4]


def test_clearing_frees_everything_and_nothing_else(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    cache.put(digest(1), SAMPLE)
    used = cache.usage().bytes
    assert used > 0
    assert cache.clear() == used
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("folder", ["/proc/layerview", "/dev/null/layerview"])
def test_a_folder_that_cannot_be_written_is_no_error(folder: str) -> None:
    cache = Cache(Path(folder))
    cache.put(digest(1), SAMPLE)
    assert cache.get(LayerIndex, digest(1)) is None
    assert cache.complaints


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        cache = Cache(tmp_path / "cache")
        cache.put(digest(1), SAMPLE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert cache.complaints
    assert list((tmp_path / "cache").iterdir()) == []


def _use(folder: Path, seed: int) -> int:
    """Puts and gets; returns how often something else came back than was put."""
    cache = Cache(folder, limit=20_000)
    wrong = 0
    for step in range(150):
        number = (seed + step) % 20
        cache.put(digest(number), index(file(f"file{number}", b"x" * number)))
        found = cache.get(LayerIndex, digest((number * 7) % 20))
        wrong += found is not None and bytes(found.paths) != b"file%d\0" % ((number * 7) % 20)
    return wrong + sum("dropped" in complaint for complaint in cache.complaints)


@pytest.mark.slow
def test_ten_processes_share_a_folder(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(10) as pool:
        assert pool.starmap(_use, [(tmp_path, seed) for seed in range(10)]) == [0] * 10
    assert Cache(tmp_path).usage().bytes <= 20_000 + 10 * 400
