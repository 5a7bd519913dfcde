"""What a reference on the command line means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerview.errors import LayerviewError, NotAnImageError, NotFoundError, UsageError
from layerview.sources import Source, open_source
from layerview.sources.archives.passing import PassingArchive
from layerview.sources.archives.stored import StoredImage
from layerview.sources.asking import FirstThatHas
from layerview.sources.docker.engine import DockerEngine
from layerview.sources.registry.image import RegistryImage
from tests.sources.images import Layout, Saved, docker_archive, folder, named, read, simple, tar


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with an archive ``image.tar`` and a layout ``layout``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "image.tar").write_bytes(tar(docker_archive(Saved(simple("a"), ("demo:1", "demo:2")))))
    layout = Layout()
    folder(tmp_path / "layout", layout.of(layout.image(simple("a"), **named("v1"))))
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("reference", "source", "kind"),
    [
        ("image.tar", None, StoredImage),
        ("./image.tar", None, StoredImage),
        ("layout", None, StoredImage),
        ("layout/", None, StoredImage),
        ("docker-archive:image.tar", None, StoredImage),
        ("docker-archive:image.tar:demo:2", None, StoredImage),
        ("docker-archive://image.tar", None, StoredImage),
        ("oci:layout", None, StoredImage),
        ("oci:layout:v1", None, StoredImage),
        ("dir:layout", None, StoredImage),
        ("image.tar", "docker-archive", StoredImage),
        ("image.tar:demo:1", "docker-archive", StoredImage),
        ("ubuntu", None, FirstThatHas),
        ("ubuntu:22.04", None, FirstThatHas),
        ("localhost:5000/a/b", None, FirstThatHas),
        ("a/b", None, FirstThatHas),
        ("cafe", None, FirstThatHas),
        ("0123456789ab", None, FirstThatHas),
        ("sha256:" + "0" * 64, None, FirstThatHas),
        ("docker:ubuntu", None, DockerEngine),
        ("docker://ubuntu", None, DockerEngine),
        ("docker:image.tar", None, DockerEngine),
        ("image.tar", "docker", DockerEngine),
        ("registry:ubuntu", None, RegistryImage),
        ("registry:registry:2", None, RegistryImage),
        ("registry:localhost:5000/a/b@sha256:" + "0" * 64, None, RegistryImage),
        ("registry://quay.io/a/b:1", None, RegistryImage),
        ("image.tar", "registry", RegistryImage),
    ],
)
def test_reference_means_a_place(reference: str, source: str | None, kind: type[Source]) -> None:
    assert isinstance(open_source(reference, source=source), kind)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("reference", "source", "error"),
    [
        ("./nothing", None, NotFoundError),
        ("nothing.tar", None, NotFoundError),
        ("docker-archive:nothing", None, NotFoundError),
        ("docker-archive:", None, NotFoundError),
        ("oci:nothing:v1", None, NotFoundError),
        (".", None, NotAnImageError),
        ("docker-archive:.", None, NotAnImageError),
        ("podman:", None, UsageError),
        ("registry:2", None, UsageError),
        ("registry:2.8.3", None, UsageError),
        ("registry:latest", None, UsageError),
        ("registry:", None, UsageError),
        ("registry:Ubuntu", None, UsageError),
        ("registry:image.tar:", None, UsageError),
        ("x", "somewhere", UsageError),
        ("Ubuntu", None, UsageError),
        ("docker:", None, UsageError),
        ("", None, UsageError),
        ("a b", None, UsageError),
        ("a\0b", None, UsageError),
        ("x" * 300, None, UsageError),
    ],
)
def test_reference_that_means_nothing_is_explained(
    reference: str, source: str | None, error: type[LayerviewError]
) -> None:
    with pytest.raises(error) as raised:
        open_source(reference, source=source)
    assert raised.value.hint
    assert "\n" not in raised.value.message


def test_file_that_exists_comes_before_an_image(here: Path) -> None:
    (here / "ubuntu").write_bytes((here / "image.tar").read_bytes())
    assert isinstance(open_source("ubuntu"), StoredImage)


def test_folder_without_an_image_does_not_hide_an_image_of_its_name(here: Path) -> None:
    (here / "ubuntu").mkdir()
    assert isinstance(open_source("ubuntu"), FirstThatHas)


def test_name_with_a_colon_may_be_a_file(here: Path) -> None:
    (here / "docker:x").write_bytes((here / "image.tar").read_bytes())
    (here / "a:b.tar").write_bytes((here / "image.tar").read_bytes())
    assert isinstance(open_source("docker:x"), StoredImage)
    assert read(open_source("docker-archive:a:b.tar:demo:2")).image.name == "demo:2"


def test_kind_is_told_by_content(here: Path) -> None:
    (here / "plain.gz").write_bytes((here / "image.tar").read_bytes())
    assert isinstance(open_source("plain.gz"), StoredImage)
    (here / "image.tar").write_bytes(b"\x1f\x8b\x08" + bytes(20))
    assert isinstance(open_source("image.tar"), PassingArchive)


def test_what_is_neither_file_nor_folder_is_not_opened(here: Path) -> None:
    os.mkfifo(here / "pipe")
    with pytest.raises(NotAnImageError, match="neither"):
        open_source("./pipe")
    with pytest.raises(NotAnImageError, match="neither"):
        open_source("/dev/null")


def test_platform_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        open_source("ubuntu", platform="linux/")
