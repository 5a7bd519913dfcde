"""The files that a Docker Engine keeps on its disk, handed over by the engine itself.

Where this program may not read them, or the engine is on another machine: a container is created, never started, with
just the files that are needed bound into it read only; the engine gives them out as it does for ``docker cp``; and the
container is removed. What a killed run left behind is found and removed by the next.

An image has a say in its containers: they inherit its labels, its command and its volumes. So nothing that an image can
set makes a container one of these, the files are bound where no file of the image can be, and each of the image's
volumes is covered, which else would be filled with what the image has there.
"""

from __future__ import annotations

import secrets
import tarfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from io import RawIOBase
from tarfile import BLOCKSIZE, HeaderError, TarInfo

import msgspec
from docker.errors import APIError

from layerview.errors import NotFoundError, ServiceError
from layerview.layers.blocks import Read
from layerview.sources.archives.members import inside
from layerview.sources.docker.client import Client, understood

LABEL = "io.github.layerview.owner"
"""Of containers that are created to read the engine's files; its value names the process that needs them."""
PREFIX = "layerview-"
"""Their names begin so; 16 random digits follow, which also name the folder inside where the files are bound."""
PROGRAM = "layerview"
"""What they would run, with their own name as its argument; they have no such program."""

_MAX_HEADERS = 1 << 20
"""Bytes of what stands before a file's content in its tar."""
_CHUNK = 1 << 20
_DOES_NOT_EXIST = "bind source path does not exist"
"""What an engine says of a path that is to be bound."""


class Basis(msgspec.Struct, frozen=True):
    """What containers are made from."""

    owner: str
    """Which process needs them."""
    image: str
    """The ID of the image whose layers are to be read, as it is sure to be there."""
    volumes: tuple[str, ...]
    """The paths of its volumes."""


class Loan(msgspec.Struct, frozen=True):
    """A container with some of the engine's files."""

    id: str
    place: str
    """The folder inside where they are, by numbers from 1 on."""

    def path(self, number: int | None = None) -> str:
        """That of one of them, or of all."""
        return f"{self.place}/{number}" if number else self.place


@contextmanager
def borrowed(client: Client, basis: Basis, paths: Sequence[str]) -> Iterator[Loan]:
    """A container with some of the engine's files and folders, to be read by :func:`opened` and :func:`fetched`.

    Raises NotFoundError where one of the paths does not exist, APIError and ServiceError.
    """
    name = f"{PREFIX}{secrets.token_hex(8)}"
    loan = Loan(_created(client, basis, name, paths), f"/{name}")
    try:
        yield loan
    finally:
        remove(client, loan.id)


def remove(client: Client, container: str) -> None:
    """Remove a container that has never run, and nothing else: it has no volumes, and one that runs is not touched.

    Raises APIError.
    """
    with client.answer(f"/containers/{container}", method="DELETE"):
        pass


def fetched(client: Client, loan: Loan, names: Collection[str], limit: int) -> dict[str, bytes]:
    """Small files, by their names: ``NUMBER`` of what was borrowed, or ``NUMBER/NAME`` in a folder. Others are passed over.

    Raises ServiceError, also where that is more than ``limit`` bytes, and APIError.
    """
    only = None if len(names) > 1 else int(next(iter(names)))
    found = {}
    with client.answer(f"/containers/{loan.id}/archive", {"path": loan.path(only)}) as response:
        stream = _Bounded(response.raw.read, limit)
        try:
            with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as archive:
                for member in archive:
                    name = member.name if only else member.name.partition("/")[2]
                    if name in names and member.isreg() and (file := archive.extractfile(member)) is not None:
                        found[name] = file.read()
        except tarfile.TarError as error:
            raise ServiceError(f"The Docker Engine sent no files: {error}", "Try --export.") from error
    return found


@contextmanager
def opened(client: Client, loan: Loan, number: int, size: int) -> Iterator[Read]:
    """Reads a borrowed file of this size, whatever its size. Raises ServiceError where the engine gives no such file.

    The engine gives out one file of a container at a time, and does not remove it meanwhile.
    """
    with client.archive(f"/containers/{loan.id}/archive?path={loan.path(number)}") as archive:
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


class _Container(msgspec.Struct, rename="pascal"):
    """What an engine answers that has created a container."""

    id: str


def _created(client: Client, basis: Basis, name: str, paths: Sequence[str]) -> str:
    bound = [
        {"Type": "bind", "Source": path, "Target": f"/{name}/{number}", "ReadOnly": True}
        for number, path in enumerate(paths, 1)
    ]
    covers = [{"Type": "tmpfs", "Target": path} for path in _covered(basis.volumes)]
    wanted = {
        "Image": basis.image,
        "Entrypoint": [PROGRAM],
        "Cmd": [name],
        "Labels": {LABEL: basis.owner},
        "NetworkDisabled": True,
        "HostConfig": {"NetworkMode": "none", "Mounts": [*bound, *covers]},
    }
    try:
        with client.answer("/containers/create", {"name": name}, "POST", body=wanted) as response:
            return understood(response, _Container).id
    except APIError as error:
        if _DOES_NOT_EXIST in str(error.explanation):
            raise NotFoundError(f"The Docker Engine lacks what was to be read: {error.explanation}") from error
        raise


def _covered(volumes: Sequence[str]) -> Sequence[str]:
    """Where something has to be mounted, or the engine would make these volumes. Raises ServiceError where nothing can."""
    for volume in volumes:
        if not volume.startswith("/") or not inside(volume):
            raise ServiceError(
                f"The image has a volume at {volume}, which the Docker Engine would fill with what the image has there",
                "It is exported instead.",
            )
    return [*dict.fromkeys(f"/{inside(volume)}" for volume in volumes)]


class _Bounded(RawIOBase):
    """A stream that may not have more than so many bytes."""

    def __init__(self, source: Read, limit: int) -> None:
        self._source, self._left = source, limit

    def read(self, size: int = -1) -> bytes:
        data = self._source(size)
        self._left -= len(data)
        if self._left < 0:
            raise ServiceError("The Docker Engine hands over more than its files can be", "Try --export.")
        return data


def _skip_headers(read: Read) -> None:
    """Read up to the content of the only file in a tar; tarfile would give it at two thirds of the speed."""
    left = _MAX_HEADERS
    try:
        while not (header := TarInfo.frombuf(read(BLOCKSIZE), "utf-8", "surrogateescape")).isreg():
            left -= header.size
            if left < 0:
                raise HeaderError("its headers do not end")
            read(-(-header.size // BLOCKSIZE) * BLOCKSIZE)
    except HeaderError as error:
        raise ServiceError(f"The Docker Engine sent no file: {error}", "Try --export.") from error
