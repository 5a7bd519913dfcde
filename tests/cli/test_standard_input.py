"""An archive that is piped in: the same answers as from a file, whatever is in it and however it is packed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from layerview.layers.zstd import zstd
from tests.builders import directory, file, layer, symlink, whiteout
from tests.sources.images import Layout, Saved, docker_archive, for_platform, image, named, simple, tar
from tests.terminal import LAYERVIEW

BUILT = image(
    layer(directory("d"), file("d/a", b"1" * 700), symlink("l", "d")), layer(whiteout("d/a"), file("b")),
    history=[{"created_by": "RUN a"}, {"created_by": "RUN b"}],
)  # fmt: skip
LAYOUT = Layout()
ARCHIVES = {
    "docker": tar(docker_archive(Saved(BUILT, ("demo:1",)))),
    "oci": tar(LAYOUT.of(LAYOUT.image(BUILT, **named("demo:1")))),
}
PACKINGS: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, zstd.compress, bz2.compress, lzma.compress]


def ask(*arguments: str, piped: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*LAYERVIEW, *arguments, "--no-cache"], input=piped, capture_output=True, check=False)


@pytest.mark.parametrize("pack", PACKINGS, ids=["tar", "gzip", "zstd", "bzip2", "xz"])
@pytest.mark.parametrize("kind", ARCHIVES)
def test_is_listed_as_a_file_is(pack: Callable[[bytes], bytes], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(ARCHIVES[kind])
    found = ask("ls", "-", "-r", "--json", piped=pack(ARCHIVES[kind]))
    assert (found.returncode, found.stderr) == (0, b"")
    assert found.stdout == ask("ls", str(path), "-r", "--json", piped=b"").stdout


@pytest.mark.parametrize("image", [("-",), ("docker-archive:-:demo:1",), ("-", "--source", "docker-archive")])
def test_all_commands_take_it_in_every_spelling(image: tuple[str, ...]) -> None:
    archive = ARCHIVES["docker"]
    assert ask("ls", *image, piped=archive).stdout.split()[-3:] == [b"l", "→".encode(), b"d"]
    assert b"RUN b" in ask("history", *image, piped=archive).stdout
    report = ask("report", *image, piped=archive).stdout.decode()
    assert report.startswith("demo:1  linux/amd64  Docker archive from standard input\n")


def test_several_images_are_listed_as_one_would_write_them() -> None:
    """Statement 40."""
    archive = tar(docker_archive(Saved(simple("one"), ("demo:1",)), Saved(simple("two"), ())))
    found = ask("ls", "-", piped=archive)
    assert found.returncode == 2
    assert b"Choose by docker-archive:-:demo:1 or docker-archive:-:@1." in found.stderr
    assert ask("ls", "docker-archive:-:@1", piped=archive).stdout.split()[-1] == b"two"
    assert ask("ls", "docker-archive:-:demo:1", piped=archive).stdout.split()[-1] == b"one"


@pytest.mark.parametrize(
    ("piped", "why"),
    [
        (b"", "Standard input is no image"),
        (b"what is no archive", "Standard input is no image"),
        (ARCHIVES["docker"][:-9_000], "cut off"),
        (gzip.compress(ARCHIVES["docker"])[:-100], "cut off"),
    ],
    ids=["nothing", "text", "cut", "cut gzip"],
)
def test_what_cannot_be_read_is_said(piped: bytes, why: str) -> None:
    for command in ("ls", "report", "history"):
        found = ask(command, "-", piped=piped)
        assert (found.returncode, found.stdout) == (2, b"")
        assert why in found.stderr.decode()
        assert len(found.stderr.splitlines()) == 2


def test_of_several_platforms_the_one_is_taken_that_a_file_s_would_be() -> None:
    """Statement 49."""
    layout = Layout()
    platforms = ("linux/amd64/v3", "linux/amd64", "linux/arm/v6")
    index = layout.index(
        *(layout.image(simple(each.replace("/", "-"), platform=each), **for_platform(each)) for each in platforms)
    )
    archive = tar(layout.of(index))
    for wanted, meant in (("linux/amd64", "linux-amd64"), ("linux/arm/v7", "linux-arm-v6")):
        assert ask("ls", "-", "--platform", wanted, piped=archive).stdout.split()[-1].decode() == meant


def ask_shell(command: str, *words: object) -> subprocess.CompletedProcess[bytes]:
    """What a shell makes of a command in which ``layerview`` is this one."""
    script = f'layerview() {{ {" ".join(LAYERVIEW)} "$@" --no-cache; }}; {command}'
    return subprocess.run(["bash", "-c", script, "bash", *map(str, words)], capture_output=True, check=False)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "command",
    [
        'layerview ls -r --json <(cat "$1")',
        'layerview ls -r --json docker-archive:<(cat "$1"):demo:1',
        'cat "$1" | layerview ls -r --json /dev/stdin',
        'cat "$1" | layerview ls -r --json docker-archive:/dev/stdin:demo:1',
        'layerview ls -r --json /dev/stdin < "$1"',
        'layerview ls -r --json /dev/fd/7 7< "$1"',
    ],
)
def test_pipes_of_a_shell_are_read(pack: Callable[[bytes], bytes], command: str, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(pack(ARCHIVES["docker"]))
    found = ask_shell(command, path)
    assert (found.returncode, found.stderr) == (0, b"")
    assert found.stdout == ask("ls", str(path), "-r", "--json", piped=b"").stdout


def test_two_pipes_are_compared(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(ARCHIVES["docker"])
    (tmp_path / "b").write_bytes(ARCHIVES["oci"])
    found = ask_shell('layerview diff --json <(cat "$1") <(cat "$2")', tmp_path / "a", tmp_path / "b")
    assert found.stderr == b""
    both = ask_shell('cat "$1" | layerview diff /dev/stdin -', tmp_path / "a")
    assert both.returncode == 2 and b"both images are to come from standard input" in both.stderr


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_archive_that_is_cut_off_is_named(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    content = ARCHIVES["docker"].rstrip(b"\0")
    (tmp_path / "trunc").write_bytes(pack(content[:-700]))
    for name in (f"{tmp_path}/trunc", f"docker-archive:{tmp_path}/trunc"):
        found = ask("ls", name, piped=b"")
        assert found.returncode == 2
        assert found.stderr.startswith(f"layerview: {tmp_path}/trunc: The ".encode())
    assert ask("ls", "-", piped=pack(content[:-700])).stderr.startswith(b"layerview: Standard input: The ")
