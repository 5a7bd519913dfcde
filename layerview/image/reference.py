"""References to images, read as Docker reads them."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from layerview.errors import UsageError

HUB = "docker.io"
"""The registry of names that name none: Docker Hub."""
_MAX_NAME = 255
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_LABEL = r"(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}")
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{1,64}")


class Reference(msgspec.Struct, frozen=True):
    """The name of an image: where it is from, its repository, and a tag or a digest or both."""

    domain: str
    """The registry's host and port; ``docker.io`` where none is named."""
    path: str
    """The repository on it, such as ``library/ubuntu``."""
    tag: str
    """``latest`` where neither tag nor digest is named."""
    digest: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read ``ubuntu``, ``library/ubuntu:22.04``, ``localhost:5000/a/b@sha256:…``. Raises UsageError."""
        name, at, digest = text.partition("@")
        tag = ""
        if ":" in name.rpartition("/")[2]:
            name, _, tag = name.rpartition(":")
            if not _TAG.fullmatch(tag):
                raise _malformed(text, f"{tag!r} is no tag")
        if at and not _DIGEST.fullmatch(digest):
            raise _malformed(text, f"{digest!r} is no digest")
        first, slash, rest = name.partition("/")
        # As Docker decides: a host has a dot or a port, is localhost, or is no valid part of a path.
        if slash and ("." in first or ":" in first or first == "localhost" or first.lower() != first):
            domain, path = first, rest
        else:
            domain, path = HUB, name
        if domain in (HUB, "index.docker.io"):
            domain, path = HUB, path if "/" in path else f"library/{path}"
        if not _DOMAIN.fullmatch(domain):
            raise _malformed(text, f"{domain!r} is no registry")
        if len(name) > _MAX_NAME:
            raise _malformed(text, f"a name has at most {_MAX_NAME} characters")
        if not _PATH.fullmatch(path):
            upper = path.lower() != path and _PATH.fullmatch(path.lower())
            raise _malformed(text, "a repository's name is in small letters" if upper else f"{path!r} is no repository")
        return cls(domain, path, tag or ("" if digest else "latest"), digest)

    @property
    def familiar(self) -> str:
        """As people write it: without what is understood."""
        path = self.path if self.domain != HUB else self.path.removeprefix("library/")
        domain = "" if self.domain == HUB else f"{self.domain}/"
        return f"{domain}{path}{self._ending}"

    def __str__(self) -> str:
        return f"{self.domain}/{self.path}{self._ending}"

    @property
    def looked_up(self) -> str:
        """As engines look it up: without a tag where there is a digest, which says more."""
        return str(replace(self, tag="") if self.digest else self)

    @property
    def _ending(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def is_image_id(text: str) -> bool:
    """Whether the text can be an image ID or the beginning of one. It may be a repository's name nevertheless."""
    return _ID.fullmatch(text) is not None


@lru_cache(1 << 14)
def plain_name(name: str) -> str:
    """A name as engines look it up, with nothing left to be understood; one that is no reference stays as it is."""
    try:
        return Reference.parse(name).looked_up
    except UsageError:
        return name


def same_name(one: str, other: str) -> bool:
    """Whether two names mean one image, however much of them is left to be understood."""
    return plain_name(one) == plain_name(other)


def _malformed(text: str, why: str) -> UsageError:
    return UsageError(f"{text[:80]!r} is no image reference: {why}", "Write it as [HOST/]NAME[:TAG][@DIGEST].")
