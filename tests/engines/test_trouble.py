"""Engines that break off, stop, or take their time: one clear line, whatever was read, and nothing that hangs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.engines.conftest import docker_host, require, run
from tests.engines.relay import relayed
from tests.waiting import PATIENCE, until

_LAYER = 3_000_000
"""Bytes of each layer but the first."""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of an image of three layers of random bytes, the first one small."""
    require("docker")
    context = tmp_path_factory.mktemp("context")
    for name, size in (("a", 1000), ("b", _LAYER), ("c", _LAYER)):
        (context / name).write_bytes(os.urandom(size))
    (context / "Dockerfile").write_text("FROM scratch\nCOPY a /\nCOPY b /\nCOPY c /\n")
    image = f"layerview-test/trouble:{os.getpid()}"
    run("docker", "build", "--tag", image, context)
    archive = context / "saved.tar"
    run("docker", "save", "--output", archive, image)
    run("docker", "rmi", "--force", image)
    return archive


@pytest.fixture(scope="module")
def name(saved: Path) -> Iterator[str]:
    """The image in the engine that all tests use."""
    image = run("docker", "load", "--input", saved).decode().split()[-1]
    yield image
    run("docker", "rmi", "--force", image)


def listed(host: str, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "layerview", "ls", f"docker:{name}", "--no-cache", *options]
    environment = {**os.environ, "DOCKER_HOST": host}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_a_slow_engine_tells_the_same(name: str) -> None:
    with relayed(delay=0.05) as host:
        slow = listed(host, name, "--records", "--json")
    assert slow.returncode == 0 and slow.stdout == listed(docker_host(), name, "--json").stdout
    assert len(slow.stdout.splitlines()) == 3


@pytest.mark.parametrize("way", ["--export", "--records"])
def test_half_an_answer_is_said(name: str, way: str) -> None:
    """Half of what is said of the image."""
    with relayed(at_bytes=600) as host:
        done = listed(host, name, way)
    assert (done.returncode, done.stdout) == (3, "")
    first, *rest = done.stderr.splitlines()
    assert first.startswith("layerview: The Docker Engine at tcp://") and first.endswith(" broke off in the middle")
    assert len(rest) <= 1


@pytest.mark.parametrize("local", [False, True], ids=["across a network", "local"])
def test_an_export_that_breaks_off_is_listed_as_far_as_it_came(name: str, local: bool, tmp_path: Path) -> None:
    with relayed(at_bytes=_LAYER + _LAYER // 2, local=tmp_path if local else None) as host:
        done = listed(host, name, "--export", "-r")
    assert done.returncode == 3
    found = [line.split()[-1] for line in done.stdout.splitlines()]
    missing = [line for line in done.stderr.splitlines() if line.startswith("layerview: without layer")]
    assert 1 <= len(missing) <= 2 and len(found) + len(missing) == 4
    assert set(found) <= {".", "a", "b", "c"} and "broke off" in missing[0]
    assert "Traceback" not in done.stderr


def _answers(socket: str) -> bool:
    version = ["docker", "--host", f"unix://{socket}", "version"]
    return subprocess.run(version, capture_output=True, check=False).returncode == 0


@contextmanager
def _engine_of_its_own(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """An engine that may be killed: its socket, and its process."""
    socket = f"{folder}/engine.sock"
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/run", f"--pidfile={folder}/pid"]
    network = ["--bridge=none", "--iptables=false", "--ip6tables=false"]
    mounts = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    with (folder / "log").open("wb") as log:
        command = [*mounts, "dockerd", f"--host=unix://{socket}", *places, *network]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until(lambda: _answers(socket), (folder / "log").read_text)
            yield socket, process
        finally:
            process.kill()
            process.wait()


def test_an_engine_that_is_killed_in_the_middle_is_said(saved: Path) -> None:
    require("docker", "unshare")
    # Sockets have no room for the long paths of pytest's own folders.
    with (
        TemporaryDirectory(prefix="layerview-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        _engine_of_its_own(Path(folder)) as (socket, engine),
    ):
        image = run("docker", "--host", f"unix://{socket}", "load", "--input", saved).decode().split()[-1]
        with relayed(socket, at_bytes=_LAYER // 2, then=engine.kill) as host:
            done = listed(host, image, "--export")
        assert done.returncode == 3
        assert "without layer" in done.stderr or "The Docker Engine" in done.stderr
        assert "Traceback" not in done.stderr
        until(lambda: not _answers(socket))
        gone = listed(f"unix://{socket}", image)
        assert (gone.returncode, gone.stdout) == (3, "")
        assert gone.stderr.startswith("layerview: No Docker Engine is running")
