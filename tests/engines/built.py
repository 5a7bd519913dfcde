"""Images that real builders make, as Docker archives."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.builders import device, file, layer
from tests.engines.conftest import NewerSystem, require, run, store
from tests.engines.written import CAPABILITY

_COMMANDS = ("chmod", "chown", "ln", "mkdir", "mkfifo", "mv", "rm", "sh", "touch", "true")
_STEPS = r"""
FROM scratch
COPY system /
RUN mkdir -p /opt/tool/share /opt/keep /tmp && echo 1 > /opt/tool/share/one && echo 2 > /opt/tool/two
RUN ln /opt/tool/two /opt/hard && ln /opt/tool/two /opt/tool/hard && ln -s tool /opt/link && ln -s /nowhere /opt/gone
WORKDIR /srv/work
RUN rm -r /opt/tool && mkdir -m 700 /opt/tool && echo new > /opt/tool/new
RUN echo changed > /opt/hard && chmod 4755 /bin/busybox && chown 5:6 /opt/keep && chmod 1777 /tmp
COPY --chown=7:8 site /srv/site/
RUN rm /opt/link && mkdir /opt/link && echo x > /opt/link/x && rm -r /opt/keep && echo file > /opt/keep && mkfifo /pipe
RUN true
ADD odd.tar /srv/odd/
RUN mv /opt/link /srv/moved && touch -d @981173106 /srv/site/index.html && rm -r /srv/site/deep && mkdir /srv/site/deep
RUN rm /srv/odd/caf* && ln /srv/odd/capable /srv/linked && rm /srv/odd/null && mkdir /srv/odd/null && ln -s site /srv/to
"""
"""For every builder."""

_LINKED_STEPS = r"""
COPY --link site /srv/to/
COPY --link site/index.html /opt/tool/new/index.html
COPY --link --chown=9:9 --chmod=2755 site /srv/site
RUN rm -r /srv/to/* /opt/tool
COPY site /opt/tool/
"""
"""For BuildKit, which puts folders in place of the link ``to`` and of the file ``new``."""


def by_docker(place: Path) -> Path:
    """The Docker Engine's own builder."""
    require("docker")
    return _by_engine(place, _STEPS, run)


def by_buildkit(place: Path, newer: NewerSystem) -> Path:
    """BuildKit in an engine with containerd's image store."""

    def client(*command: str | Path) -> bytes:
        return newer.run("env", "DOCKER_HOST=unix:///engine.sock", "DOCKER_BUILDKIT=1", *command)

    return _by_engine(place, _STEPS + _LINKED_STEPS, client)


def _by_engine(place: Path, steps: str, client: Callable[..., bytes]) -> Path:
    with context(steps) as folder:
        name = f"layerview-test/built:{os.getpid()}"
        client("docker", "build", "--network", "none", "--tag", name, folder)
        try:
            client("docker", "save", "--output", place / "built.tar", name)
        finally:
            client("docker", "rmi", "--force", name)
    return place / "built.tar"


def by_podman(place: Path) -> Path:
    """``podman build``."""
    return _in_store(place, "podman", "build")


def by_buildah(place: Path) -> Path:
    """``buildah bud``."""
    return _in_store(place, "buildah", "bud", "--isolation", "oci")


def _in_store(place: Path, program: str, *build: str) -> Path:
    with context(_STEPS) as folder, store(program, "overlay") as command:
        run(*command, *build, "--layers", "--network", "none", "--tag", "built:1", folder)
        run(*command, "push", "--quiet", "built:1", f"docker-archive:{place}/built.tar:built:1")
    return place / "built.tar"


@contextmanager
def context(steps: str) -> Iterator[Path]:
    """A folder with all that a build needs."""
    require("busybox")
    with TemporaryDirectory(prefix="layerview-", dir="/tmp") as place:
        folder = Path(place)
        (folder / "Dockerfile").write_text(steps)
        (folder / "system/bin").mkdir(parents=True)
        shutil.copy("/bin/busybox", folder / "system/bin")
        for command in _COMMANDS:
            (folder / "system/bin" / command).symlink_to("busybox")
        (folder / "site/deep/er").mkdir(parents=True)
        (folder / "site/index.html").write_text("<p>hello")
        (folder / "site/deep/er/カメラ").write_text("x")
        odd = layer(
            file("capable", b"x", mode=0o755, xattrs={"security.capability": CAPABILITY}),
            *(file(b"caf\xe9", b"1", uid=70_000, gid=3), device("null", 1, 3), file(f"{'long/' * 40}name", mode=0o640)),
        )
        (folder / "odd.tar").write_bytes(odd)
        yield folder


def by_umoci(place: Path) -> Path:
    """``umoci insert``, with and without its two options."""
    require("umoci", "skopeo")
    source = place / "source"
    (source / "sub").mkdir(parents=True)
    for name in ("a", "sub/b"):
        (source / name).write_text(name)
    (source / "hard").hardlink_to(source / "a")
    (source / "link").symlink_to("a")
    (source / "a").chmod(0o4755)
    image = ("--image", f"{place}/layout:1")
    run("umoci", "init", "--layout", place / "layout")
    run("umoci", "new", *image)
    run("umoci", "insert", *image, source, "/opt/x")
    run("umoci", "insert", *image, "--whiteout", "/opt/x/sub")
    run("umoci", "insert", *image, source / "sub", "/opt/x/link")
    run("umoci", "insert", *image, "--opaque", source / "sub", "/opt/x")
    run("umoci", "insert", *image, source / "a", "/opt/x/b")
    run("umoci", "insert", *image, "--whiteout", "/opt")
    run("skopeo", "copy", "--quiet", f"oci:{place}/layout:1", f"docker-archive:{place}/built.tar:built:1")
    return place / "built.tar"
