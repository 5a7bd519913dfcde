"""The choice of one of the images in an archive or a layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from layerview.errors import AmbiguousError, DamagedError, LayerviewError, NotFoundError, UsageError
from layerview.image import Platform, same_name
from layerview.sources.archives.candidate import Candidate, Candidates, Lacking
from layerview.sources.archives.candidates import bare_layer, candidates, is_full
from layerview.sources.archives.members import Members
from layerview.sources.protocol import Alternative, Source

STANDARD_INPUT = "standard input"

_DIGEST = re.compile(r"@?sha\d{3}:[0-9a-f]{64,128}")

_MAX_LISTED = 20
"""Images that an error lists."""

_TITLES = {
    "layer": "Layer",
    "dir": "Image folder",
    "oci": "OCI layout",
    "oci-archive": "OCI archive",
    "docker-archive": "Docker archive",
}


class Wanted(msgspec.Struct, frozen=True):
    """Which of several images is meant."""

    name: str = ""
    """A name that it has in the archive, or ``@`` and its place among the images there, from 0, or its digest."""
    platform: Platform | None = None


class Images(msgspec.Struct, frozen=True, dict=True):
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
        if self.wanted.platform is None and all(map(self._is_told_by_platform, left)):
            ways = [f"--platform {each.image.platform}" for each in left[:_MAX_LISTED]]
            what = f"images for {len(left)} platforms"
        else:
            ways = [f"{self.spelling}:{self._name(each)}" for each in left[:_MAX_LISTED]]
            what = f"{len(left)} images"
        listed = " or ".join(ways)
        raise AmbiguousError(f"{self.spelling} has {what}", f"Choose by {listed}{_more(left)}.")

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
        if platform is None and len(left) == 1:
            return left
        by_name = not self.wanted.name
        if served := _served(left, platform or Platform.host(), by_name, or_all=platform is None):
            return served
        platforms = ", ".join(sorted({str(each.image.platform) for each in left}))
        raise NotFoundError(f"{self.spelling} has no image for {platform}", f"It has {platforms}.")

    def _named(self) -> Sequence[Candidate]:
        name = self.wanted.name
        if not name:
            return self.all
        if _DIGEST.fullmatch(name):
            return [each for each in self.all if _has_digest(each, name.removeprefix("@"))]
        if not name.startswith("@"):
            return [each for each in self.all if _is_called(each, name)]
        if not name[1:].isdecimal():
            raise UsageError(f"{name} names no image", "Write @ and a number from 0, such as @0, or @ and a digest.")
        number = int(name[1:]) if len(name) < 10 else len(self.all)
        return self.all[number : number + 1]

    def _name(self, candidate: Candidate) -> str:
        """What leads to this one alone, beside the platform that is wanted."""
        for name in candidate.names:
            if not name.startswith("@") and self._led_to(replace(self.wanted, name=name)) == [candidate]:
                return name
        return f"@{_place(self.all, candidate)}"

    def _is_told_by_platform(self, candidate: Candidate) -> bool:
        """Whether its platform, as one would write it, leads to this one alone."""
        try:
            platform = Platform.parse(str(candidate.image.platform))
        except UsageError:
            return False
        return self._led_to(replace(self.wanted, platform=platform)) == [candidate]

    def _led_to(self, wanted: Wanted) -> list[Candidate]:
        """Those that may be meant where that is what is wanted."""
        try:
            return list(replace(self, wanted=wanted)._left)
        except LayerviewError:
            return []

    def _listing(self) -> str:
        """Names that lead to one image, and places of those that have none."""
        listed = [
            next((name for name in each.names if len(self._led_to(Wanted(name))) == 1), f"@{number}")
            for number, each in enumerate(self.all[:_MAX_LISTED])
        ]
        return ", ".join(dict.fromkeys(listed)) + _more(self.all)


class Selection(Protocol):
    """Finds the images in an archive, and which is wanted, now or later, perhaps in another process. Picklable."""

    def __call__(self, members: Members) -> Images:
        """Raises LayerviewError."""
        ...

    def at(self, number: int) -> Selection:
        """The same of that place in the archive, from 0."""
        ...


class FromArchive(msgspec.Struct, frozen=True):
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


def _has_digest(candidate: Candidate, digest: str) -> bool:
    """Whether its ID or the digest of one of its manifests is this one."""
    return digest in (candidate.image.id, *(each.rpartition("@")[2] for each in candidate.image.digests))


def _place(all: Sequence[Candidate], candidate: Candidate) -> int:
    return next(number for number, each in enumerate(all) if each is candidate)


def _served(found: Sequence[Candidate], wanted: Platform, by_name: bool, *, or_all: bool) -> list[Candidate]:
    """Those that serve a platform best, of each name if ``by_name``; ``or_all``: all where none of a name does."""
    best: dict[str, int] = {}
    fits = [(each, each.image.platform.fit(wanted), (each.names if by_name else ()) or ("",)) for each in found]
    for _, fit, names in fits:
        for name in names:
            best[name] = max(fit, best.get(name, 0))
    return [each for each, fit, names in fits if any(fit == best[name] and (fit or or_all) for name in names)]


def _more(found: Sequence[Candidate]) -> str:
    return f" and {len(found) - _MAX_LISTED:,} more" if len(found) > _MAX_LISTED else ""


def _alternative(candidate: Candidate, open: Callable[[], Source], place: str, meant: bool) -> Alternative:
    image = candidate.image
    digest = next((each.rpartition("@")[2] for each in image.digests), image.id)
    known = [layer.stored_size for layer in image.layers if layer.stored_size is not None]
    size = sum(known) if len(known) == len(image.layers) else None
    return Alternative(open, candidate.names, image.platform, digest, size, image.config.created, place, meant)
