"""The files of which an archive or a layout consists, told by their path in it."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from layerview.errors import DamagedError, NotAnImageError
from layerview.image import MAX_JSON
from layerview.layers import Kind
from layerview.layers.blocks import Region
from layerview.layers.tar import BLOCK, entries, is_tar
from layerview.regular import open_regular
from layerview.sources.archives.placed import Place, version_of

MAX_MEMBERS = 100_000
"""Files of an archive; an image of 127 layers has some 400."""

MAX_NAMES = 1 << 26
"""Bytes of the members' names and of links' targets; Docker's have some hundred each."""

MAX_PIECES = 1 << 20
"""Pieces of all sparse members; what goes beyond is taken to be absent. Each takes 130 bytes of memory."""

_MAX_HOPS = 10
"""Links followed from one member to another."""


class Members(Protocol):
    """What is in an archive or a layout."""

    def read(self, path: str) -> bytes | None:
        """A small file's content; None where there is no such file. Raises DamagedError for one that is not small."""
        ...

    def size(self, path: str | None) -> int | None:
        """Bytes of a file; None where there is no such file. Without a path, of the archive itself, if it is one tar."""
        ...

    def paths(self) -> Iterable[str]:
        """Of all files of an archive, and of links to them; a folder's need not be listed."""
        ...


class PlacedMembers:
    """Members that can be read in any order, because they lie in files."""

    def paths(self) -> Iterable[str]:
        return ()

    def place(self, path: str | None) -> Place | None:
        """Where a member lies; None where there is no such member. Without a path, where the whole archive does."""
        raise NotImplementedError

    def size(self, path: str | None) -> int | None:
        place = self.place(path)
        return None if place is None else place.length

    def read(self, path: str) -> bytes | None:
        place = self.place(path)
        if place is None:
            return None
        if place.length > MAX_JSON:
            raise DamagedError(f"{path} has {place.length:,} bytes, more than a manifest or a config may have")
        with os.fdopen(open_regular(place.file, follow=True), "rb") as file:
            return place.reader(file.fileno())(0, place.length)


class Folder(PlacedMembers):
    """The files of an OCI layout, or of an archive that was unpacked."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def place(self, path: str | None) -> Place | None:
        """Where a member lies. Paths that would lead out of the folder lead to its root instead."""
        if path is None:
            return None
        file = self._root / inside(path)
        try:
            status = file.stat()
        except (OSError, ValueError):
            return None
        return Place(str(file), 0, status.st_size, version_of(status)) if stat.S_ISREG(status.st_mode) else None


class TarFile(PlacedMembers):
    """The members of an archive that is an uncompressed tar in a file."""

    def __init__(self, file: Path) -> None:
        """Read the archive's headers. Raises NotAnImageError, DamagedError, OSError."""
        self._places: dict[str, Place] = {}
        self._links: dict[str, str] = {}
        members = names = pieces = 0
        with file.open("rb", buffering=0) as tar:
            version, size = version_of(status := os.fstat(tar.fileno())), status.st_size
            if not is_tar(tar.read(BLOCK)):
                raise not_an_image(str(file))
            self._whole = Place(str(file), 0, size, version)
            try:
                whole = Region(self._whole.reader(tar.fileno()), size, lambda _: None)
                for name, kind, _, _, _, length, _, _, offset, extra in entries(whole):
                    path = inside(text(name))
                    if kind is Kind.FILE:
                        sparse = extra.pieces if extra else None
                        pieces += len(sparse or ())
                        if pieces <= MAX_PIECES:
                            self._places[path] = Place(str(file), offset, length, version, sparse)
                    elif extra is not None and (target := link_target(path, kind, extra.link)):
                        self._links[path] = target
                    members += 1
                    names += len(name) + (len(extra.link) if extra else 0)
                    if members > MAX_MEMBERS or names > MAX_NAMES:  # as only a layer has
                        self._places.clear()
                        self._links.clear()
                        break
            except DamagedError as error:
                raise DamagedError(f"{file}: {error.message}", error.hint) from error

    def paths(self) -> Iterable[str]:
        return (*self._places, *self._links)

    def place(self, path: str | None) -> Place | None:
        return self._whole if path is None else self._places.get(followed(inside(path), self._links))


def inside(path: str) -> str:
    """A path in an archive without ``.``, ``..``, leading and doubled slashes; one that leads out stays at the root."""
    return posixpath.normpath(f"/{path}").lstrip("/")


def text(name: bytes) -> str:
    """A member's name as text, that no name is lost in."""
    return name.decode("utf-8", "surrogateescape")


def link_target(path: str, kind: Kind, link: bytes) -> str:
    """The path of the member that a link leads to; empty for what is no link (statement 37)."""
    if kind is Kind.SYMLINK:
        return inside(posixpath.join(posixpath.dirname(path), text(link)))
    return inside(text(link)) if kind is Kind.HARDLINK else ""


def followed(path: str, links: Mapping[str, str]) -> str:
    """The path of the member behind a path that may be a link, and that to another one."""
    for _ in range(_MAX_HOPS):
        if path not in links:
            break
        path = links[path]
    return path


def not_an_image(what: str) -> NotAnImageError:
    """There is a file or folder, but no image in it."""
    return NotAnImageError(
        f"{what} is no image",
        "An archive or folder by docker save, podman save or skopeo, an OCI layout, or the tar of a filesystem is one.",
    )
