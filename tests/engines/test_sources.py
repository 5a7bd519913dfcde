"""One image in every form that real tools give it: the same layers, the same instructions, the same entries."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.errors import NotFoundError
from layerview.image import Image
from layerview.layers import LayerIndex
from layerview.layers.zstd import zstd
from layerview.sources import Reading, open_source
from tests.engines.conftest import docker_host, require, run
from tests.sources.images import read

_DOCKERFILE = """
FROM scratch
ADD base.tar /
ENV GREETING="hello world"
COPY hello /app/hello
WORKDIR /app
RUN chmod 600 hello && mkdir d && echo x > d/x && ln -s hello link && ln hello hard
RUN true
RUN rm -r d && chown 1000:1000 hello
ARG WHO=me
RUN echo $WHO > who
LABEL a=b
EXPOSE 80
HEALTHCHECK --interval=5s CMD true
CMD ["sh", "-c", "cat hello"]
"""
_INSTRUCTIONS = [
    'ENV GREETING=hello world',
    "WORKDIR /app",
    "RUN chmod 600 hello && mkdir d && echo x > d/x && ln -s hello link && ln hello hard",
    "RUN rm -r d && chown 1000:1000 hello",
    "RUN echo $WHO > who",
    'CMD ["sh", "-c", "cat hello"]',
]  # fmt: skip

Columns = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image that the Docker Engine has built."""
    require("docker", "busybox", "tar")
    context = tmp_path_factory.mktemp("context")
    system = context / "system"
    (system / "bin").mkdir(parents=True)
    (system / "bin/busybox").write_bytes(Path("/bin/busybox").read_bytes())
    (system / "bin/busybox").chmod(0o755)
    for command in ("sh", "chmod", "mkdir", "ln", "rm", "chown", "true", "cat"):
        (system / "bin" / command).symlink_to("busybox")
    run("tar", "-C", system, "-cf", context / "base.tar", ".")
    (context / "hello").write_text("hello\n")
    (context / "Dockerfile").write_text(_DOCKERFILE)
    (context / ".dockerignore").write_text("system\n")
    image = f"layerview-test/sources:{os.getpid()}"
    run("docker", "build", "--network", "host", "--tag", image, context)
    yield image
    run("docker", "rmi", "--force", image)


@pytest.fixture(scope="module")
def saved(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image as docker save writes it."""
    archive = tmp_path_factory.mktemp("saved") / "saved.tar"
    run("docker", "save", "--output", archive, name)
    return archive


@pytest.fixture(scope="module")
def podman(saved: Path) -> Iterator[tuple[str, ...]]:
    """Podman with a store of its own, into which the image is loaded."""
    require("podman")
    # Podman refuses the long paths of pytest's own folders.
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder:
        command = ("podman", "--root", f"{folder}/store", "--runroot", f"{folder}/run", "--storage-driver", "vfs")
        run(*command, "load", "--quiet", "--input", saved)
        yield command


@pytest.fixture(scope="module")
def expected(name: str) -> tuple[Image, dict[int, Columns]]:
    """The image as the engine exports it."""
    return described(name, records=False)


def described(reference: str, records: bool | None = None) -> tuple[Image, dict[int, Columns]]:
    """The image, and the entries of each layer."""
    found = read(open_source(reference, records=records))
    assert not found.faults
    entries = {}
    for number, index in found.layers.items():
        assert isinstance(index, LayerIndex)
        paths = bytes(index.paths).split(b"\0")[:-1]
        columns = (index.kind, index.mode, index.uid, index.gid, index.size, index.mtime)
        more = [(index.links.get(row), index.xattrs.get(row)) for row in range(len(paths))]
        entries[number] = list(zip(paths, *(column.tolist() for column in columns), more, strict=True))
    return found.image, entries


def assert_same(found: tuple[Image, dict[int, Columns]], expected: tuple[Image, dict[int, Columns]]) -> None:
    """The same layers, instructions, configuration and entries."""
    image, entries = found
    wanted, wanted_entries = expected
    assert [layer.diff_id for layer in image.layers] == [layer.diff_id for layer in wanted.layers]
    steps, wanted_steps = (
        [(entry.instruction, layer.number if layer else None) for entry, layer in each.steps]
        for each in (image, wanted)
    )
    assert steps == wanted_steps
    for part in ("platform", "env", "cmd", "entrypoint", "working_dir", "labels", "exposed_ports"):
        assert getattr(image.config, part) == getattr(wanted.config, part)
    assert entries == wanted_entries


def test_engine_tells_what_was_built(name: str, expected: tuple[Image, dict[int, Columns]]) -> None:
    image, entries = expected
    assert image.tags == (name,)
    assert set(_INSTRUCTIONS) <= {entry.instruction for entry, _ in image.steps}
    assert image.config.env[-1] == "GREETING=hello world"
    assert len(entries) == len(image.layers) == 5
    assert sum(layer.size or 0 for layer in image.layers) == int(run("docker", "inspect", "-f", "{{.Size}}", name))


def test_engine_s_guess_at_the_layers_is_right_for_this_image(name: str) -> None:
    guessed = open_source(name, records=False).describe()
    assert guessed is not None
    exact = read(open_source(name, records=False)).image
    assert [layer and layer.number for _, layer in guessed.steps] == [
        layer and layer.number for _, layer in exact.steps
    ]


def test_an_export_is_said_to_be_made_ready_before_its_first_byte_is_read(name: str) -> None:
    source = open_source(name, records=False)
    source.describe()
    (job,) = source.jobs()
    told: list[tuple[int, int, int]] = []
    for _ in job.run(Reading(lambda *progress: told.append(progress))):
        pass
    assert told[:2] == [(0, 0, 0), (0, 0, job.cost)]
    assert all(done for _, done, _ in told[2:])


def test_engine_s_records_tell_the_same_as_its_export(name: str, expected: tuple[Image, dict[int, Columns]]) -> None:
    assert_same(described(name, records=True), expected)


@pytest.mark.parametrize("way", ["id", "beginning of the id", "familiar name", "docker:"])
def test_image_is_found_however_it_is_named(name: str, expected: tuple[Image, dict[int, Columns]], way: str) -> None:
    image = expected[0]
    reference = {
        "id": image.id,
        "beginning of the id": image.id.removeprefix("sha256:")[:12],
        "familiar name": f"docker.io/{name}",
        "docker:": f"docker:{name}",
    }[way]
    found = open_source(reference).describe()
    assert found is not None
    assert found.id == image.id


def test_engine_behind_ssh_tells_the_same(
    name: str, expected: tuple[Image, dict[int, Columns]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\nexec docker --host {docker_host()} system dial-stdio\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_HOST", "ssh://me@there")
    assert_same(described(name), expected)


def test_image_that_the_engine_has_not_is_not_found() -> None:
    require("docker")
    with pytest.raises(NotFoundError, match="has no image layerview-test/nothing"):
        open_source("docker:layerview-test/nothing").describe()


def test_platform_that_the_engine_has_not_is_not_found(name: str) -> None:
    with pytest.raises(NotFoundError, match="not for linux/s390x"):
        open_source(f"docker:{name}", platform="linux/s390x").describe()


@pytest.mark.parametrize(
    "pack",
    [bytes, gzip.compress, zstd.compress, lzma.compress, bz2.compress],
    ids=["tar", "gzip", "zstd", "xz", "bzip2"],
)
def test_docker_save(
    saved: Path,
    expected: tuple[Image, dict[int, Columns]],
    tmp_path: Path,
    pack: Callable[[bytes], bytes],
) -> None:
    archive = tmp_path / "image"
    archive.write_bytes(pack(saved.read_bytes()))
    found = described(str(archive))
    assert_same(found, expected)
    assert found[0].id == expected[0].id
    assert str(found[0].config.healthcheck) == "--interval=5s CMD true"


@pytest.mark.parametrize(
    ("scheme", "compression", "pack"),
    [
        ("oci", "gzip", bytes),
        ("oci", "zstd", bytes),
        ("oci-archive", "gzip", bytes),
        ("oci-archive", "zstd", bytes),
        ("oci-archive", "gzip", gzip.compress),
        ("oci-archive", "zstd", zstd.compress),
    ],
)
def test_skopeo_copy(
    saved: Path,
    expected: tuple[Image, dict[int, Columns]],
    tmp_path: Path,
    scheme: str,
    compression: str,
    pack: Callable[[bytes], bytes],
) -> None:
    require("skopeo")
    options = ("--dest-compress", "--dest-compress-format", compression)
    target = tmp_path / "copy"
    run("skopeo", "copy", "--quiet", *options, f"docker-archive:{saved}", f"{scheme}:{target}:v1")
    if target.is_file():
        target.write_bytes(pack(target.read_bytes()))
    assert_same(described(f"{scheme}:{target}:v1"), expected)
    assert_same(described(str(target)), expected)


@pytest.mark.parametrize(
    ("kind", "pack"),
    [
        ("docker-archive", bytes),
        ("docker-archive", gzip.compress),
        ("docker-archive", zstd.compress),
        ("oci-archive", bytes),
        ("oci-archive", gzip.compress),
        ("oci-archive", zstd.compress),
        ("oci-dir", bytes),
        ("docker-dir", bytes),
    ],
)
def test_podman_save(
    podman: tuple[str, ...],
    name: str,
    expected: tuple[Image, dict[int, Columns]],
    tmp_path: Path,
    kind: str,
    pack: Callable[[bytes], bytes],
) -> None:
    target = tmp_path / "saved"
    run(*podman, "save", "--quiet", "--format", kind, "--output", target, name)
    if target.is_file():
        target.write_bytes(pack(target.read_bytes()))
    assert_same(described(str(target)), expected)


def test_podman_save_of_several_images(
    podman: tuple[str, ...], name: str, expected: tuple[Image, dict[int, Columns]], tmp_path: Path
) -> None:
    first, again = f"localhost/{name}", f"localhost/layerview-test/again:{os.getpid()}"
    run(
        *podman, "build", "--quiet", "--isolation", "chroot", "--tag", again, _context(tmp_path, f"FROM {first}\nCMD x")
    )
    run(*podman, "save", "--quiet", "--multi-image-archive", "--output", tmp_path / "saved", first, again)
    assert_same(described(f"docker-archive:{tmp_path / 'saved'}:{first}"), expected)
    image, entries = described(f"docker-archive:{tmp_path / 'saved'}:{again}")
    assert (image.config.cmd, entries) == (("/bin/sh", "-c", "x"), expected[1])


def _context(path: Path, dockerfile: str) -> Path:
    """A folder to build from."""
    (path / "context").mkdir()
    (path / "context/Dockerfile").write_text(dockerfile)
    return path / "context"
