"""What a reference on the command line means."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from layerview.errors import DamagedError, LayerviewError, NotAnImageError, NotFoundError, UsageError
from layerview.sources import Source, is_piped, open_source
from layerview.sources.archives.passing import PassingArchive
from layerview.sources.archives.stored import StoredImage
from layerview.sources.asking import FirstThatHas
from layerview.sources.docker.engine import DockerEngine
from layerview.sources.opening import is_file
from layerview.sources.registry.image import RegistryImage
from tests.builders import file, layer
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


def _web_page(path: Path) -> None:
    folder(path, {"manifest.json": b'{"name": "My page", "icons": []}', "index.json": b'{"a": 1}', "index.html": b""})


PROGRAMS: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "web page": _web_page,
    "program": lambda path: path.write_bytes(b"\x7fELF" + bytes(5000)),
    "empty file": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("FROM scratch"),
    "compressed text": lambda path: path.write_bytes(gzip.compress(b"text" * 1000)),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_has_no_image_does_not_hide_an_image_of_its_name(here: Path, program: str) -> None:
    PROGRAMS[program](here / "app")
    assert isinstance(open_source("app"), FirstThatHas)
    assert not is_file("app")
    for reference in ("./app", "oci:app", str(here / "app")):
        with pytest.raises(NotAnImageError):
            read(open_source(reference))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_what_has_an_image_or_a_part_of_one_is_meant(here: Path, pack: Callable[[bytes], bytes]) -> None:
    archive = (here / "image.tar").read_bytes()
    for content in (archive, archive[:700], layer(file("a"))):
        (here / "app").write_bytes(pack(content))
        assert isinstance(open_source("app"), StoredImage if pack is bytes else PassingArchive)
    lacking = Layout()
    descriptor = lacking.image(simple("a"))
    lacking.members.clear()
    folder(here / "other", lacking.of(descriptor))
    with pytest.raises(DamagedError, match="lacks the image's manifest"):
        open_source("other").describe()


def test_where_no_place_has_it_the_error_says_what_is_wrong_with_the_file_too(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{here}/nobody.sock")
    (here / "app").write_text("no image")
    with pytest.raises(LayerviewError) as raised:
        open_source("app", last_resort=False).describe()
    assert raised.value.message.startswith("No place has app: The file app is no image; ")
    assert "docker:NAME" in raised.value.hint


@pytest.mark.parametrize(
    "ending",
    [
        "tar",
        "tar.gz",
        "tgz",
        "tar.zst",
        "tar.bz2",
        "tar.xz",
        "TAR",
        "oci",
        "gz",
        "tar.lz4",
        "tlz",
        "iso",
        "zip",
        "img",
        "cpio",
    ],
)
def test_file_that_is_not_there_is_asked_for_nowhere(here: Path, ending: str) -> None:
    with pytest.raises(NotFoundError, match="There is no file or folder"):
        open_source(f"nothing.{ending}")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become someone without permission")
@pytest.mark.parametrize("reference", ["{}", "{}/", "oci:{}", "{}/x", "root"])
def test_folder_that_may_not_be_read_is_not_called_no_image(reference: str) -> None:
    code = (
        "import os, sys, layerview.sources.docker.engine, layerview.sources.podman.engine\n"
        "from layerview.sources import open_source\n"
        "os.setuid(65534); os.chdir(os.path.dirname(sys.argv[2]))\n"
        "try: open_source(sys.argv[1], last_resort=False).describe()\n"
        "except Exception as error: print(type(error).__name__, error, sep='|')"
    )
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        secret = folder(Path(name) / "root", Layout().of())
        secret.chmod(0o700)
        asked = [sys.executable, "-c", code, reference.format(secret), str(secret)]
        environment = {**os.environ, "DOCKER_HOST": f"unix://{name}/nobody.sock"}
        root = Path(__file__).parents[2]
        done = subprocess.run(asked, env=environment, cwd=root, capture_output=True, text=True, check=True)
    assert f"{'root' if reference == 'root' else secret}" in done.stdout
    assert "cannot be read: Permission denied" in done.stdout
    assert "no image;" not in done.stdout
    assert ("|No place has root: " in done.stdout) is (reference == "root"), "which may be an image's name"


class TestPipes:
    """What comes through a file that is none."""

    @pytest.mark.parametrize("reference", ["./pipe", "pipe", "docker-archive:pipe:demo:2"])
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_pipe_with_a_name_is_read(self, here: Path, reference: str, pack: Callable[[bytes], bytes]) -> None:
        os.mkfifo(here / "pipe")
        archive = pack((here / "image.tar").read_bytes())
        with ThreadPoolExecutor() as writers:
            writers.submit((here / "pipe").write_bytes, archive)
            found = read(open_source(reference))
        assert found.paths == {1: ["a"]}
        assert found.image.source == "Docker archive pipe"

    def test_device_is_not_opened(self) -> None:
        with pytest.raises(NotAnImageError, match="neither"):
            open_source("/dev/null")

    @pytest.mark.parametrize("reference", ["-", "/dev/stdin", "/dev/fd/0", "docker-archive:/dev/stdin:demo:1"])
    def test_standard_input_has_several_names(self, reference: str) -> None:
        assert is_piped(reference)


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


def test_platform_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        open_source("ubuntu", platform="linux/")
