"""One image in the archives and folders that the newest engines and tools write: the same listing and report of each.

Beside those of ``test_forms.py``: Docker since 25, which writes OCI layouts, with either image store; BuildKit,
skopeo, Podman 5, and crane for the library that kaniko and ko write by.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.exploration import Exploration
from layerview.sources import Source, alternatives_of, open_source
from tests.builders import device, directory, file, hardlink, layer, opaque, symlink, whiteout
from tests.commands import Told, told
from tests.engines.conftest import NewerSystem
from tests.sources.images import Saved, docker_archive, image, tar
from tests.waiting import until

NAME = "example.com/layerview/tools:1"
OTHER = "example.com/layerview/other:1"
ENGINE = "unix:///engine.sock"
"""The engine with containerd's image store, as that system sees it."""

IMAGE = image(
    layer(
        directory("d", mode=0o1777, mtime=1.5),
        file("d/a", b"1" * 700, mode=0o4755, xattrs={"security.capability": b"\1\0\0\2\0\4\0\0" + bytes(12)}),
        file(f"d/{'long/' * 30}name", b"22"),
        file("d/カメラ", b"333"),
        file("d/removed", b"4444"),
        directory("old"),
        file("old/x", b"55555"),
        symlink("link", "d/a"),
        device("null", 1, 3),
    ),
    layer(file("d/a", b"1" * 700, mode=0o600), hardlink("d/hard", "d/a"), whiteout("d/removed")),
    layer(),
    layer(directory("old"), opaque("old"), file("old/y", os.urandom(300_000))),
    history=[
        {"created_by": "COPY a / # buildkit", "comment": "buildkit.dockerfile.v0"},
        {"created_by": "ENV A=1", "empty_layer": True},
        *({"created_by": f"/bin/sh -c step {step}"} for step in "bcd"),
    ],
    config={"Env": ["A=1"], "Cmd": ["d/a"], "Labels": {"a": "b"}},
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the archives are, for both systems. Podman refuses the long paths of pytest's own folders."""
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def saved(folder: Path) -> Path:
    """The plainest archive."""
    path = folder / "saved.tar"
    path.write_bytes(tar(docker_archive(Saved(IMAGE, (NAME,)))))
    return path


@pytest.fixture(scope="module")
def both(folder: Path) -> Path:
    """The same with another image before it."""
    path = folder / "both.tar"
    path.write_bytes(tar(docker_archive(Saved(image(layer(file("other"))), (OTHER,)), Saved(IMAGE, (NAME,)))))
    return path


@pytest.fixture(scope="module")
def expected(saved: Path) -> Told:
    """What all forms tell."""
    return told(str(saved))


@pytest.mark.parametrize("compression", ["gzip", "zstd", "zstd:chunked"])
@pytest.mark.parametrize("kind", ["oci", "oci-archive", "dir"])
def test_skopeo(newer: NewerSystem, saved: Path, folder: Path, expected: Told, kind: str, compression: str) -> None:
    target = folder / f"skopeo-{kind}-{compression.replace(':', '-')}"
    copy = ("skopeo", "--insecure-policy", "copy", "--quiet", "--dest-compress", "--dest-compress-format", compression)
    newer.run(*copy, f"docker-archive:{saved}", f"{kind}:{target}" + (":v1" if kind != "dir" else ""))
    assert told(str(target)) == expected


def test_skopeo_s_docker_archive_has_links_to_its_layers(
    newer: NewerSystem, saved: Path, folder: Path, expected: Told
) -> None:
    target = folder / "skopeo.tar"
    copy = ("skopeo", "--insecure-policy", "copy", "--quiet")
    newer.run(*copy, f"docker-archive:{saved}", f"docker-archive:{target}:{NAME}")
    assert told(str(target)) == expected


@pytest.fixture(scope="module")
def podman(newer: NewerSystem, both: Path, folder: Path) -> Callable[..., bytes]:
    """Podman with a store of its own, into which the images are loaded."""
    own = ("--root", folder / "podman", "--runroot", folder / "podman-run", "--storage-driver", "vfs")

    def run(*command: str | Path) -> bytes:
        return newer.run("podman", *own, *command)

    run("load", "--quiet", "--input", both)
    return run


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("docker-archive", ()),
        ("oci-archive", ()),
        ("oci-dir", ()),
        ("docker-dir", ()),
        ("docker-dir", ("--compress",)),
    ],
)
def test_podman_save(
    podman: Callable[..., bytes], folder: Path, expected: Told, kind: str, options: tuple[str, ...]
) -> None:
    target = folder / f"podman-{kind}{'-'.join(options)}"
    podman("save", "--quiet", "--format", kind, *options, "--output", target, NAME)
    assert told(str(target)) == expected


def test_podman_s_own_store(
    podman: Callable[..., bytes], folder: Path, expected: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    podman("tag", NAME, "localhost/short:1")
    settings = folder / "storage.conf"
    settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/podman"\n')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(settings))
    assert told(f"podman:{NAME}") == told("podman:short:1") == expected


def test_podman_save_of_several_images(podman: Callable[..., bytes], folder: Path, expected: Told) -> None:
    target = folder / "podman-several"
    podman("tag", NAME, f"{NAME}-again")
    podman("save", "--quiet", "--multi-image-archive", "--output", target, OTHER, NAME, f"{NAME}-again")
    assert told(f"docker-archive:{target}:{NAME}") == told(f"docker-archive:{target}:{NAME}-again") == expected


Docker = Callable[..., bytes]


@contextmanager
def _engine(newer: NewerSystem, folder: Path) -> Iterator[str]:
    """An engine that keeps images as engines always did; its address."""
    settings = folder / "daemon.json"
    settings.write_text(json.dumps({"features": {"containerd-snapshotter": False}}))
    socket = folder / "docker.sock"
    alone = ("--bridge", "none", "--iptables=false", "--ip6tables=false", "--log-level", "error")
    places = ("--config-file", settings, "--data-root", folder / "docker", "--host", f"unix://{socket}")
    with newer.running("dockerd", *places, *alone) as process:
        until(lambda: socket.exists() or process.poll() is not None)
        yield f"unix://{socket}"


@pytest.fixture(scope="module", params=["containerd's store", "the engine's own store"])
def docker(request: pytest.FixtureRequest, newer: NewerSystem, folder: Path, both: Path) -> Iterator[Docker]:
    """The engine with either store, into which the images are loaded."""

    def command(host: str) -> Docker:
        return lambda *arguments: newer.run("docker", "--host", host, *arguments)

    if request.param == "containerd's store":
        run = command(ENGINE)
        run("load", "--quiet", "--input", both)
        yield run
        run("rmi", "--force", NAME, OTHER)
    else:
        with _engine(newer, folder) as host:
            run = command(host)
            run("load", "--quiet", "--input", both)
            yield run


def test_docker_save(docker: Docker, folder: Path, expected: Told) -> None:
    docker("save", "--output", folder / "docker.tar", NAME)
    assert told(str(folder / "docker.tar")) == expected


def test_docker_save_of_an_image_by_its_id_gives_it_no_name(docker: Docker, folder: Path, expected: Told) -> None:
    identity = docker("image", "inspect", "--format", "{{.Id}}", NAME).decode().strip()
    docker("save", "--output", folder / "docker-id.tar", identity)
    assert told(str(folder / "docker-id.tar")) == expected


def test_docker_save_of_several_images(docker: Docker, folder: Path, expected: Told) -> None:
    docker("save", "--output", folder / "docker-several.tar", OTHER, NAME)
    assert told(f"docker-archive:{folder / 'docker-several.tar'}:{NAME}") == expected


@pytest.fixture(scope="module")
def pulled(newer: NewerSystem, saved: Path, folder: Path) -> dict[str, Path]:
    """The image as crane stores it when it pulls it from a registry."""
    paths = {}
    with newer.running("crane", "registry", "serve", "--address", "127.0.0.1:0") as registry:
        assert registry.stderr is not None
        port = re.search(r"port (\d+)", registry.stderr.readline())
        assert port is not None
        name = f"127.0.0.1:{port[1]}/demo:1"
        newer.run("crane", "push", saved, name)
        for kind in ("tarball", "legacy", "oci"):
            paths[kind] = folder / f"crane-{kind}"
            newer.run("crane", "pull", "--format", kind, name, paths[kind])
    return paths


@pytest.mark.parametrize("kind", ["tarball", "legacy", "oci"])
def test_crane_pull(pulled: dict[str, Path], expected: Told, kind: str) -> None:
    assert told(str(pulled[kind])) == expected


BUILT = "layerview-test/built:1"


@pytest.fixture(scope="module")
def build(newer: NewerSystem, folder: Path) -> Iterator[Docker]:
    """BuildKit, which always builds the same two layers."""
    context = folder / "context"
    for number, content in (("1", "old"), ("2", "new")):
        (context / number / "d").mkdir(parents=True)
        (context / number / "d/changed").write_text(content)
        (context / number / f"own{number}").write_text(number)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY 1 /\nENV A=1\nCOPY 2 /\n")
    environment = ("env", f"DOCKER_HOST={ENGINE}", f"DOCKER_CONFIG={folder / 'config'}")
    plugin = "/usr/libexec/docker/cli-plugins/docker-buildx"
    yield lambda *options: newer.run(*environment, plugin, "build", "--quiet", *options, context)
    newer.run("docker", "--host", ENGINE, "rmi", "--force", BUILT)


@pytest.fixture(scope="module")
def plainly_built(build: Docker, folder: Path) -> Told:
    """What BuildKit's own archive, uncompressed and without attestations, tells."""
    target = folder / "built.tar"
    plain = "compression=uncompressed,force-compression=true"
    build("--provenance=false", "--output", f"type=oci,dest={target},{plain}")
    found = told(str(target))
    assert len(found[1]["layers"]) == 2
    return found


@pytest.mark.parametrize(
    ("name", "output", "options"),
    [
        ("docker", "type=docker", ()),
        ("docker-zstd", "type=docker,compression=zstd,force-compression=true", ()),
        ("zstd", "type=oci,compression=zstd,force-compression=true", ("--provenance=true",)),
        ("folder", "type=oci,tar=false", ("--provenance=true",)),
        ("platforms", "type=oci", ("--provenance=true", "--platform", "linux/amd64,linux/s390x")),
    ],
)
def test_buildkit_s_output(
    build: Docker, folder: Path, plainly_built: Told, name: str, output: str, options: tuple[str, ...]
) -> None:
    target = folder / f"built-{name}"
    build("--output", f"{output},dest={target}", *options)
    assert told(str(target), "--platform", "linux/amd64") == plainly_built


def test_skopeo_s_folder_of_an_image_for_several_platforms(
    newer: NewerSystem, build: Docker, folder: Path, plainly_built: Told
) -> None:
    archive, target = folder / "to-copy.tar", folder / "skopeo-platforms"
    build("--provenance=true", "--platform", "linux/amd64,linux/s390x", "--output", f"type=oci,dest={archive}")
    copy = ("skopeo", "--insecure-policy", "copy", "--quiet", "--multi-arch", "all")
    newer.run(*copy, f"oci-archive:{archive}", f"dir:{target}")
    for platform in ("linux/amd64", "linux/s390x"):
        assert told(str(target), "--platform", platform) == plainly_built


@pytest.fixture(scope="module")
def attested(build: Docker) -> str:
    """An image for two platforms in the engine, with an attestation of each."""
    build("--provenance=true", "--platform", "linux/amd64,linux/s390x", "--tag", BUILT)
    return BUILT


def offered(source: Source) -> list[tuple[str, list[str]]]:
    """The platforms to choose from, and what each opens to."""
    found = []
    for each in alternatives_of(source):
        exploration = Exploration(each.open())
        exploration.run()
        assert exploration.image is not None and not exploration.failures
        assert str(exploration.image.platform) == str(each.platform)
        found.append((str(each.platform), [layer.diff_id for layer in exploration.image.layers]))
    return found


def test_platforms_of_buildkit_s_archive_are_offered_without_attestations(
    build: Docker, folder: Path, plainly_built: Told
) -> None:
    target = folder / "offered.tar"
    build("--output", f"type=oci,dest={target}", "--provenance=true", "--platform", "linux/amd64,linux/s390x")
    source = open_source(str(target))
    assert source.describe() is not None
    layers = [layer["diff_id"] for layer in plainly_built[1]["layers"]]
    assert offered(source) == [("linux/amd64", layers), ("linux/s390x", layers)]


def test_platforms_that_an_engine_has_are_offered(
    attested: str, plainly_built: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST", ""))
    source = open_source(attested)
    assert source.describe() is not None
    layers = [layer["diff_id"] for layer in plainly_built[1]["layers"]]
    assert offered(source) == [("linux/amd64", layers), ("linux/s390x", layers)]
    assert [each.meant for each in alternatives_of(source)] == [True, False]


@pytest.mark.parametrize("options", [(), ("--platform", "linux/s390x"), ("--platform", "linux/amd64")])
def test_docker_save_of_an_image_with_attestations(
    newer: NewerSystem, attested: str, folder: Path, plainly_built: Told, options: tuple[str, ...]
) -> None:
    target = folder / f"attested{'-'.join(options).replace('/', '-')}.tar"
    newer.run("docker", "--host", ENGINE, "save", *options, "--output", target, attested)
    assert told(str(target), *(options or ("--platform", "linux/amd64"))) == plainly_built


def test_engine_with_an_image_with_attestations(
    attested: str, plainly_built: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST", "")
    monkeypatch.setenv("DOCKER_HOST", host)
    assert told(f"docker:{attested}", "--platform", "linux/amd64") == plainly_built
