"""The files that a Docker Engine keeps on its disk, handed over by the engine itself.

Where this program may not read them, or the engine is on another machine: a container is created, never started, with
just the files that are needed bound into it read only; the engine gives them out as it does for ``docker cp``; and the
container is removed. Its label says which process made it, by which what a killed run left behind is found and removed.
"""

from __future__ import annotations

import os
import platform
import tarfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from tarfile import BLOCKSIZE, HeaderError, TarInfo

import docker
import msgspec
from docker.types import Mount

from layerview.errors import ServiceError
from layerview.image import Descriptor
from layerview.layers.blocks import Read
from layerview.sources.archives.placed import Place
from layerview.sources.docker.endpoint import Endpoint, answer, understood
from layerview.sources.protocol import Job

LABEL = "io.github.layerview.owner"
"""Of containers that are created to read the engine's files; its value names the process that needs them."""

_INSIDE = "/layerview"

_STALE = timedelta(days=1)
"""How old such a container is when whoever made it has died, where that cannot be seen from here."""


@dataclass(frozen=True)
class Kept:
    """What an engine keeps of an image, of which its layers can be indexed without an export."""

    config: bytes
    """The image's config as it was stored, which tells the history exactly."""
    jobs: Sequence[Job]
    blobs: tuple[Descriptor, ...] = ()
    """Each layer as it was pulled or built; none where the engine keeps none."""
    places: tuple[Place, ...] = ()
    """Where each of these blobs lies; none where this program may not read them."""

    @property
    def is_borrowed(self) -> bool:
        """Whether the engine hands over what the jobs read."""
        return bool(self.blobs) and not self.places


class Info(msgspec.Struct, rename="pascal"):
    """What an engine says of itself."""

    docker_root_dir: str
    """The folder that it keeps everything in."""
    driver: str
    """How it stores layers."""
    system_time: str
    driver_status: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Engine:
    """An engine that is being asked."""

    endpoint: Endpoint
    client: docker.APIClient
    info: Info
    owner: str
    """Who asks."""


def owner() -> str:
    """Names this process, such that another on this machine can see whether it has ended."""
    return f"{_machine()}:{os.getpid()}"


@contextmanager
def borrowed(client: docker.APIClient, owner: str, image: str, paths: Sequence[str]) -> Iterator[str]:
    """A container with some of the engine's files and folders, to be read by :func:`opened` and :func:`fetched`; its ID.

    Raises DockerException, also where one of the paths does not exist.
    """
    mounts = [
        Mount(target=f"{_INSIDE}/{number}", source=path, type="bind", read_only=True)
        for number, path in enumerate(paths, 1)
    ]
    answered = client.create_container(
        image,
        command=["layerview"],
        labels={LABEL: owner},
        network_disabled=True,
        host_config=client.create_host_config(mounts=mounts, network_mode="none"),
    )
    created = understood(answered, _Container)
    try:
        yield created.id
    finally:
        client.remove_container(created.id, v=True, force=True)


def fetched(client: docker.APIClient, container: str, number: int | None = None) -> dict[str, bytes]:
    """All that was borrowed, or what has this number, counted from 1: small files, as ``NUMBER`` and ``NUMBER/NAME``."""
    with answer(client, f"/containers/{container}/archive", {"path": _inside(number)}) as response:
        data = BytesIO(response.content)
    found = {}
    with tarfile.open(fileobj=data) as archive:
        for member in archive:
            if member.isfile() and (file := archive.extractfile(member)) is not None:
                found[member.name if number else member.name.partition("/")[2]] = file.read()
    return found


@contextmanager
def opened(endpoint: Endpoint, client: docker.APIClient, container: str, number: int, size: int) -> Iterator[Read]:
    """Reads a borrowed file of this size, whatever its size. Raises ServiceError where the engine gives no such file.

    The engine gives out one file of a container at a time, and does not remove it meanwhile.
    """
    with endpoint.archive(client, f"/containers/{container}/archive?path={_inside(number)}") as archive:
        _skip_headers(archive)
        left = size

        def read(wanted: int) -> bytes:
            nonlocal left
            data = archive(min(wanted, left))
            left -= len(data)
            if not data and left:
                raise ServiceError("The Docker Engine broke off in the middle of a layer", "Try again.")
            return data

        yield read


def remove_left_behind(client: docker.APIClient, now: str) -> None:
    """Remove the containers of processes that have ended. ``now`` is the engine's clock, which may differ from ours."""
    limit = (datetime.fromisoformat(now) - _STALE).timestamp()
    for container in _containers(client, LABEL):
        if container.created < limit or _has_ended(container.labels.get(LABEL, "")):
            _remove(client, container)


def remove_borrowed(client: docker.APIClient, owner: str) -> None:
    """Remove all containers of a process."""
    for container in _containers(client, f"{LABEL}={owner}"):
        _remove(client, container)


class _Container(msgspec.Struct, rename="pascal"):
    """What an engine says of a container."""

    id: str
    created: int = 0
    """Seconds since 1970, by its clock."""
    labels: dict[str, str] = {}


def _containers(client: docker.APIClient, label: str) -> tuple[_Container, ...]:
    """Those with this label; none where the engine does not tell."""
    try:
        return understood(client.containers(all=True, filters={"label": label}), tuple[_Container, ...])
    except docker.errors.APIError:
        return ()


def _remove(client: docker.APIClient, container: _Container) -> None:
    """Remove a container that someone else may be removing, too."""
    with suppress(docker.errors.APIError):
        client.remove_container(container.id, v=True, force=True)


def _skip_headers(read: Read) -> None:
    """Read up to the content of the only file in a tar; tarfile would give it at two thirds of the speed."""
    try:
        while not (header := TarInfo.frombuf(read(BLOCKSIZE), "utf-8", "surrogateescape")).isreg():
            read(-(-header.size // BLOCKSIZE) * BLOCKSIZE)
    except HeaderError as error:
        raise ServiceError(f"The Docker Engine sent no file: {error}", "Try --export.") from error


def _inside(number: int | None) -> str:
    return f"{_INSIDE}/{number}" if number else _INSIDE


def _machine() -> str:
    """Within what process IDs are unique: on Linux one namespace of this machine until its next start."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{platform.node()}:{uuid.getnode():x}"


def _has_ended(owner: str) -> bool:
    """Whether a process of this machine has ended. One that has its ID by now only keeps a container for longer."""
    machine, _, process = owner.rpartition(":")
    if machine == _machine() and process.isdecimal():
        try:
            os.kill(int(process), 0)
        except (ProcessLookupError, OverflowError):
            return True
        except PermissionError:
            return False
    return False
