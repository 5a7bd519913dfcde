"""Containers of Podman, which its own command tells of: the store alone does not say who owns a file in them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from layerview.errors import DamagedError, NotFoundError, ServiceError
from layerview.image import convert
from layerview.layers.blocks import Read
from layerview.sources.archives.passing import Command, opened
from layerview.sources.container import Changes, Container
from layerview.sources.podman.engine import is_elsewhere, open_podman
from layerview.sources.protocol import Source

T = TypeVar("T")

_PATIENCE = 60
"""Seconds until a Podman that does not answer is given up."""


class PodmanContainers(msgspec.Struct, frozen=True):
    """Those of whoever asks, or of the service that is named."""

    records: bool | None
    """As for its images."""

    @property
    def title(self) -> str:
        return "Podman"

    def inspect(self, name: str) -> Container:
        (told,) = _understood(_asked(name, "container", "inspect", name), tuple[_Inspected])
        # Without root, and with a user namespace, files have other owners on disk than the container sees.
        is_here = os.getuid() == 0 and not told.host_config.userns_mode and not is_elsewhere()
        is_overlay = told.graph_driver.name == "overlay"
        folder = told.graph_driver.data.get("UpperDir", "") if is_here and is_overlay else ""
        return Container(told.id, told.name, told.state.status, told.created, told.image, None, folder)

    def image(self, container: Container) -> Source:
        return open_podman(container.image, container.platform, self.records)

    def changes(self, container: str) -> Changes:
        found = _understood(_asked(container, "diff", "--format", "json", container), _Changes)
        present = frozenset(path.lstrip("/") for path in (*found.changed, *found.added))
        return Changes(present, tuple(path.lstrip("/") for path in found.deleted))

    @contextmanager
    def export(self, container: str) -> Iterator[Read]:
        with opened(Command(_podman("export", container))) as file:
            yield file.read


def _asked(name: str, *words: str) -> bytes:
    """What Podman answers about a container. Raises LayerviewError."""
    try:
        done = subprocess.run(
            _podman(*words), stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False
        )
    except FileNotFoundError as error:
        raise ServiceError("Podman's containers cannot be told without podman", "Install it.") from error
    except subprocess.TimeoutExpired as error:
        raise ServiceError("Podman does not answer", "Is it busy?") from error
    if not done.returncode:
        return done.stdout
    lines = [line.strip() for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    said = lines[-1].removeprefix("Error: ") if lines else f"exit status {done.returncode}"
    if "no such container" in said:
        raise NotFoundError(f"Podman has no container {name}", "podman ps --all lists what it has.")
    raise ServiceError(f"Podman says: {said}", "See that podman ps works.")


def _podman(*words: str) -> tuple[str, ...]:
    return ("podman", *(("--remote",) if is_elsewhere() else ()), *words)


def _understood(data: bytes, type: type[T]) -> T:
    try:
        return convert(msgspec.json.decode(data), type, "Podman's answer")
    except (msgspec.DecodeError, DamagedError) as error:
        raise ServiceError(f"Podman's answer cannot be read: {error}", "See what podman version says.") from error


class _State(msgspec.Struct, rename="pascal"):
    status: str = ""


class _GraphDriver(msgspec.Struct, rename="pascal"):
    name: str = ""
    data: dict[str, str] = {}


class _HostConfig(msgspec.Struct, rename="pascal"):
    userns_mode: str = ""


class _Inspected(msgspec.Struct, rename="pascal"):
    """What Podman says of a container."""

    id: str
    name: str
    image: str
    created: str = ""
    state: _State = msgspec.field(default_factory=_State)
    graph_driver: _GraphDriver = msgspec.field(default_factory=_GraphDriver)
    host_config: _HostConfig = msgspec.field(default_factory=_HostConfig)


class _Changes(msgspec.Struct):
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
