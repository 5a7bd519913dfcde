"""The cache: whole files or none, whoever else uses the folder."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from layerview.errors import DamagedError
from layerview.layers import Cache, LayerIndex
from layerview.layers.cache import Usage
from layerview.layers.columns import read
from tests.builders import file, index, symlink
from tests.unprivileged import only_root


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
    ("damage", "why"),
    [
        (lambda data: b"", "cannot mmap an empty file"),
        (lambda data: data[:10], "it is cut off"),
        (lambda data: data[:-1], "its checksum does not match"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "its checksum does not match"),
        (lambda data: b"PK\3\4" + data[4:], "it is not layerview's"),
        (lambda data: data[:10] + b"\xff" + data[11:], "another version of layerview wrote it"),
        (lambda data: data + b"more", "its checksum does not match"),
    ],
)
def test_a_damaged_or_foreign_file_is_dropped_and_named(
    tmp_path: Path, damage: Callable[[bytes], bytes], why: str
) -> None:
    cache, path = kept(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get(LayerIndex, digest(1)) is None
    assert not path.exists()
    assert cache.complaints == [f"cache: {path.name} is dropped: {why}"]


def test_a_record_larger_than_all_that_is_kept_is_dropped_without_being_read(tmp_path: Path) -> None:
    """A hole without end would have its checksum waited for."""
    cache = Cache(tmp_path)
    cache.put(digest(1), SAMPLE)
    (path,) = tmp_path.iterdir()
    os.truncate(path, 1 << 40)
    assert cache.get(LayerIndex, digest(1)) is None
    assert not path.exists()
    assert cache.complaints == [f"cache: {path.name} is dropped: it is larger than all that is kept"]


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


def test_a_cache_that_is_just_full_keeps_all_and_one_byte_more_is_too_much(tmp_path: Path) -> None:
    cache, _ = kept(tmp_path)
    cache.put(digest(2), SAMPLE)
    cache.limit = cache.usage().bytes
    cache.put(digest(2), SAMPLE)
    assert cache.usage() == Usage(tmp_path, 2, cache.limit, cache.limit)
    cache.limit -= 1
    cache.put(digest(2), SAMPLE)
    assert cache.usage().files == 1


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


def test_what_a_killed_program_left_half_written_goes_with_the_others(tmp_path: Path) -> None:
    """Killed by the kernel, as where a file grows beyond what is allowed."""
    process = multiprocessing.get_context("fork").Process(target=_die_while_writing, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGXFSZ
    (part,) = tmp_path.iterdir()
    assert 0 < part.stat().st_size <= 20
    cache = Cache(tmp_path)
    assert cache.usage().files == 1
    assert cache.clear() > 0
    assert list(tmp_path.iterdir()) == []


def _die_while_writing(folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    Cache(folder).put(digest(1), SAMPLE)


@pytest.mark.parametrize("length", range(0, 200, 7))
def test_a_record_that_was_cut_off_is_dropped(tmp_path: Path, length: int) -> None:
    cache, path = kept(tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    assert cache.get(LayerIndex, digest(1)) is None
    assert not path.exists()


def test_a_record_with_any_bit_flipped_is_dropped(tmp_path: Path) -> None:
    cache, path = kept(tmp_path)
    data = path.read_bytes()
    for bit in range(0, 8 * len(data), 5):
        if bit // 8 not in range(12, 16):  # which say nothing
            path.write_bytes(data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :])
            assert cache.get(LayerIndex, digest(1)) is None


def kept(folder: Path) -> tuple[Cache, Path]:
    """A cache with one record, and its file."""
    cache = Cache(folder)
    cache.put(digest(1), SAMPLE)
    (path,) = folder.iterdir()
    return cache, path


def test_a_record_that_fits_its_checksum_and_makes_no_sense_is_dropped(tmp_path: Path) -> None:
    """In one line, which is not about images."""
    cache, path = kept(tmp_path)
    cache.put(digest(1), msgspec.structs.replace(SAMPLE, kind=memoryview(b"?-")))
    assert cache.get(LayerIndex, digest(1)) is None
    assert not path.exists()
    assert cache.complaints == [f"cache: {path.name} is dropped: its columns do not fit together"]


@pytest.mark.parametrize(
    "data", [b"\xdd\xff\xff\xff\xff", b"\x92\xc4\0\xdd\xff\xff\xff\xff", b"\x91" * 5_000, b"\x92\xa1\xff\x90"]
)
def test_headers_of_records_that_lie_about_their_length_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedError):
        read(LayerIndex, memoryview(len(data).to_bytes(8, "little") + data))
    with pytest.raises(DamagedError):
        read(LayerIndex, memoryview(b"\xff" * 8 + data))


def put_link(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def put_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(("put", "why"), [(put_link, "it is a link"), (put_fifo, "it is no regular file")])
def test_what_is_no_regular_file_is_not_read_nor_waited_for(
    tmp_path: Path, put: Callable[[Path], None], why: str
) -> None:
    cache, path = kept(tmp_path)
    put(path)
    assert cache.get(LayerIndex, digest(1)) is None
    assert cache.complaints == [f"cache: {path.name} is dropped: {why}"]
    assert not path.is_symlink() and not path.exists()
    assert put is put_fifo or (tmp_path / "elsewhere").exists()


def test_a_folder_in_place_of_a_record_is_left_alone(tmp_path: Path) -> None:
    cache, path = kept(tmp_path)
    path.unlink()
    path.mkdir()
    assert cache.get(LayerIndex, digest(1)) is None
    assert cache.clear() == 0
    assert path.is_dir()


@pytest.mark.parametrize("target", ["a folder", "a large file", "nothing"])
def test_a_link_in_place_of_a_record_goes_and_what_it_points_to_stays(tmp_path: Path, target: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    if target == "a folder":
        elsewhere.mkdir()
    elif target == "a large file":
        elsewhere.write_bytes(bytes(100_000))
    cache, path = kept(tmp_path / "cache")
    path.unlink()
    path.symlink_to(elsewhere)
    length = len(str(elsewhere))
    assert cache.usage().bytes == length
    assert cache.clear() == length
    assert list(path.parent.iterdir()) == []
    assert elsewhere.exists() == (target != "nothing")


@only_root
def test_roots_records_are_read_and_stay_where_one_may_only_read() -> None:
    """Nothing counts as freed then, and why is said."""
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        cache, path = kept(Path(name) / "cache")
        path.chmod(0o644)
        path.parent.chmod(0o755)
        os.seteuid(65534)
        try:
            assert cache.get(LayerIndex, digest(1)) == SAMPLE
            assert cache.complaints == []
            assert cache.clear() == 0
        finally:
            os.seteuid(0)
        assert cache.complaints == [f"cache: {path.parent}: Permission denied"]
        assert path.exists()
        assert path.parent.stat().st_mode & 0o777 == 0o755


@only_root
def test_a_folder_of_roots_that_others_may_write_into_is_not_read() -> None:
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        cache, path = kept(Path(name) / "cache")
        path.chmod(0o644)
        path.parent.chmod(0o777)
        os.seteuid(65534)
        try:
            assert cache.get(LayerIndex, digest(1)) is None
        finally:
            os.seteuid(0)
        assert cache.complaints == [f"cache: {path.parent}: others may write into it"]


@only_root
def test_another_users_file_is_not_read(tmp_path: Path) -> None:
    cache, path = kept(tmp_path)
    os.chown(path, 65534, 65534)
    assert cache.get(LayerIndex, digest(1)) is None
    assert "it belongs to another user" in cache.complaints[0]


@only_root
def test_another_users_folder_is_neither_read_nor_written(tmp_path: Path) -> None:
    cache, path = kept(tmp_path / "cache")
    os.chown(tmp_path / "cache", 65534, 65534)
    assert cache.get(LayerIndex, digest(1)) is None
    cache.put(digest(2), SAMPLE)
    assert cache.clear() == 0
    assert list((tmp_path / "cache").iterdir()) == [path]
    assert cache.complaints == [f"cache: {tmp_path / 'cache'}: it belongs to another user"] * 3


def test_the_folder_and_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Whatever the mask is; a folder that is wider is narrowed."""
    before = os.umask(0)
    try:
        cache, path = kept(tmp_path / "new" / "cache")
    finally:
        os.umask(before)
    assert [each.stat().st_mode & 0o777 for each in (path.parent, path)] == [0o700, 0o600]
    path.parent.chmod(0o777)
    assert cache.get(LayerIndex, digest(1)) == SAMPLE
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_is_done_through_a_link_in_place_of_the_folder(tmp_path: Path) -> None:
    _, path = kept(tmp_path / "elsewhere")
    (tmp_path / "cache").symlink_to(tmp_path / "elsewhere")
    cache = Cache(tmp_path / "cache", limit=1)
    assert cache.get(LayerIndex, digest(1)) is None
    cache.put(digest(2), SAMPLE)
    assert cache.usage().files == 0
    assert cache.clear() == 0
    assert list((tmp_path / "elsewhere").iterdir()) == [path]
    assert cache.complaints == [f"cache: {tmp_path / 'cache'}: it is a link, which is not followed"] * 4


OTHERS = (
    "notes.txt", "photo.layer", "family.tree", "my.paths", "download.part", ".hidden.part", ".part", ".layer",
    f"sha256-{'1' * 63}.layer", f"sha256-{'1' * 64}.layer.bak", f"Sha256-{'1' * 64}.layer", f"sha256-{'G' * 64}.tree",
    f"sha512-{'1' * 64}.layer", f"sha256-{'1' * 64}.part", ".layerview-.part", ".layerview-0123456789abcdef.part~",
    f"sha256-{'1' * 64}.layer\n",
)  # fmt: skip


def test_nothing_is_removed_that_has_another_name_than_a_cache_gives(tmp_path: Path) -> None:
    """Neither to make room nor to clear; what a killed program left half written is."""
    for name in OTHERS:
        (tmp_path / name).write_bytes(b"mine" * 1_000)
    (tmp_path / ".layerview-0123456789abcdef.part").write_bytes(b"half")
    cache = Cache(tmp_path, limit=1)
    cache.put(digest(1), SAMPLE)
    cache.put(digest(2), SAMPLE)
    cache.clear()
    assert {path.name for path in tmp_path.iterdir()} == set(OTHERS)
    assert cache.complaints == []


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
