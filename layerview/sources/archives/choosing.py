"""The choice of one of the images in an archive or a layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Protocol

from layerview.errors import AmbiguousError, DamagedError, NotFoundError, UsageError
from layerview.image import Platform, same_name
from layerview.sources.alternatives import Alternative
from layerview.sources.archives.candidates import Candidate, Candidates, Lacking, bare_layer, candidates, is_full
from layerview.sources.archives.members import Members
from layerview.sources.protocol import Source

STANDARD_INPUT = "standard input"

_MAX_LISTED = 20
"""Images that an error lists."""

_TITLES = {
    "layer": "Layer",
    "dir": "Image folder",
    "oci": "OCI layout",
    "oci-archive": "OCI archive",
    "docker-archive": "Docker archive",
}


@dataclass(frozen=True)
class Wanted:
    """Which of several images is meant."""

    name: str = ""
    """A name that it has in the archive, or ``@`` and its place among the images there, from 0."""
    platform: Platform | None = None


@dataclass(frozen=True)
class Images:
    """The images in an archive, and which of them is wanted."""

    all: tuple[Candidate, ...]
    wanted: Wanted
    spelling: str
    """How a command names the archive; a colon and an image's name can be added to it."""
    lacking: tuple[Lacking, ...] = ()
    """Of which the archive tells without what they are made of."""

    @property
    def chosen(self) -> Candidate:
        """The one that is wanted, else the one for this machine (statements 39, 40).

        Raises NotFoundError, AmbiguousError, UsageError.
        """
        left = self._left
        if len(left) == 1:
            return left[0]
        if len({each.names for each in left}) == 1 and len({each.image.platform for each in left}) == len(left):
            platforms = " or ".join(f"--platform {each.image.platform}" for each in left)
            raise AmbiguousError(f"{self.spelling} has images for {len(left)} platforms", f"Choose by {platforms}.")
        names = " or ".join(f"{self.spelling}:{self._name(each)}" for each in left[:_MAX_LISTED])
        raise AmbiguousError(f"{self.spelling} has {len(left)} images", f"Choose by {names}{_more(left)}.")

    def alternatives(self, open: Callable[[int], Callable[[], Source]]) -> tuple[Alternative, ...]:
        """All of them, for a reader. ``open`` gives what opens one by its place, from 0. Raises as ``chosen``."""
        meant = set(map(id, self._left))
        return tuple(
            _alternative(each, open(number), f"@{number}", id(each) in meant) for number, each in enumerate(self.all)
        )

    @cached_property
    def _left(self) -> Sequence[Candidate]:
        """Those that may be meant."""
        left = self._named()
        for each in self.lacking if not left else ():
            if not self.all or _is_called(each, self.wanted.name):
                raise DamagedError(f"{self.spelling} lacks {each.blob}")
        if not left:
            raise NotFoundError(f"{self.spelling} has no image named {self.wanted.name}", f"It has {self._listing()}.")
        platform = self.wanted.platform
        if platform is None:
            return _for_this_machine(left) if len(left) > 1 else left
        for fits in (Platform.suits, Platform.may_suit):
            if suiting := [each for each in left if fits(each.image.platform, platform)]:
                return suiting
        platforms = ", ".join(sorted({str(each.image.platform) for each in left}))
        raise NotFoundError(f"{self.spelling} has no image for {platform}", f"It has {platforms}.")

    def _named(self) -> Sequence[Candidate]:
        name = self.wanted.name
        if not name:
            return self.all
        if not name.startswith("@"):
            return [each for each in self.all if _is_called(each, name)]
        if not name[1:].isdecimal():
            raise UsageError(f"{name} names no image", "Write @ and a number from 0, such as @0.")
        number = int(name[1:]) if len(name) < 10 else len(self.all)
        return self.all[number : number + 1]

    def _name(self, candidate: Candidate) -> str:
        return candidate.names[0] if candidate.names else f"@{self.all.index(candidate)}"

    def _listing(self) -> str:
        return ", ".join(map(self._name, self.all[:_MAX_LISTED])) + _more(self.all)


class Selection(Protocol):
    """Finds the images in an archive, and which is wanted, now or later, perhaps in another process. Picklable."""

    def __call__(self, members: Members) -> Images:
        """Raises LayerviewError."""
        ...

    def at(self, number: int) -> Selection:
        """The same of that place in the archive, from 0."""
        ...


@dataclass(frozen=True)
class FromArchive:
    """The images in the archive or layout at ``path``, or from standard input."""

    path: Path | None
    wanted: Wanted

    def __call__(self, members: Members) -> Images:
        """Raises LayerviewError."""
        kind = _kind(members, self.path)
        found = candidates(members)
        if not (found.all or found.lacking):
            found = Candidates((bare_layer(members, str(self.path or STANDARD_INPUT.capitalize())),))
        called = tuple(self._called(each, kind) for each in found.all)
        return Images(called, self.wanted, f"{kind}:{self.path or '-'}", found.lacking)

    def at(self, number: int) -> FromArchive:
        return replace(self, wanted=Wanted(f"@{number}"))

    def _called(self, candidate: Candidate, kind: str) -> Candidate:
        """As people call it."""
        name = self.wanted.name if _is_called(candidate, self.wanted.name) else candidate.image.name
        if not is_full(name):
            name = ":".join(part for part in (self.path.name if self.path else STANDARD_INPUT, name) if part)
        title = _TITLES["layer" if None in candidate.paths else kind]
        source = f"{title} {self.path or f'from {STANDARD_INPUT}'}"
        return replace(candidate, image=replace(candidate.image, name=name, tags=candidate.names, source=source))


def _kind(members: Members, path: Path | None) -> str:
    """The scheme that names such an archive."""
    if path is not None and path.is_dir():
        return "dir" if members.size("index.json") is None else "oci"
    docker = any(members.size(name) is not None for name in ("manifest.json", "repositories"))
    return "docker-archive" if docker else "oci-archive"


def _is_called(candidate: Candidate | Lacking, name: str) -> bool:
    return bool(name) and any(same_name(name, other) for other in candidate.names)


def _for_this_machine(found: Sequence[Candidate]) -> list[Candidate]:
    """Of each name the one for this machine, and all where there is none."""
    host = Platform.host()
    suits = [each.image.platform.suits(host) for each in found]
    served = {name for each in compress(found, suits) for name in each.names or ("",)}
    return [each for each, does in zip(found, suits, strict=True) if does or served.isdisjoint(each.names or ("",))]


def _more(found: Sequence[Candidate]) -> str:
    return f" and {len(found) - _MAX_LISTED:,} more" if len(found) > _MAX_LISTED else ""


def _alternative(candidate: Candidate, open: Callable[[], Source], place: str, meant: bool) -> Alternative:
    image = candidate.image
    digest = next((each.rpartition("@")[2] for each in image.digests), image.id)
    known = [layer.stored_size for layer in image.layers if layer.stored_size is not None]
    size = sum(known) if len(known) == len(image.layers) else None
    return Alternative(open, candidate.names, image.platform, digest, size, image.config.created, place, meant)
