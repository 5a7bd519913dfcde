"""Input that nobody in their right mind would hand over: read as far as it can be, and named where it cannot."""

from __future__ import annotations

import gzip
import json
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.errors import LayerviewError
from layerview.layers.zstd import zstd
from layerview.sources import Reading, open_source
from tests.archives import docker_archive
from tests.builders import directory, file, hardlink, layer, opaque, symlink, whiteout
from tests.hostile import ask, header, pax, run
from tests.sources import images as parts
from tests.sources.images import Layout, Saved
from tests.unprivileged import Program, only_root

Output = pytest.CaptureFixture[str]

CONTENT = layer(
    directory("etc"), file("etc/passwd", b"p" * 3_000), symlink("bin", "usr/bin"), hardlink("b", "etc/passwd")
)
NOISE = random.Random(1).randbytes(1 << 16)
IMAGE = parts.image(CONTENT, layer(whiteout("b"), file("new", b"n")))


def kinds() -> dict[str, bytes]:
    """One image in every kind of archive."""
    docker = parts.tar(parts.docker_archive(Saved(IMAGE)))
    layout, packed = Layout(), Layout()
    oci = parts.tar(layout.of(layout.image(IMAGE)))
    blobs = [gzip.compress(IMAGE.blobs[0]), zstd.compress(IMAGE.blobs[1])]
    compressed = parts.tar(packed.of(packed.image(parts.image(*IMAGE.blobs, blobs=blobs))))
    return {"docker": docker, "oci": oci, "packed": compressed, "gz": gzip.compress(docker), "zst": zstd.compress(oci)}


@pytest.mark.parametrize("kind", kinds())
def test_cut_off_anywhere_it_says_so_or_lists_all(kind: str, tmp_path: Path, capsys: Output) -> None:
    whole, path = kinds()[kind], tmp_path / "image"
    path.write_bytes(whole)
    listed = ask(capsys, "ls", path, "-r").paths
    assert listed == [".", "bin → usr/bin", "etc", "etc/passwd", "new"]
    step = max(len(whole) // 40, 1)
    for end in sorted({*range(0, len(whole), step), 1, 511, 512, 513, len(whole) - 1}):
        path.write_bytes(whole[:end])
        answer = ask(capsys, "ls", path, "-r")
        assert answer.status == 2 or answer.paths == listed


@pytest.mark.parametrize(
    ("tar", "why"),
    [
        (header(b"a", b"77777777777\0"), "cut off"),
        (header(b"a", b"-0000000001\0"), "claims -1 bytes"),
        (header(b"a", b"\xff" * 12), "claims -1 bytes"),
        (header(b"a", b"\x80" + b"\xff" * 11), "beyond 64 bits"),
        (header(b"a", b"nonsense"), "malformed number"),
        (pax((b"size", b"9" * 30)) + header(b"a"), "malformed number"),
        (pax((b"size", b"-5")) + header(b"a"), "claims -5 bytes"),
        (pax((b"GNU.sparse.size", b"9" * 18), (b"GNU.sparse.map", b"")) + header(b"a"), "claim to hold more"),
        (header(b"x", b"77777777777\0", b"x"), "claims 8589934591 bytes"),
        (header(b"x", b"77777777777\0", b"L"), "claims 8589934591 bytes"),
        (header(b"a", b"0" * 22 + b"7\0", b"5"), "checksum"),
        (NOISE, "This is no tar"),
        (gzip.compress(NOISE), "This is no tar"),
        (zstd.compress(NOISE)[:-9], "no tar"),
        (gzip.compress(b"x" * 100)[:-4], "corrupt"),
        (b"\x1f\x8b\x08" + bytes(600), "corrupt"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 600, "corrupt"),
        (b'{"layers": "none"}' + bytes(600), "This is no tar"),
    ],
    ids=map(str, range(99)),
)
def test_a_layer_that_lies_is_named_and_the_other_is_listed(
    tar: bytes, why: str, tmp_path: Path, capsys: Output
) -> None:
    answer = ask(capsys, "ls", docker_archive(tmp_path / "image.tar", layer(file("good")), tar + bytes(1024)))
    assert (answer.status, answer.paths) == (2, ["good"])
    assert "layer 2" in answer.err
    assert why in answer.err


def test_a_number_that_runs_over_its_field_is_not_taken_for_two(tmp_path: Path, capsys: Output) -> None:
    """What follows the size in its field, and the time, would read as one number of 21 digits: beyond 64 bits."""
    block = header(b"a", b"0\x00" + b"7" * 10)
    block = block[:136] + b"7" * 11 + b"\x00" + b" " * 8 + block[156:]
    tar = block[:148] + b"%06o\0 " % sum(block) + block[156:]
    answer = ask(capsys, "ls", docker_archive(tmp_path / "image.tar", tar + bytes(1024)), "--json")
    (row,) = map(json.loads, answer.out.splitlines())
    assert (answer.status, row["path"], row["size"], row["mtime"]) == (0, "a", 0, 0o77777777777)


def test_links_in_circles_and_out_of_the_root_lead_nowhere(tmp_path: Path, capsys: Output) -> None:
    entries = [
        symlink("a", "b"),
        symlink("b", "a"),
        symlink("c", "d"),
        symlink("d", "c"),
        symlink("self", "self"),
        symlink("out", "../../../etc"),
    ]
    entries += [file("a/x"), file("self/y"), file("out/z"), hardlink("h", "h"), hardlink("i", "j"), hardlink("j", "i")]
    archive = docker_archive(tmp_path / "image.tar", layer(*entries))
    answer = ask(capsys, "ls", archive, "-r")
    assert answer.status == 0
    assert "etc/z" in answer.paths
    assert ask(capsys, "ls", archive, "c/").status == 2
    assert "lead in a circle" in ask(capsys, "ls", archive, "--verbose").err


def test_names_lead_no_higher_than_the_root(tmp_path: Path, capsys: Output) -> None:
    tar = layer(file("../../up"), file("/absolute"), file("a/../../../b"), hardlink("c", "../../../up"))
    answer = ask(capsys, "ls", docker_archive(tmp_path / "image.tar", tar), "--verbose")
    assert answer.status == 0
    assert answer.paths == ["absolute", "b", "c = up", "up"] or answer.paths == ["absolute", "b", "c", "up = c"]
    assert "leads above the root" in answer.err


def test_the_root_cannot_be_removed(tmp_path: Path, capsys: Output) -> None:
    marks = [file(name) for name in (".wh.", ".wh..", ".wh...", "a/.wh..", "/.wh.", ".wh./", "./.wh..wh..opq")]
    archive = docker_archive(tmp_path / "image.tar", layer(file("a/b")), layer(*marks, symlink(".", "x"), file("new")))
    assert ask(capsys, "ls", archive, "-r").paths == [".", "new"]
    assert ask(capsys, "ls", archive, "-r", "--layer", "1").paths == [".", "a", "a/b"]


def test_a_thousand_folders_in_each_other_are_listed(tmp_path: Path, capsys: Output) -> None:
    path = "/".join(["d"] * 1_000)
    archive = docker_archive(tmp_path / "image.tar", layer(file(f"{path}/f", b"x")), layer(opaque(path)))
    assert ask(capsys, "ls", archive, path, "--layer", "1").paths == [f"{path}/f"]
    assert ask(capsys, "report", archive).status == 0


def test_paths_of_half_a_million_names_are_refused_in_little_memory(tmp_path: Path) -> None:
    deep = [pax((b"path", b"%d/" % number + b"a/" * 500_000 + b"f")) + header(b"f") for number in range(20)]
    wide = [pax((b"path", b"%d/" % number + b"b" * 250 + b"/c" * 2_000)) + header(b"f") for number in range(200)]
    archive = docker_archive(
        tmp_path / "image.tar", layer(file("good")), b"".join(deep) + bytes(1024), b"".join(wide) + bytes(1024)
    )
    answer = run("ls", archive)
    assert (answer.status, answer.paths) == (2, ["good"])
    assert "a path of more than 2,048 names" in answer.err
    assert "bytes of folders' paths" in answer.err
    assert answer.memory < 900_000_000


@pytest.mark.slow
def test_a_million_entries_in_one_folder_are_counted(tmp_path: Path) -> None:
    start, zeros = header(b"d/f0000000"), sum(b"0000000")
    base = sum(start[:148]) + 8 * 32 + sum(start[156:]) - zeros
    names = (b"%07d" % number for number in range(1_000_000))
    tar = b"".join(
        b"d/f%b%b%06o\0 %b" % (name, start[10:148], base + sum(name), start[156:]) for name in names
    )  # fmt: skip
    archive = docker_archive(tmp_path / "image.tar", tar + bytes(1024), layer(whiteout("d")))
    answer = run("report", archive, memory=8 << 30)
    assert answer.status == 0
    assert "1,000,001" in answer.out
    assert answer.memory < 1_500_000_000


@pytest.mark.slow
@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_bomb_is_stopped_at_a_limit_that_can_be_raised(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    zeros = compress(bytes(1 << 26))
    start = compress(header(b"bomb", b"%011o\0" % (40 << 26)))
    blobs = [start + zeros * 40 + compress(bytes(1024))]
    layout = Layout()
    tar = header(b"bomb", b"%011o\0" % (40 << 26))
    built = parts.image(layer(file("good")), tar, blobs=[layer(file("good")), *blobs])
    path = tmp_path / "image.tar"
    path.write_bytes(parts.tar(layout.of(layout.image(built))))
    answer = run("ls", path, "--max-size", "1GB")
    assert (answer.status, answer.paths) == (2, ["good"])
    assert "unpacks to more than 1,000,000,000 bytes" in answer.err
    assert "--max-size" in answer.err
    raised = run("ls", path, "--max-size", "3GB")
    assert "is not what its digest says" in raised.err
    assert answer.memory < 900_000_000


@pytest.mark.slow
def test_an_archive_that_is_a_bomb_as_a_whole_is_stopped_too(tmp_path: Path) -> None:
    path = tmp_path / "image.tar.gz"
    member = header(b"layer.tar", b"%011o\0" % (40 << 26))
    path.write_bytes(gzip.compress(member) + gzip.compress(bytes(1 << 26)) * 40)
    answer = run("report", path, "--max-size", "500MB")
    assert answer.status == 2
    assert "unpacks to more than 500,000,000 bytes" in answer.err


DEEP = b"[" * 1_000_000
HUGE = b'[{"Config":"c","Layers":["' + b"x" * 9_000_000 + b'"]}]'
JSON = [
    b"", b"{", b"null", b"[]", b"{}", b"[null]", b"[[]]", b"[1]", b'"a"', b"1e999", b"9" * 5_000, b"\xff\xfe",
    b"[{}]", b'[{"Config": null, "Layers": null}]', b'[{"Config": 1, "Layers": {}}]', b'[{"Config": "manifest.json"}]',
    b'[{"Config": "c", "Layers": "abc"}]', b'[{"Config": "../../../etc/passwd", "Layers": []}]',
    b'[{"Config": "c\\u0000", "Layers": ["\\ud800"]}]', b'[{"Config": "manifest.json", "Layers": ["manifest.json"]}]',
    b'[{"Config": "c", "RepoTags": ["\\u001b[31m"], "Layers": ["' + b"a/" * 100_000 + b'"]}]', DEEP, HUGE,
]  # fmt: skip


@pytest.mark.parametrize("content", JSON, ids=range(len(JSON)))
@pytest.mark.parametrize("name", ["manifest.json", "c", "index.json", "repositories"])
def test_json_of_any_kind_is_answered(name: str, content: bytes, tmp_path: Path, capsys: Output) -> None:
    members: parts.Members = {"c": b"{}", "manifest.json": b'[{"Config": "c", "Layers": []}]'}
    if name in ("index.json", "repositories"):
        del members["manifest.json"]
    path = tmp_path / "image.tar"
    path.write_bytes(parts.tar({**members, name: content}))
    ask(capsys, "history", path)
    ask(capsys, "ls", path)
    unpacked = parts.folder(tmp_path / "folder", {**members, name: content})
    ask(capsys, "ls", f"oci:{unpacked}")


def test_manifests_that_lead_to_themselves_come_to_an_end(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "image.tar"
    ids = ["a" * 64, "b" * 64]
    circle: parts.Members = {"repositories": json.dumps({"r": {"t": ids[0]}}).encode()}
    for id, parent in zip(ids, reversed(ids), strict=True):
        circle |= {f"{id}/json": json.dumps({"id": id, "parent": parent}).encode(), f"{id}/layer.tar": CONTENT}
    path.write_bytes(parts.tar(circle))
    answer = ask(capsys, "ls", path)
    assert (answer.status, "circle" in answer.err) == (2, True)
    link: parts.Members = {"manifest.json": parts.Link("manifest.json"), "index.json": parts.Link("./index.json")}
    path.write_bytes(parts.tar(link))
    assert ask(capsys, "ls", path).status == 2


def test_many_names_for_one_blob_do_not_take_for_ever(tmp_path: Path) -> None:
    layout = Layout()
    history = [{"created_by": "x" * 3_000_000}]
    descriptor = layout.image(parts.image(layer(file("a")), history=history))
    path = tmp_path / "image.tar"
    path.write_bytes(parts.tar(layout.of(*({**descriptor, **parts.named(f"n:{number}")} for number in range(9_000)))))
    assert run("ls", path, seconds=30).status == 2


def test_a_layer_listed_twice_is_two_layers(tmp_path: Path, capsys: Output) -> None:
    archive = docker_archive(tmp_path / "image.tar", CONTENT, CONTENT)
    assert ask(capsys, "ls", archive, "--changes", "2", "-r").paths == []
    assert "2" in ask(capsys, "history", archive).out


@pytest.mark.slow
def test_a_thousand_layers_are_stacked_and_ten_thousand_refused(tmp_path: Path) -> None:
    answer = run("ls", docker_archive(tmp_path / "many.tar", *[CONTENT] * 1_000), "-r", "--layer", "1000")
    assert answer.paths == [".", "b", "bin → usr/bin", "etc", "etc/passwd = b"]
    answer = run("ls", docker_archive(tmp_path / "more.tar", *[CONTENT] * 10_000))
    assert answer.status == 2
    assert "10,000 layers" in answer.err


def test_what_is_no_file_is_named(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    places = [tmp_path / name for name in ("empty", "folder/", "loop", "absent", "n" * 300)]
    for place in (*places, "/dev/null", "/dev/zero", "/proc/self/mem", "/", "."):
        assert ask(capsys, "ls", f"docker-archive:{place}").status == 2
        assert ask(capsys, "ls", f"oci:{place}").status == 2
    for place in ("/dev/zero", "/proc/self/mem", f"{tmp_path}/empty"):
        assert ask(capsys, "report", place).status == 2


def test_a_pipe_that_is_closed_before_anything_came_is_no_image(tmp_path: Path, capsys: Output) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for reference in (f"docker-archive:{pipe}", f"oci:{pipe}", str(pipe)):
        writer = threading.Thread(target=lambda: pipe.open("wb").close())
        writer.start()
        assert ask(capsys, "ls", reference).status == 2
        writer.join()


@only_root
def test_a_file_that_may_not_be_read_is_named(program: Program) -> None:
    with TemporaryDirectory(dir="/tmp") as folder:
        archive = docker_archive(Path(folder) / "image.tar", CONTENT)
        Path(folder).chmod(0o755)
        assert program.run("ls", archive).returncode == 0
        archive.chmod(0)
        done = program.run("ls", archive)
    assert done.returncode == 2
    assert "cannot be read: Permission denied" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("compressed", [False, True])
def test_an_archive_that_changes_meanwhile_is_no_crash(compressed: bool, tmp_path: Path) -> None:
    """Cut off, written anew, cut off again, as fast as it goes; what comes out is right, or it is said."""
    archive = docker_archive(tmp_path / "whole.tar", layer(*(file(f"f{n:04}", b"x" * 2_000) for n in range(3_000))))
    whole = gzip.compress(archive.read_bytes(), 1) if compressed else archive.read_bytes()
    path = tmp_path / "image.tar"
    path.write_bytes(whole)
    over = threading.Event()

    def disturb() -> None:
        with path.open("r+b") as writer:
            while not over.is_set():
                writer.truncate(len(whole) // 2)
                time.sleep(0.002)
                writer.seek(0)
                writer.write(whole)
                writer.flush()
                time.sleep(0.05)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(4):
            answer = run("ls", path)
            assert answer.status == 2 or len(answer.paths) == 3_000
    finally:
        over.set()
        thread.join()


def test_an_archive_that_was_written_to_is_named(tmp_path: Path, capsys: Output) -> None:
    path = docker_archive(tmp_path / "image.tar", CONTENT)
    source = open_source(str(path))
    source.describe()
    jobs = source.jobs()
    os.utime(path, (1, 1))
    ((_, found),) = (found for job in jobs for found in job.run(Reading(lambda *_: None)) if isinstance(found, tuple))
    assert isinstance(found, LayerviewError)
    assert "changed while it was read" in found.message
