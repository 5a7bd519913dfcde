"""Images of an engine with containerd's image store: the same as what it exports, and no container left behind.

The engine is the one that LAYERVIEW_TEST_CONTAINERD_HOST names, else one that is started here, if a new enough one is
installed. This is the one requirement that may be missing everywhere: the engines of some distributions are too old.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from layerview.exploration import Exploration
from layerview.layers import Cache, LayerIndex
from layerview.layers.zstd import zstd
from layerview.sources import open_source
from layerview.sources.docker.borrowing import LABEL
from layerview.sources.docker.export import ExportJob
from layerview.sources.standing_in import Fallback
from tests.builders import directory, file, hardlink, layer, symlink, whiteout
from tests.engines.conftest import run
from tests.engines.test_sources import assert_same, described
from tests.sources.images import LAYER, Layout, docker_archive, for_platform, image, read, tar
from tests.sources.images import Saved as SavedImage
from tests.waiting import PATIENCE, until

_OLDEST = 24

LAYERS = (
    layer(directory("d"), file("d/a", b"1" * 700), file("d/b", b"2" * 300), symlink("l", "d")),
    layer(file("d/a", b"1" * 700, mode=0o600), hardlink("c", "d/a"), file("random", os.urandom(9_000_000))),
    layer(whiteout("d/b")),
    layer(whiteout("d/b")),
    layer(file("last", os.urandom(100_000))),
)
HISTORY: list[dict[str, Any]] = [
    {"created_by": "COPY a"},
    {"created_by": "ENV a=b", "empty_layer": True},
    *({"created_by": f"RUN {n}"} for n in "bcde"),
]


@pytest.fixture(scope="module", autouse=True)
def host() -> Iterator[str]:
    """The engine, which is the one that is used from here on."""
    with pytest.MonkeyPatch.context() as patch:
        if named := os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST"):
            patch.setenv("DOCKER_HOST", named)
            yield named
            return
        version = _version()
        if version < _OLDEST or os.getuid() != 0:
            pytest.skip(f"needs root and a Docker Engine of version {_OLDEST} or later; there is {version or 'none'}")
        with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder, _started(Path(folder)) as own:
            patch.setenv("DOCKER_HOST", own)
            yield own


def _version() -> int:
    if shutil.which("dockerd") is None:
        return 0
    found = re.search(r"version (\d+)", run("dockerd", "--version").decode())
    return int(found[1]) if found else 0


@contextmanager
def _started(folder: Path) -> Iterator[str]:
    """An engine of its own; its address."""
    (folder / "daemon.json").write_text(json.dumps({"features": {"containerd-snapshotter": True}}))
    socket = folder / "docker.sock"
    command = (
        *("dockerd", "--config-file", folder / "daemon.json", "--host", f"unix://{socket}"),
        *("--data-root", folder / "data", "--exec-root", folder / "run", "--pidfile", folder / "pid"),
        *("--bridge", "none", "--iptables=false", "--ip6tables=false"),
    )
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(socket.exists, (folder / "log").read_text)
            yield f"unix://{socket}"
        finally:
            process.terminate()


def load(archive: bytes) -> None:
    subprocess.run(["docker", "load"], input=archive, check=True, capture_output=True)


def containers() -> bytes:
    return run("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}")


@pytest.fixture(scope="module", params=["tar", "gzip", "zstd"])
def name(request: pytest.FixtureRequest) -> Iterator[str]:
    """An image of five layers, of which two are the same blob, stored in one of the ways there are."""
    name = f"layerview-test/containerd-{request.param}:{os.getpid()}"
    if request.param == "tar":
        load(tar(docker_archive(SavedImage(image(*LAYERS, history=HISTORY), (name,)))))
    else:
        pack: Callable[[bytes], bytes] = gzip.compress if request.param == "gzip" else zstd.compress
        layout = Layout()
        built = image(*LAYERS, blobs=[pack(each) for each in LAYERS], history=HISTORY)
        load(tar(layout.of(layout.image(built, f"{LAYER}+{request.param}", **_named(name)))))
    yield name
    run("docker", "rmi", "--force", name)


def _named(name: str) -> dict[str, Any]:
    return {"annotations": {"io.containerd.image.name": f"docker.io/{name}"}}


def test_blobs_are_read_in_place_of_an_export(name: str) -> None:
    source = open_source(name)
    source.describe()
    jobs = source.jobs()
    assert not any(isinstance(job, ExportJob | Fallback) for job in jobs)
    assert sorted(number for job in jobs for number in job.layers) == [1, 2, 3, 4, 5]
    assert 9_000_000 < sum(job.cost for job in jobs) < 9_500_000
    assert containers() == b""


def test_blobs_tell_the_same_as_docker_save(name: str, tmp_path: Path) -> None:
    run("docker", "save", "--output", tmp_path / "saved.tar", name)
    assert_same(described(name), described(str(tmp_path / "saved.tar")))
    assert containers() == b""


def test_blobs_tell_the_same_as_an_export(name: str) -> None:
    assert_same(described(name), described(name, records=False))
    found, exported = (read(open_source(name, records=way)).layers for way in (True, False))
    for number, index in found.items():
        other = exported[number]
        assert isinstance(index, LayerIndex) and isinstance(other, LayerIndex)
        for column in ("crc", "hashed", "offset", "tar_size"):
            assert getattr(index, column) == getattr(other, column)


def test_layers_are_told_as_they_are_stored(name: str) -> None:
    found = open_source(name).describe()
    assert found is not None
    inspected = json.loads(run("docker", "image", "inspect", name))[0]
    assert found.id == inspected["Id"]
    assert [layer.diff_id for layer in found.layers] == inspected["RootFS"]["Layers"]
    assert all(layer.digest and layer.stored_size for layer in found.layers)
    assert [layer.history and layer.history.created_by for layer in found.layers] == [
        "COPY a", "RUN b", "RUN c", "RUN d", "RUN e",
    ]  # fmt: skip


def test_platform_chooses_among_several() -> None:
    name = f"layerview-test/containerd-platforms:{os.getpid()}"
    layout = Layout()
    manifests = [
        layout.image(image(layer(file(platform.partition("/")[2])), platform=platform), **for_platform(platform))
        for platform in ("linux/amd64", "linux/s390x")
    ]
    load(tar(layout.of(layout.index(*manifests, **_named(name)))))
    try:
        for platform in ("amd64", "s390x"):
            for way in (True, False):
                source = open_source(name, platform=f"linux/{platform}", records=way)
                found = read(source)
                assert any(isinstance(job, ExportJob) for job in source.jobs()) is not way
                assert found.image.platform.architecture == platform
                assert found.paths == {1: [platform]}
        assert containers() == b""
    finally:
        run("docker", "rmi", "--force", name)


def test_image_without_layers() -> None:
    name = f"layerview-test/containerd-empty:{os.getpid()}"
    load(tar(docker_archive(SavedImage(image(), (name,)))))
    try:
        found = read(open_source(name))
        assert found.layers == {}
    finally:
        run("docker", "rmi", "--force", name)


_PAUSING = """
import os, signal, sys
from layerview.exploration import Exploration, Progressed
from layerview.sources import open_source
def listen(event):
    global paused
    if isinstance(event, Progressed) and not paused:
        paused = True
        print("paused", flush=True)
        os.killpg(0, signal.SIGSTOP)
if __name__ == "__main__":
    paused = False
    exploration = Exploration(open_source(sys.argv[1], records=True))
    exploration.start(listen)
    sys.stdin.read()
    exploration.close()
"""


@pytest.fixture(scope="module")
def large() -> Iterator[str]:
    """An image that takes a while to read."""
    name = f"layerview-test/containerd-large:{os.getpid()}"
    layers = (layer(file(name, os.urandom(150_000_000))) for name in "ab")
    load(tar(docker_archive(SavedImage(image(*layers), (name,)))))
    yield name
    run("docker", "rmi", "--force", name)


@pytest.fixture
def paused(large: str, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A program that has stopped, its workers too, in the middle of that image."""
    script = tmp_path / "pausing.py"
    script.write_text(_PAUSING)
    with subprocess.Popen(
        [sys.executable, str(script), large],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "paused\n"
        until(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        yield process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_closing_in_the_middle_leaves_no_container(paused: subprocess.Popen[str]) -> None:
    assert containers() != b""
    os.killpg(paused.pid, signal.SIGCONT)
    paused.communicate("", timeout=PATIENCE)
    assert containers() == b""


def test_containers_of_a_killed_run_are_removed_by_the_next(paused: subprocess.Popen[str], large: str) -> None:
    os.killpg(paused.pid, signal.SIGKILL)
    paused.wait(PATIENCE)
    assert containers() != b""
    open_source(large).describe()
    assert containers() == b""


def test_containers_of_a_run_that_lives_are_left_to_it(paused: subprocess.Popen[str], large: str) -> None:
    used = containers()
    assert used != b""
    began = time.monotonic()
    open_source(large).describe()
    assert containers() == used
    assert time.monotonic() - began < 30, (
        "the engine was waited for, which says nothing of a container that is read from"
    )


def test_layers_are_explored_in_processes_and_kept(large: str, tmp_path: Path) -> None:
    for _ in range(2):
        found = Exploration(open_source(large), Cache(tmp_path / "cache"))
        found.run()
        assert found.account is not None
        assert found.account.total_bytes == 300_000_000
        assert found.failures == {}
    assert containers() == b""
