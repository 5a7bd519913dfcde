"""Real engines and tools, and images that they build. A test that lacks one is skipped; with ``CI=true`` it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import pytest

from tests.commands import Told, told
from tests.engines.debian import DOCKERFILE, write_context
from tests.engines.dozen import NAME, write
from tests.engines.runtimes import settings_that_work

_HERE = Path(__file__).parent
_UNREAD = ("usr/share/locale", "usr/share/man", "usr/share/zoneinfo")
"""Half of the files of a Debian system, and all alike."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests one after the other, as they share the engines, and first, or all else is done before them."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("engines"))
    items.sort(key=lambda item: not item.path.is_relative_to(_HERE))


def require(*tools: str) -> None:
    """Skip where a tool is missing, or fail where none may be."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if not missing and "docker" in tools and _fails("docker", "version"):
        missing = ["a running Docker Engine"]
    if missing:
        lack(", ".join(missing))


def lack(what: str) -> NoReturn:
    """Skip for want of something, or fail where nothing may be missing."""
    message = f"without {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def docker_host() -> str:
    """The address of the Docker Engine."""
    require("docker")
    return os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


def containerd_host() -> str:
    """The address of a newer one, with containerd's image store."""
    require("docker")
    return os.environ.get("LAYERVIEW_TEST_CONTAINERD_HOST") or lack(
        "an engine, which LAYERVIEW_TEST_CONTAINERD_HOST names"
    )


def _fails(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def run(*command: str | Path) -> bytes:
    """What a command writes to standard output. Fails the test with what it says where it fails."""
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(map(str, command))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


@contextmanager
def store(program: str, driver: str) -> Iterator[tuple[str, ...]]:
    """Podman or Buildah with a store of its own: the beginning of a command."""
    require(program)
    # They refuse the long paths of pytest's own folders.
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as folder:
        try:
            yield program, "--root", f"{folder}/store", "--runroot", f"{folder}/run", "--storage-driver", driver
        finally:
            mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
            for mounted in reversed([path for path in mounts if path.startswith(f"{folder}/")]):
                run("umount", mounted)


_ENTER = """
mount --bind "$0" "$0" && cd "$0"
mount -t proc proc proc
mount -t tmpfs none run
for folder in sys dev tmp; do mount --rbind "/$folder" "$folder"; done
exec chroot . "$@"
"""


@dataclass(frozen=True)
class NewerSystem:
    """A system with newer engines and tools than the one that runs the tests has, in a folder. Both have one ``/tmp``."""

    root: Path

    def run(self, *command: str | Path) -> bytes:
        """What a command of that system writes, as :func:`run`."""
        return run(*self._entered(*command))

    @contextmanager
    def running(self, *command: str | Path) -> Iterator[subprocess.Popen[str]]:
        """A command that runs until it is no longer wanted, and whatever it has started with it."""
        with subprocess.Popen(self._entered(*command), stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def _entered(self, *command: str | Path) -> list[str]:
        """Its mounts and processes are its own, and go with it."""
        spaces = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
        return [*spaces, "sh", "-ec", _ENTER, *map(str, (self.root, *command))]


@pytest.fixture(autouse=True, scope="session")
def _podman_of_its_own() -> Iterator[None]:
    """Where no test names a store, Podman and Buildah have an empty one; and they build by a runtime that can do it here."""
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        settings = folder / "storage.conf"
        settings.write_text(f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n')
        patch.setenv("CONTAINERS_STORAGE_CONF", str(settings))
        if shutil.which("podman") and shutil.which("busybox"):
            for variable, value in settings_that_work(folder).items():
                patch.setenv(variable, value)
        yield


@pytest.fixture(scope="session")
def newer() -> NewerSystem:
    """The one in the folder that LAYERVIEW_TEST_NEWER_SYSTEM names, as ``.ci/newer-engine`` makes it."""
    root = os.environ.get("LAYERVIEW_TEST_NEWER_SYSTEM")
    if not root:
        lack("a newer system, whose folder LAYERVIEW_TEST_NEWER_SYSTEM names")
    return NewerSystem(Path(root))


@pytest.fixture(scope="session")
def dozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with an image of a dozen layers."""
    require("busybox")
    return write(tmp_path_factory.mktemp("dozen") / "dozen.tar", NAME)


@pytest.fixture(scope="session")
def expected_of_dozen(dozen: Path) -> Told:
    """What is told of that image, wherever it is."""
    return told(str(dozen))


@pytest.fixture(scope="session")
def debian(request: pytest.FixtureRequest) -> Path:
    """The tar of a small Debian system, made by debootstrap and kept between runs."""
    require("debootstrap", "tar")
    cache = request.config.cache
    assert cache is not None
    archive = cache.mkdir("debootstrap") / "bookworm.tar"
    if not archive.exists():
        root = archive.with_name(f"root-{os.getpid()}")
        try:
            run("debootstrap", "--variant=minbase", "bookworm", root)
            for folder in ("var/cache/apt/archives", "var/lib/apt/lists", *_UNREAD):
                shutil.rmtree(root / folder)
            run("tar", "-C", root, "-cf", archive.with_suffix(".part"), ".")
            archive.with_suffix(".part").replace(archive)
        finally:
            shutil.rmtree(root, ignore_errors=True)
    return archive


@pytest.fixture(scope="session")
def base(debian: Path) -> Iterator[str]:
    """The small Debian system as an image of the Docker Engine."""
    require("docker")
    name = f"layerview-test/debian:{os.getpid()}"
    run("docker", "import", debian, name)
    yield name
    run("docker", "rmi", "--force", name)


@pytest.fixture(scope="session")
def packages(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """That system with a package more and many files less, an image of the Docker Engine."""
    require("dpkg-deb")
    context = tmp_path_factory.mktemp("packages")
    write_context(context)
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=base))
    name = f"layerview-test/packages:{os.getpid()}"
    run("docker", "build", "--network", "none", "--tag", name, context)
    yield name
    run("docker", "rmi", "--force", name)
