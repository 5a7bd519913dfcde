"""One image of a dozen layers in each other place, in each form that it can have there: the same of all of them.

Podman, containerd and containers have tests of their own. ``docs/sources.md`` lists all.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerview.errors import AmbiguousError
from layerview.sources import alternatives_of, open_source
from tests.commands import Told, figures_in, listing, told
from tests.engines.conftest import lack, require, run
from tests.engines.dozen import NAME
from tests.engines.table import BEGIN, DOCUMENT, END
from tests.sources.images import Saved, docker_archive, folder, read, simple, tar
from tests.terminal import LAYERVIEW, Terminal

CLASSIC, CONTAINERD = "classic store", "containerd's store"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(CLASSIC, marks=pytest.mark.form("classic store")),
        pytest.param(CONTAINERD, marks=pytest.mark.form("containerd's store")),
    ],
)
def engine(request: pytest.FixtureRequest, dozen: Path) -> Iterator[str]:
    """The address of an engine that has the image; empty for the usual one."""
    require("docker")
    host = "" if request.param == CLASSIC else os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST")
    if host is None:
        lack("an engine with containerd's image store, which LAYERVIEW_TEST_CONTAINERD_HOST names")
    docker = ("docker", *(("--host", host) if host else ()))
    run(*docker, "load", "--quiet", "--input", dozen)
    yield host
    run(*docker, "rmi", "--force", NAME)


@pytest.mark.same(place="Docker Engine")
@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="", marks=pytest.mark.same(written="`NAME`, `docker:NAME`", read="its store, in place")),
        pytest.param(
            ("--records",),
            id="records",
            marks=pytest.mark.same(
                written="`docker:NAME --records`", read="its store, as it hands it over across a network"
            ),
        ),
        pytest.param(
            ("--export",), id="export", marks=pytest.mark.same(written="`docker:NAME --export`", read="an export")
        ),
    ],
)
def test_docker_engine(
    engine: str, options: tuple[str, ...], expected_of_dozen: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine:
        monkeypatch.setenv("DOCKER_HOST", engine)
    assert told(NAME, *options) == told(f"docker:{NAME}", *options) == expected_of_dozen


PACKED = [
    pytest.param(program, marks=pytest.mark.form(f"compressed by {program.partition(' ')[0]}"))
    for program in ("gzip", "zstd --quiet --stdout", "xz -0", "bzip2")
]


@pytest.mark.same(place="standard input", written=r"`docker save NAME \| layerview -`", read="one pass, as it comes")
@pytest.mark.parametrize("pack", [pytest.param("cat", marks=pytest.mark.form("as it is")), *PACKED])
def test_docker_save_through_a_pipe(engine: str, pack: str, expected_of_dozen: Told) -> None:
    """Nothing of it is written to disk: there is no place where it could be."""
    host = f"--host {engine}" if engine else ""
    line = f"docker {host} save {NAME} | {pack} | {shlex.join(LAYERVIEW)}"
    environment = {**os.environ, "TMPDIR": "/nowhere"}

    def said(command: str) -> str:
        words = ["sh", "-c", f"{line} {command} --no-cache"]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.stdout

    assert (said("ls - -r --json").splitlines(), figures_in(said("report - -o json"))) == expected_of_dozen


def test_docker_save_into_the_screen(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens, answers keys, and leaves the terminal as it was."""
    monkeypatch.chdir(tmp_path)
    host = f"--host {engine}" if engine else ""
    with Terminal.in_shell(f"docker {host} save {NAME} | {shlex.join(LAYERVIEW)} -") as program:
        program.shows("efficiency")
        program.shows("▸ bin")
        program.press(b"\x1b[B")
        program.shows("Files at layer 2")
        program.press(b"q")
        program.shows("ended with 0")
        program.assert_as_found()


@pytest.fixture
def other(engine: str, tmp_path: Path) -> Iterator[str]:
    """Another image in the same engine."""
    name = f"{NAME}-other"
    (tmp_path / "other.tar").write_bytes(tar(docker_archive(Saved(simple("other-file"), (name,)))))
    docker = ("docker", *(("--host", engine) if engine else ()))
    run(*docker, "load", "--quiet", "--input", tmp_path / "other.tar")
    yield name
    run(*docker, "rmi", "--force", name)


def test_docker_save_of_two_images_into_the_screen(
    engine: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is chosen when all have come, and then the other, which comes from no pipe any more."""
    monkeypatch.chdir(tmp_path)
    host = f"--host {engine}" if engine else ""
    line = f"docker {host} save {NAME} {other} | {shlex.join(LAYERVIEW)} -"
    with Terminal.in_shell(line) as program:
        program.shows("Images · 2")
        program.until(lambda: program.screen.count(NAME) == 2)
        other_is_first = program.screen.index(other) == program.screen.index(NAME)
        program.press(b"g\r" if other_is_first else b"G\r")
        program.shows("other-file")
        program.press(b"pG\r" if other_is_first else b"pg\r")
        program.shows("▸ bin")
        program.press(b"q")
        program.shows("ended with 0")
        program.assert_as_found()


def test_tags_that_skopeo_puts_into_one_layout(dozen: Path, expected_of_dozen: Told, tmp_path: Path) -> None:
    """Each is offered once with all its tags, and opens."""
    require("skopeo")
    (tmp_path / "other.tar").write_bytes(tar(docker_archive(Saved(simple("other-file"), ("other:1",)))))
    for archive, tag in ((dozen, "v1"), (tmp_path / "other.tar", "v2"), (dozen, "latest")):
        run("skopeo", "--insecure-policy", "copy", "--quiet", f"docker-archive:{archive}", f"oci:{tmp_path}/all:{tag}")
    source = open_source(str(tmp_path / "all"))
    with pytest.raises(AmbiguousError):
        source.describe()
    found = {each.names: each for each in alternatives_of(source)}
    assert found.keys() == {("v1", "latest"), ("v2",)}
    assert read(found["v2",].open()).paths == {1: ["other-file"]}
    assert told(f"oci:{tmp_path}/all:v1") == told(f"oci:{tmp_path}/all:latest") == expected_of_dozen


FORMS = {
    "docker-archive": ("Docker archive", "`FILE`, `docker-archive:FILE`"),
    "oci": ("OCI layout", "`FOLDER`, `oci:FOLDER`"),
    "oci-archive": ("OCI archive", "`FILE`, `oci-archive:FILE`"),
    "dir": ("folder by skopeo", "`FOLDER`, `dir:FOLDER`"),
}


def form(kind: str, compression: str) -> Any:
    """Of what skopeo writes."""
    place, written = FORMS[kind]
    layers, read = (f"layers by {compression}", "layers whole") if compression else ("plain layers", "headers in place")
    return pytest.param(kind, compression, marks=pytest.mark.same(place=place, form=layers, written=written, read=read))


@pytest.mark.same(place="Docker archive", written="`FILE`", read="one pass")
@pytest.mark.parametrize("pack", PACKED)
def test_an_archive_that_is_compressed_as_a_whole(
    pack: str, dozen: Path, expected_of_dozen: Told, tmp_path: Path
) -> None:
    with dozen.open("rb") as archive, (tmp_path / "packed").open("wb") as packed:
        subprocess.run(pack.split(), stdin=archive, stdout=packed, check=True)
    assert told(str(tmp_path / "packed")) == expected_of_dozen


@pytest.mark.parametrize(
    ("kind", "compression"),
    [
        form("docker-archive", ""),
        *(form(kind, compression) for kind in ("oci", "oci-archive") for compression in ("gzip", "zstd")),
        *(form("dir", compression) for compression in ("", "gzip")),
    ],
)
def test_skopeo(kind: str, compression: str, dozen: Path, expected_of_dozen: Told, tmp_path: Path) -> None:
    require("skopeo")
    target = f"{kind}:{tmp_path / 'copy'}" + (
        f":{NAME}" if kind == "docker-archive" else ":v1" if kind != "dir" else ""
    )
    packing = ("--dest-compress", "--dest-compress-format", compression) if compression else ()
    copy = ("skopeo", "--insecure-policy", "copy", "--quiet", *packing)
    run(*copy, f"docker-archive:{dozen}", target)
    assert told(str(tmp_path / "copy")) == told(f"{kind}:{tmp_path / 'copy'}") == expected_of_dozen


@pytest.mark.parametrize("engine", [CLASSIC], indirect=True)
@pytest.mark.usefixtures("engine")
def test_docker_export(expected_of_dozen: Told, tmp_path: Path) -> None:
    """A root filesystem has the image's files, and what the engine puts into every container."""
    container = run("docker", "create", NAME).decode().strip()
    try:
        (tmp_path / "root.tar").write_bytes(run("docker", "export", container))
    finally:
        run("docker", "rm", container)

    def files(lines: list[str]) -> list[dict[str, object]]:
        entries = [{**each, "layer": 0, "mtime": int(each["mtime"])} for each in map(json.loads, lines)]
        theirs = ("dev/", "etc/", ".dockerenv")
        return [each for each in entries if each["type"] != "directory" and not each["path"].startswith(theirs)]

    assert files(listing(str(tmp_path / "root.tar"))) == files(expected_of_dozen[0])


def test_the_table_in_the_documentation_is_what_these_tests_make_it() -> None:
    """``make sources`` writes it."""
    made = subprocess.run([sys.executable, "-m", "tests.engines.table", "--print"], capture_output=True, check=True)
    assert f"{BEGIN}\n{made.stdout.decode()}\n{END}" in DOCUMENT.read_text()


def test_image_that_is_called_as_a_program_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where ``go build -o app . && docker build -t app .`` has run."""
    require("docker")
    name = f"layerview-test-app-{os.getpid()}"
    saved = tmp_path / "saved.tar"
    saved.write_bytes(tar(docker_archive(Saved(simple("a"), (f"{name}:latest",)))))
    run("docker", "load", "--quiet", "--input", saved)
    try:
        monkeypatch.chdir(tmp_path)
        (tmp_path / name).write_bytes(b"\x7fELF" + bytes(1000))
        assert told(name) == told(f"docker:{name}")
        (tmp_path / name).unlink()
        folder(tmp_path / name, {"manifest.json": b'{"name": "My page"}'})
        assert told(name) == told(f"docker:{name}")
    finally:
        run("docker", "rmi", "--force", name)
