"""One image in Podman: in the store of root and of another user, and behind a service; and what Podman has not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.cli import main
from layerview.errors import DamagedError, NotFoundError, ServiceError
from layerview.image import ListedImage, Reference, listed_layers, moment
from layerview.sources import open_source
from layerview.sources.podman.listing import PodmanImages
from layerview.sources.podman.pulling import podman_puller
from tests.commands import Told, figures, listing, told
from tests.engines.conftest import require, run
from tests.engines.dozen import NAME
from tests.engines.nobody import Nobody
from tests.unprivileged import Program, only_root
from tests.waiting import until

_SETTINGS = """
[storage]
driver = "{driver}"
graphroot = "{folder}/store"
runroot = "{folder}/run"
"""


class Podman:
    """Podman with a store of its own."""

    def __init__(self, folder: Path, driver: str) -> None:
        self.folder, self.store = folder, folder / "store"
        self.settings = folder / "storage.conf"
        self.settings.write_text(
            f'[storage]\ndriver = "{driver}"\ngraphroot = "{self.store}"\nrunroot = "{folder}/run"\n'
        )
        self.command = ("podman", "--root", f"{folder}/store", "--runroot", f"{folder}/run", "--storage-driver", driver)

    def run(self, *command: str | Path) -> bytes:
        return run(*map(str, (*self.command, *command)))


@pytest.fixture(
    scope="module",
    params=[pytest.param(driver, marks=pytest.mark.form(f"driver {driver}")) for driver in ("overlay", "vfs")],
)
def podman(request: pytest.FixtureRequest, dozen: Path) -> Iterator[Podman]:
    """Has the image."""
    require("podman")
    # Podman refuses the long paths of pytest's own folders.
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder:
        podman = Podman(Path(folder), request.param)
        try:
            podman.run("load", "--quiet", "--input", dozen)
            yield podman
        finally:  # it mounts the store over itself
            subprocess.run(["umount", podman.store / request.param], capture_output=True, check=False)


@pytest.fixture
def store(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> Podman:
    """And is the one that is asked."""
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(podman.settings))
    return podman


@pytest.fixture
def service(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """And has a service; its address."""
    with serving(podman) as address:
        yield address


@contextmanager
def serving(podman: Podman) -> Iterator[str]:
    socket = podman.folder / "podman.sock"
    command = [*podman.command, "system", "service", "--time", "0", f"unix://{socket}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: socket.exists() or process.poll() is not None)
            assert process.poll() is None
            yield f"unix://{socket}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            socket.unlink(missing_ok=True)


@pytest.mark.same(place="Podman's store", written="`NAME`, `podman:NAME`", read="its records of the layers")
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", [NAME, f"podman:{NAME}", f"podman://{NAME}"], ids=["name", "scheme", "address"])
def test_the_store_is_read_without_podman(name: str, expected_of_dozen: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no scheme says so, and no Docker Engine has the image."""
    if name == NAME:
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert told(name) == expected_of_dozen


def test_an_image_is_found_as_podman_finds_it(store: Podman, expected_of_dozen: Told) -> None:
    """By its name, the end of it, its ID, the beginning of that, and its digest."""
    store.run("tag", NAME, "localhost/short:1")
    told_of = store.run("image", "inspect", "--format", "{{.Id}} {{.Digest}}", NAME).decode().split()
    id, digest = told_of
    names = [f"layerview/dozen:{os.getpid()}", f"dozen:{os.getpid()}", "short:1", "localhost/short:1", id, id[:12]]
    for name in (*names, f"sha256:{id}", f"{NAME.rpartition(':')[0]}@{digest}"):
        assert listing(f"podman:{name}") == expected_of_dozen[0], name
    image = open_source(f"podman:{NAME}").describe()
    assert image is not None
    assert image.id == f"sha256:{id}"
    assert set(image.tags) == {NAME, "localhost/short:1"}
    assert f"{NAME.rpartition(':')[0]}@{digest}" in image.digests


def test_a_name_without_a_registry_is_of_this_machine_before_any_other(store: Podman, tmp_path: Path) -> None:
    """Also where a tag has a dot, as a registry has."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /a\n")
    for name in ("docker.io/library/here:3.12", "quay.io/team/there:3.12"):
        store.run("tag", NAME, name)
    for name in ("here:3.12", "there:3.12"):
        store.run("build", "--quiet", "--tag", f"localhost/{name}", tmp_path)
        id = store.run("image", "inspect", "--format", "{{.Id}}", name).decode().strip()
        image = open_source(f"podman:{name}").describe()
        assert image is not None
        assert image.id == f"sha256:{id}"
    store.run("untag", NAME, "docker.io/library/here:3.12", "quay.io/team/there:3.12")
    store.run("rmi", "localhost/here:3.12", "localhost/there:3.12")


def test_an_image_for_several_platforms_is_the_one_for_this_machine(store: Podman, expected_of_dozen: Told) -> None:
    store.run("manifest", "create", "several:1", f"containers-storage:{NAME}")
    assert listing("podman:several:1") == expected_of_dozen[0]
    with pytest.raises(NotFoundError):
        open_source("podman:several:1", platform="linux/s390x").describe()


def test_an_image_that_podman_has_built(store: Podman, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {NAME}\nCOPY Dockerfile /a\nENV A=1\nCOPY --chown=1:2 Dockerfile /a\n")
    store.run("build", "--quiet", "--tag", "built", tmp_path)
    store.run("save", "--quiet", "--output", tmp_path / "built.tar", "built")
    assert told("podman:built") == told(str(tmp_path / "built.tar"))


@pytest.mark.same(
    place="Podman's service",
    form="driver vfs",
    written="`podman:NAME`, with and without `--export`",
    read="its records, or an export",
)
@pytest.mark.parametrize("podman", ["vfs"], indirect=True)
def test_a_service_gives_the_same(
    podman: Podman, service: str, expected_of_dozen: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its export, and by its records, which lie in the store."""
    monkeypatch.setenv("CONTAINER_HOST", service)
    assert told(f"podman:{NAME}") == expected_of_dozen
    assert told(f"podman:{NAME}", "--export") == expected_of_dozen
    with pytest.raises(NotFoundError, match="The Podman service has no image absent"):
        open_source("podman:absent").describe()


def put_ssh(folder: Path, monkeypatch: pytest.MonkeyPatch, first: str = ":") -> None:
    """Put a program in place of ssh that runs what is to be run over there, here, after a line of its own."""
    program = folder / "bin/ssh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n{first}\nwhile [ "$1" != -- ]; do shift; done; shift 2; exec sh -c "$*"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


@pytest.mark.parametrize("podman", ["vfs"], indirect=True)
def test_a_service_behind_ssh_gives_the_same(
    service: str, expected_of_dozen: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a program in place of ssh that runs what is to be run over there, here."""
    put_ssh(tmp_path, monkeypatch)
    monkeypatch.setenv("CONTAINER_HOST", f"ssh://me@there:22{service.removeprefix('unix://')}")
    assert figures(f"podman:{NAME}") == expected_of_dozen[1]


@pytest.mark.parametrize("podman", ["vfs"], indirect=True)
def test_a_virtual_machine_of_podman_s_needs_no_known_host_key(
    service: str, expected_of_dozen: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a program in place of ssh that refuses whom it is not told to trust."""
    put_ssh(
        tmp_path,
        monkeypatch,
        'case "$*" in *StrictHostKeyChecking=no*UserKnownHostsFile=/dev/null*) ;; '
        "*) echo 'Host key verification failed.' >&2; exit 255;; esac",
    )
    (tmp_path / "storage.conf").write_text(_SETTINGS.format(driver="vfs", folder=tmp_path))
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    monkeypatch.setenv("CONTAINERS_CONF", str(tmp_path / "containers.conf"))
    address = f"ssh://core@127.0.0.1:2222{service.removeprefix('unix://')}"
    for is_machine in ("false", "true"):
        (tmp_path / "containers.conf").write_text(
            f'[engine]\nactive_service = "machine"\n[engine.service_destinations.machine]\n'
            f'uri = "{address}"\nidentity = "{tmp_path}/key"\nis_machine = {is_machine}\n'
        )
        if is_machine == "false":
            with pytest.raises(ServiceError, match="Host key verification failed"):
                open_source(f"podman:{NAME}").describe()
    assert figures(f"podman:{NAME}") == expected_of_dozen[1]


@pytest.mark.parametrize("podman", ["vfs"], indirect=True)
def test_the_default_connection_is_used_where_nothing_is_here(
    service: str, expected_of_dozen: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "storage.conf").write_text(_SETTINGS.format(driver="vfs", folder=tmp_path))
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    monkeypatch.setenv("CONTAINERS_CONF", str(tmp_path / "containers.conf"))
    (tmp_path / "containers.conf").touch()
    run("podman", "system", "connection", "add", "--default", "there", service)
    assert listing(f"podman:{NAME}") == expected_of_dozen[0]


@pytest.mark.parametrize("podman", ["vfs"], indirect=True)
def test_a_connection_that_is_named_is_asked_in_place_of_the_store(
    podman: Podman, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an image, for the list of all, and to pull; one that there is not is no reason to ask anything else."""
    podman.run("tag", NAME, "localhost/there:1")
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder:
        here = Podman(Path(folder), "vfs")
        here.run("images")
        monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(here.settings))
        monkeypatch.setenv("CONTAINERS_CONF", str(tmp_path / "containers.conf"))
        (tmp_path / "containers.conf").touch()
        for name, address in (("default", "unix:///nowhere/podman.sock"), ("there", service)):
            run("podman", "system", "connection", "add", name, address)
        assert PodmanImages().images() == []
        monkeypatch.setenv("CONTAINER_CONNECTION", "there")
        image = open_source("podman:localhost/there:1").describe()
        assert image is not None and "localhost/there:1" in image.tags
        assert any("localhost/there:1" in image.names for image in PodmanImages().images())
        with podman_puller(Reference.parse("localhost/there:1"), None).endpoint() as endpoint:
            assert endpoint.host == service
        monkeypatch.setenv("CONTAINER_CONNECTION", "absent")
        with pytest.raises(ServiceError, match="Podman has no connection absent"):
            open_source("podman:localhost/there:1").describe()


def _as_podman_lists(podman: Podman, *more: str) -> list[tuple[object, ...]]:
    """What is told of each image: ID, names, size and seconds since 1970."""
    told = json.loads(podman.run("images", "--format", "json", *more))
    return sorted({(f"sha256:{each['Id']}", tuple(sorted(each.get("Names") or ())), each["Size"]) for each in told})


def _listed(images: Sequence[ListedImage]) -> list[tuple[object, ...]]:
    return sorted((image.id, tuple(sorted(image.names)), image.size) for image in images)


def test_the_list_of_the_store_is_podmans(store: Podman, tmp_path: Path) -> None:
    """With what has lost its name, and a list of manifests, but without the steps on the way to another image."""
    for value in "12":
        (tmp_path / "Dockerfile").write_text(f"FROM {NAME}\nCOPY Dockerfile /a\nENV A={value}\nCOPY Dockerfile /b\n")
        store.run("build", "--quiet", "--tag", "again:1", tmp_path)
    store.run("tag", "again:1", "alias:1")
    store.run("manifest", "create", "list:1", f"containers-storage:{NAME}")
    images = PodmanImages().images()
    assert _listed(images) == _as_podman_lists(store)
    assert len(json.loads(store.run("images", "--all", "--format", "json"))) > len(images)
    names = {tuple(sorted(image.names)) for image in images}
    assert {("localhost/again:1", "localhost/alias:1"), ("localhost/list:1",), ()} <= names
    for image in images:
        if not image.layers:
            assert (image.platform, image.names) in [(None, (f"localhost/{name}:1",)) for name in ("list", "several")]
            continue
        described = open_source(image.reference).describe()
        assert described is not None
        assert PodmanImages().with_layers(image).layers == listed_layers(described)
        assert image.platform == described.platform
        assert image.created == moment(described.config.created)
        assert sum(each.size or 0 for each in image.layers) < (image.size or 0)


@pytest.mark.parametrize("podman", ["vfs"], indirect=True)
def test_a_service_lists_what_its_store_does(
    podman: Podman, service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where an engine does not answer, that is said beside."""
    podman.run("tag", NAME, "localhost/served:1")
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(podman.settings))
    (stored,) = (image for image in PodmanImages().images() if NAME in image.names)
    monkeypatch.setenv("CONTAINER_HOST", service)
    (served,) = (image for image in PodmanImages().images() if NAME in image.names)
    assert _listed([served]) == _listed([stored])
    assert served.layers is None and stored.layers is not None
    with_layers = PodmanImages().with_layers(served)
    assert with_layers.platform == stored.platform
    assert [each.diff_id for each in with_layers.layers or ()] == [each.diff_id for each in stored.layers]
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert main(["shared"]) == 0
    out, err = capsys.readouterr()
    assert NAME in out
    assert "layerview: No Docker Engine is running at unix:///nowhere/docker.sock\n" in err
    assert main(["shared", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] is False
    assert told["errors"][0]["message"] == "No Docker Engine is running at unix:///nowhere/docker.sock"


def test_what_cannot_be_read_of_one_image_does_not_hide_the_others(store: Podman, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /a\n")
    store.run("build", "--quiet", "--tag", "broken:1", tmp_path)
    id = store.run("image", "inspect", "--format", "{{.Id}}", "broken:1").decode().strip()
    (manifest,) = store.store.glob(f"*-images/{id}/manifest")
    whole = manifest.read_bytes()
    manifest.write_bytes(b"{")
    try:
        images = {image.names: image for image in PodmanImages().images()}
        broken = images["localhost/broken:1",]
        assert (broken.platform, broken.created, broken.layers) == (None, None, None)
        assert any(NAME in names for names in images)
        with pytest.raises(DamagedError):
            PodmanImages().with_layers(broken)
    finally:
        manifest.write_bytes(whole)
        store.run("rmi", "broken:1")


@pytest.mark.parametrize("name", ["{}-images/images.json", "{}-layers/layers.json", "*/*/manifest", "*/*.gz"])
def test_a_pipe_in_place_of_a_file_of_the_store_is_not_waited_for(
    name: str, podman: Podman, dozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container that works with a store may have put it there."""
    driver = podman.command[-1]
    for folder in (f"{driver}-images", f"{driver}-layers"):
        shutil.copytree(podman.store / folder, tmp_path / "store" / folder)
    places = list((tmp_path / "store").glob(name.format(driver)))
    for place in places:
        place.unlink()
        os.mkfifo(place)
    assert places
    settings = tmp_path / "storage.conf"
    settings.write_text(f'[storage]\ndriver = "{driver}"\ngraphroot = "{tmp_path}/store"\n')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(settings))
    assert main(["ls", f"podman:{NAME}", "--no-cache"]) == 2


def test_what_podman_has_not_is_said(store: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError, match="Podman has no image absent:1"):
        open_source("podman:absent:1").describe()
    with pytest.raises(NotFoundError, match="not for linux/s390x"):
        open_source(f"podman:{NAME}", platform="linux/s390x").describe()
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(ServiceError) as raised:
        open_source("localhost:1/absent:1").describe()
    assert raised.value.message.startswith(
        "No place has localhost:1/absent:1: No Docker Engine is running at unix:///nowhere/docker.sock; "
        "Podman has no image localhost:1/absent:1; "
    )
    monkeypatch.setenv("CONTAINER_HOST", "unix:///nowhere/podman.sock")
    with pytest.raises(ServiceError, match="No Podman service is running at unix:///nowhere"):
        open_source("localhost:1/absent:1").describe()


def test_a_store_in_which_there_is_no_image_yet_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    require("podman")
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder:
        fresh = Podman(Path(folder), "vfs")
        monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(fresh.settings))
        assert fresh.run("images", "--quiet") == b""
        assert PodmanImages().images() == []
        with pytest.raises(NotFoundError, match="Podman has no image absent:1"):
            open_source("podman:absent:1").describe()


@only_root
def test_the_store_of_a_user_who_is_not_root(program: Program, dozen: Path, expected_of_dozen: Told) -> None:
    """The record has the files' owners, who they cannot be on disk."""
    require("podman")
    with Nobody(program) as nobody:
        shutil.copy(dozen, nobody.home / "dozen.tar")
        nobody.podman("load", "--quiet", "--input", nobody.home / "dozen.tar")
        found = nobody.layerview("ls", f"podman:{NAME}", "-r", "--json")
        listed = json.loads(nobody.layerview("shared", "--source", "podman", "--json"))
    assert found.splitlines() == expected_of_dozen[0]
    assert [image["names"] for image in listed["images"]] == [[NAME]]
