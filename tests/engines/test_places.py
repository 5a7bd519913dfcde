"""One image of a dozen layers in each other place, in each form that it can have there: the same of all of them.

Podman, containerd and containers have tests of their own. ``docs/sources.md`` lists all.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import Told, listing, told
from tests.engines.conftest import lack, require, run
from tests.engines.dozen import NAME
from tests.terminal import LAYERVIEW, Terminal


@pytest.fixture(scope="module", params=["classic store", "containerd's store"])
def engine(request: pytest.FixtureRequest, dozen: Path) -> Iterator[str]:
    """The address of an engine that has the image; empty for the usual one."""
    require("docker")
    host = "" if request.param == "classic store" else os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST")
    if host is None:
        lack("an engine with containerd's image store, which LAYERVIEW_TEST_CONTAINERD_HOST names")
    docker = ("docker", *(("--host", host) if host else ()))
    run(*docker, "load", "--quiet", "--input", dozen)
    yield host
    run(*docker, "rmi", "--force", NAME)


@pytest.mark.parametrize("options", [(), ("--records",), ("--export",)], ids=["", "records", "export"])
def test_docker_engine(
    engine: str, options: tuple[str, ...], expected_of_dozen: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine:
        monkeypatch.setenv("DOCKER_HOST", engine)
    assert told(NAME, *options) == told(f"docker:{NAME}", *options) == expected_of_dozen


@pytest.mark.parametrize("pack", ["cat", "gzip", "zstd --quiet --stdout", "xz -0", "bzip2"])
def test_docker_save_through_a_pipe(engine: str, pack: str, expected_of_dozen: Told) -> None:
    """Nothing of it is written to disk: there is no place where it could be."""
    host = f"--host {engine}" if engine else ""
    line = f"docker {host} save {NAME} | {pack} | {shlex.join(LAYERVIEW)} ls - -r --json --no-cache"
    environment = {**os.environ, "TMPDIR": "/nowhere"}
    done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == expected_of_dozen[0]


def test_docker_save_into_the_screen(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens, answers keys, and leaves the terminal as it was."""
    monkeypatch.chdir(tmp_path)
    host = f"--host {engine}" if engine else ""
    program = Terminal(
        "sh", "-c", f"docker {host} save {NAME} | {shlex.join(LAYERVIEW)} -; echo ended with $?; exec cat",
        controlling=True,
    )  # fmt: skip
    try:
        program.shows("efficiency")
        program.shows("▸ bin")
        program.press(b"\x1b[B")
        program.shows("Files at layer 2")
        program.press(b"q")
        program.shows("ended with 0")
        program.assert_as_found()
    finally:
        program.close()


@pytest.mark.parametrize(
    ("kind", "compression"),
    [
        ("docker-archive", ""),
        *((kind, compression) for kind in ("oci", "oci-archive") for compression in ("gzip", "zstd")),
        *(("dir", compression) for compression in ("", "gzip")),
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


@pytest.mark.parametrize("engine", ["classic store"], indirect=True)
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
