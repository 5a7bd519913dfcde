"""The engine's files, handed over through a container of an image that means harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from layerview.errors import ServiceError
from layerview.sources.docker.borrowing import Basis, borrowed, fetched
from layerview.sources.docker.endpoint import Endpoint
from layerview.sources.docker.left_behind import owner
from layerview.sources.docker.told import ask
from tests.engines.conftest import containerd_host, docker_host, run
from tests.engines.test_engine_records import without_folders_of_the_engine

_LARGE = 200_000_000


@pytest.fixture(params=[docker_host, containerd_host], ids=["classic", "containerd"])
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One engine and the other, used from here on."""
    host: str = request.param()
    monkeypatch.setenv("DOCKER_HOST", host)
    return host


@contextmanager
def built(context: Path, *lines: str) -> Iterator[str]:
    """An image by a Dockerfile of these lines; its name."""
    name = f"layerview-test/borrowing:{os.getpid()}"
    (context / "Dockerfile").write_text("\n".join(("FROM scratch", "COPY files /", *lines)))
    run("docker", "build", "--tag", name, context)
    try:
        yield name
    finally:
        run("docker", "rmi", "--force", name)


def files(context: Path, **sizes: int) -> None:
    """Files of zeros that an image has; a double underscore is a slash."""
    for name, size in sizes.items():
        path = context / "files" / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.truncate(path, size)


_MEASURED = """
import re, sys
from pathlib import Path
from layerview.cli import main
status = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(status)
"""
"""Runs the program, and says how many kilobytes of memory it took at most."""


def test_a_file_of_the_image_is_not_read_with_the_records(host: str, tmp_path: Path) -> None:
    """It lies where the engine's files could be bound."""
    files(tmp_path, layerview__0=_LARGE)
    with built(tmp_path) as name:
        command = [*without_folders_of_the_engine(), sys.executable, "-c", _MEASURED, "ls", "-r", f"docker:{name}"]
        done = subprocess.run([*command, "--records", "--no-cache"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "layerview/0" in done.stdout, done.stderr
    assert int(done.stderr) * 1024 < _LARGE


def basis(image: str, *volumes: str) -> Basis:
    return Basis(owner(), image, volumes)


def test_what_was_not_asked_for_is_passed_over(tmp_path: Path) -> None:
    docker_host()
    files(tmp_path, small=10)
    lent = tmp_path / "lent"
    files(lent, wanted=100, other=_LARGE)
    with (
        built(tmp_path) as name,
        Endpoint.current().client() as client,
        borrowed(client, basis(name), [str(lent / "files"), "/etc/hostname"]) as loan,
    ):
        tracemalloc.start()
        try:
            found = fetched(client, loan, ["1/wanted", "2"], 2 * _LARGE)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert found == {"1/wanted": bytes(100), "2": Path("/etc/hostname").read_bytes()}
        assert most < _LARGE // 10
        with pytest.raises(ServiceError, match="more than its files can be"):
            fetched(client, loan, ["1/wanted", "2"], _LARGE // 2)


@pytest.mark.parametrize("volumes", [["/data"], ["/data/", "/data"], ["/x/../data", "/link/below", "/data/sub"]])
def test_no_volume_is_made(host: str, tmp_path: Path, volumes: list[str]) -> None:
    files(tmp_path, data__sub__file=1000, x__file=10)
    (tmp_path / "files/link").symlink_to("/data")
    (tmp_path / "read").write_text("read")
    with built(tmp_path, f"VOLUME {json.dumps(volumes)}") as name, Endpoint.current().client() as client:
        told = ask(Endpoint.current(), name, None)
        assert sorted(told.volumes) == sorted(volumes)
        with borrowed(client, basis(name, *told.volumes), ["/etc/hostname"]) as loan:
            mounts = json.loads(run("docker", "container", "inspect", loan.id))[0]["Mounts"]
            assert {mount["Type"] for mount in mounts} == {"bind", "tmpfs"}
            assert fetched(client, loan, ["1"], 10_000)["1"]


@pytest.mark.parametrize("volume", ["data", ".", "/"])
def test_where_one_would_be_made_no_container_is(host: str, tmp_path: Path, volume: str) -> None:
    files(tmp_path, data__file=1000)
    with built(tmp_path, f'VOLUME ["{volume}"]') as name, Endpoint.current().client() as client:
        volumes = ask(Endpoint.current(), name, None).volumes
        with (
            pytest.raises(ServiceError, match=r"has a volume at "),
            borrowed(client, basis(name, *volumes), ["/etc/hostname"]),
        ):
            pass
        command = [*without_folders_of_the_engine(), sys.executable, "-m", "layerview", "ls", f"docker:{name}"]
        done = subprocess.run([*command, "--records", "--no-cache"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (3, "") and "has a volume at " in done.stderr


def test_the_place_is_another_each_time(tmp_path: Path) -> None:
    docker_host()
    files(tmp_path, small=10)
    with built(tmp_path) as name, Endpoint.current().client() as client:
        places = set()
        for _ in range(2):
            with borrowed(client, basis(name), ["/etc/hostname"]) as loan:
                places.add(loan.place)
                with client.answer(f"/containers/{loan.id}/archive", {"path": loan.place}) as response:
                    (tmp_path / "tar").write_bytes(response.content)
                with tarfile.open(tmp_path / "tar") as archive:
                    assert archive.getnames()[0] == loan.place[1:]
    assert len(places) == 2
