"""What containers have changed, running and stopped: the same as the layer that a commit of it makes (statement 9)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from layerview.cli import main
from layerview.errors import NotFoundError, ServiceError, UsageError
from layerview.exploration import Exploration
from layerview.layers import Cache
from layerview.sources import open_source
from tests.builders import file, layer
from tests.commands import Told, figures, listing, told
from tests.engines.conftest import containerd_host, lack, require, run
from tests.engines.dozen import NAME
from tests.engines.nobody import Nobody
from tests.sources.images import Layout, for_platform, image, tar
from tests.unprivileged import Program, only_root
from tests.waiting import until

_CHANGES = """
cd /
busybox mkfifo /tmp/fifo; busybox mknod /tmp/null c 1 3; ln -s /nowhere /tmp/link
echo new > /d/new; ln /d/new /d/again; chmod 4700 /d/new; busybox chown 5:6 /d/new
rm /d/x; rm -r /old; mkdir /old; echo n > /old/n; mv /kept /moved; rm /end; mkdir /end; echo e > /end/e
chmod 700 work; chmod 640 /d/カメラ; busybox truncate -s 100M work/sparse; echo end >> work/sparse
rm /link; echo file > /link; mkdir work/empty; rm -r work/empty
"""
"""A file of each kind, links, owners, what is removed, replaced, moved, and what overlayfs calls opaque."""


def shown(found: Told, *, layers: int = 13) -> Told:
    """What the image and one layer more tell, whose instruction and digest depend on who made it, and whose times engines cut off."""
    paths = [{**entry, "mtime": int(entry["mtime"])} for entry in map(json.loads, found[0])]
    assert len(found[1]["layers"]) == layers
    own = [{**each, "instruction": "", "diff_id": ""} for each in found[1]["layers"][12:]]
    return [json.dumps(each) for each in paths], {**found[1], "layers": [*found[1]["layers"][:12], *own]}


@dataclass(frozen=True)
class Docker:
    """An engine with a container that has done it all."""

    host: str
    name: str

    def run(self, *command: str) -> str:
        return run("docker", *(("--host", self.host) if self.host else ()), *command).decode().strip()


@contextmanager
def _container(host: str, archive: Path, *create: str) -> Iterator[Docker]:
    docker = Docker(host, f"layerview-test-{os.getpid()}")
    docker.run("load", "--quiet", "--input", str(archive))
    try:
        docker.run(*create[:1], "--network", "none", "--name", docker.name, *create[1:])
        yield docker
    finally:
        for command in (("rm", "--force", docker.name), ("rmi", "--force", f"{NAME}-committed", NAME)):
            subprocess.run(["docker", *(("--host", host) if host else ()), *command], capture_output=True, check=False)


@pytest.fixture(scope="module")
def docker(dozen: Path) -> Iterator[Docker]:
    """The engine with a container that has done it all, once, and goes on."""
    require("docker")
    script = f"busybox test -e /tmp/done || {{ {_CHANGES}\ntouch /tmp/done; }}; sleep 1000"
    with _container("", dozen, "run", "--detach", NAME, "sh", "-c", script) as docker:
        wait_for(docker)
        docker.run("commit", docker.name, f"{NAME}-committed")
        yield docker


def wait_for(docker: Docker) -> None:
    until(
        lambda: "A /tmp/done" in docker.run("diff", docker.name).splitlines(),
        lambda: docker.run("logs", docker.name),
    )


@pytest.fixture
def newer_docker(dozen: Path, tmp_path: Path) -> Iterator[Docker]:
    """One with containerd's image store, which does not say where a container's files are."""
    host = os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST")
    if not host:
        lack("an engine with containerd's image store, which LAYERVIEW_TEST_CONTAINERD_HOST names")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a").write_bytes(b"other")
    (tmp_path / "d/new").write_bytes(b"new")
    with _container(host, dozen, "create", NAME) as docker:
        docker.run("cp", f"{tmp_path}/d/.", f"{docker.name}:/d")
        docker.run("commit", docker.name, f"{NAME}-committed")
        yield docker


@pytest.mark.parametrize("options", [(), ("--export",)], ids=["folder", "export"])
def test_a_running_container_is_told_as_its_commit(docker: Docker, options: tuple[str, ...]) -> None:
    container = f"container:{docker.name}"
    assert shown(told(container, *options)) == shown(told(f"docker:{NAME}-committed"))
    assert "changed by the container" in figures(container, *options)["layers"][12]["instruction"]


def test_below_its_own_layer_are_those_of_the_image(docker: Docker, expected_of_dozen: Told) -> None:
    assert listing(f"container:{docker.name}", "--layer", "12") == expected_of_dozen[0]
    described = open_source(f"container:{docker.name}").describe()
    assert described is not None
    assert (described.name, described.source) == (docker.name, "Docker Engine, container, running")
    assert [layer and layer.number for _, layer in described.steps if layer] == list(range(1, 14))


def test_its_own_layer_is_read_anew_each_time_and_those_of_the_image_once(docker: Docker, tmp_path: Path) -> None:
    """What was kept of it would be what it was."""
    cache = Cache(tmp_path / "cache")
    for name in ("one", "other"):
        docker.run("exec", docker.name, "busybox", "touch", f"/tmp/{name}")
        found = Exploration(open_source(f"container:{docker.name}"), cache)
        found.run()
        assert found.stack is not None and found.stack.find(f"tmp/{name}".encode()) is not None
        assert sorted(found.keys) == list(range(1, 13))
    docker.run("exec", docker.name, "busybox", "rm", "/tmp/one", "/tmp/other")


@pytest.mark.parametrize("command", [("pause", "unpause"), ("stop", "start")])
def test_it_need_not_run(docker: Docker, command: tuple[str, str]) -> None:
    before = listing(f"container:{docker.name}", "-r", "--changes", "13")
    docker.run(command[0], *(("--time", "0") if command[0] == "stop" else ()), docker.name)
    try:
        for options in ((), ("--export",)):
            found = listing(f"container:{docker.name}", "--changes", "13", *options)
            assert [json.loads(line)["path"] for line in found] == [json.loads(line)["path"] for line in before]
    finally:
        docker.run(command[1], docker.name)


def test_a_container_is_found_by_its_id(docker: Docker) -> None:
    id = docker.run("inspect", "--format", "{{.Id}}", docker.name)
    for name in (id, id[:12]):
        described = open_source(f"container:{name}").describe()
        assert described is not None and described.name == docker.name


def test_an_engine_with_containerd_s_store(newer_docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", newer_docker.host)
    assert shown(told(f"container:{newer_docker.name}")) == shown(told(f"docker:{NAME}-committed"))


def test_its_image_is_the_one_for_its_own_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of those that the engine has of one name."""
    monkeypatch.setenv("DOCKER_HOST", containerd_host())
    name, layout = f"layerview-test/container-platforms:{os.getpid()}", Layout()
    manifests = [
        layout.image(image(layer(file(platform.partition("/")[2])), platform=platform), **for_platform(platform))
        for platform in ("linux/amd64", "linux/arm64", "linux/s390x")
    ]
    (tmp_path / "image.tar").write_bytes(
        tar(layout.of(layout.index(*manifests, annotations={"io.containerd.image.name": f"docker.io/{name}"})))
    )
    run("docker", "load", "--input", tmp_path / "image.tar")
    try:
        for architecture in ("amd64", "arm64", "s390x"):
            id = run("docker", "create", "--platform", f"linux/{architecture}", name, "/none").decode().strip()
            try:
                found = listing(f"container:{id}", "--layer", "1")
            finally:
                run("docker", "rm", id)
            assert [json.loads(line)["path"] for line in found[1:]] == [architecture]
    finally:
        run("docker", "rmi", "--force", name)


def test_what_there_is_not_is_said() -> None:
    require("docker")
    with pytest.raises(NotFoundError) as raised:
        open_source("container:absent").describe()
    assert "The Docker Engine has no container absent" in raised.value.message
    for name in ("a/b", "../x", "", "a b", "-x"):
        with pytest.raises(UsageError, match="no container's name"):
            open_source(f"container:{name}").describe()


# Podman, whose containers need not have run to have files of their own


@pytest.fixture
def podman_folder() -> Iterator[Path]:
    """Podman refuses the long paths of pytest's own folders."""
    require("podman")
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        subprocess.run(["umount", folder / "store/overlay"], capture_output=True, check=False)


@only_root
@pytest.mark.parametrize("mounted", ["nodev", "metacopy=on"])
def test_a_container_of_podman_is_told_as_its_commit(
    mounted: str,
    podman_folder: Path,
    dozen: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where overlayfs only notes what was moved, or has other metadata."""
    settings = podman_folder / "storage.conf"
    settings.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{podman_folder}/store"\nrunroot = "{podman_folder}/run"\n'
        f'[storage.options.overlay]\nmountopt = "{mounted}"\n'
    )
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(settings))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    run("podman", "load", "--quiet", "--input", dozen)
    run("podman", "create", "--name", "web", NAME)
    root = run("podman", "mount", "web").decode().strip()
    run("chroot", root, "/bin/sh", "-c", _CHANGES)
    run("podman", "unmount", "web")
    run("podman", "commit", "--quiet", "--format", "docker", "web", "committed")
    committed = shown(told("podman:committed"))
    assert shown(told("container:web")) == committed
    assert main(["ls", "container:web", "--verbose"]) == 0
    assert ("is only noted in its folder" in capsys.readouterr().err) == (mounted == "metacopy=on")
    with pytest.raises(ServiceError, match=r"No Docker Engine is running .* Podman has no container absent"):
        open_source("container:absent").describe()


@only_root
def test_a_container_of_a_user_who_is_not_root(program: Program, dozen: Path) -> None:
    require("podman")
    with Nobody(program, DOCKER_HOST="unix:///nowhere/docker.sock") as nobody:
        archive = shutil.copy(dozen, nobody.home / "dozen.tar")
        nobody.podman("load", "--quiet", "--input", archive)
        nobody.podman("create", "--name", "web", NAME)
        path = "work/copy.tar"
        nobody.podman("cp", archive, f"web:/{path}")
        lines = nobody.layerview("ls", "container:web", "-r", "--changes", "13", "--json").splitlines()
    found: dict[str, Any] = {each["path"]: each for each in map(json.loads, lines)}
    assert found[path]["size"] == dozen.stat().st_size
    assert found[path]["change"] == "added"
    assert not any(path.startswith("bin/") for path in found)
