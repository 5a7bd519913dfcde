"""Images that an engine is to fetch from their registry: what each engine does for that, and how far it is.

An engine fetches by itself, with its own settings; it is told the name, the platform and the login, and tells of each
layer what becomes of it. What it keeps where it is stopped is its own affair: ``docs/pulling.md`` tells.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import msgspec

from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.image import Reference


class LayerPull(msgspec.Struct, frozen=True):
    """How far a layer is, in the engine's own words and figures."""

    id: str
    """As the engine calls it: the beginning of a digest."""
    state: str
    """As the engine calls it, such as "Downloading"."""
    done: int = 0
    """Bytes of ``size`` that are done in this state, as far as it tells."""
    fetched: int = 0
    """Bytes that have come from the registry."""
    size: int = 0
    """Bytes that the registry sends of it in all; 0 where the engine has not told."""
    complete: bool = False
    """Whether there is nothing left to do."""


PullProgress = Callable[[LayerPull], None]


class Stop:
    """Stops a pull, from another thread. What the pull raises then tells nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self.asked = False

    def __call__(self) -> None:
        with self._lock:
            self.asked = True
            if self._end is not None:
                self._end()

    @contextmanager
    def by(self, end: Callable[[], object]) -> Iterator[None]:
        """In this block a pull is stopped by ``end``; at once, if it was asked for before."""
        with self._lock:
            self._end = end
            if self.asked:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._end = None


class Puller(Protocol):
    """Has one engine pull one image."""

    @property
    def engine(self) -> str:
        """The scheme under which the image is found afterwards, such as ``docker``."""
        ...

    @property
    def the(self) -> str:
        """The engine, for people, inside a sentence."""
        ...

    @property
    def reference(self) -> Reference:
        """The image."""
        ...

    def check(self) -> None:
        """Raises ServiceError where the engine does not answer."""
        ...

    def pull(self, progress: PullProgress, stop: Stop) -> None:
        """Returns when the engine has the image. ``progress`` is told of each layer, often. Raises LayerviewError."""
        ...


_REASONS: tuple[tuple[str, type[LayerviewError], str], ...] = (
    ("no space left|disk quota", ServiceError, "Free some space on the engine's disk, and pull again."),
    (r"toomanyrequests|too many requests|\b429\b|rate limit", ServiceError, "Wait, or log in: {login}."),
    (
        "no matching manifest|no match for platform|no image found in (manifest list|image index)",
        NotFoundError,
        "It has none for this platform; --platform names another.",
    ),
    (
        r"unauthorized|authentication required|no basic auth|denied|forbidden|\b40[13]\b",
        ServiceError,
        "Check the name; {login} leaves a login.",
    ),
    (r"manifest unknown|name unknown|not found|\b404\b", NotFoundError, "Check the name and the tag."),
    (
        "server gave http response to https client",
        ServiceError,
        "List the registry as an insecure one in the engine's settings.",
    ),
    ("x509|certificate|tls", ServiceError, "Have the engine trust the registry's certificate."),
    (
        "refused|no such host|timeout|timed out|unreachable|deadline|lookup ",
        ServiceError,
        "The engine does not reach the registry; check its name, and the engine's network and proxy.",
    ),
)
"""What the words of an engine that cannot pull mean, and what to do; the first that fits."""


def refusal(the: str, reference: Reference, said: str, complaints: Sequence[str] = ()) -> LayerviewError:
    """What to say where an engine does not pull, for the reason that it gives.

    ``complaints`` are of the files and helpers that might have had a login.
    """
    found = "; ".join((f"{reference.familiar} cannot be pulled by {the}: {said.strip()}", *complaints))
    # A port or a repository's name may read like a reason.
    plain = said.replace(reference.domain, "").replace(reference.path, "")
    for words, kind, hint in _REASONS:
        if re.search(words, plain, re.IGNORECASE):
            return kind(found, hint.format(login=f"docker login {reference.domain}"))
    return ServiceError(found, "See the engine's log for more.")
