"""Images that an engine is to fetch from their registry: what each engine does for that, and how far it is.

An engine fetches by itself, with its own settings; it is told the name, the platform and the login, and tells of each
layer what becomes of it. What it keeps where it is stopped is its own affair: ``docs/pulling.md`` tells.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from layerview.errors import LayerviewError, NotFoundError, ServiceError, UsageError
from layerview.image import Platform, Reference
from layerview.sources.opening import (
    CONTAINER,
    ENGINES,
    REGISTRY,
    engines_here,
    is_file,
    is_only_local,
    place_and_name,
)
from layerview.text import duration, size

_WINDOW = 5.0
"""Seconds that the rate is an average of."""
_STEP = 0.2
"""Seconds between two figures that are kept for it."""
_SOON = 1.0
"""Seconds after which a rate means something."""


@dataclass(frozen=True)
class LayerPull:
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


def pulled_by(puller: Puller) -> str:
    """What opens the image once it is pulled."""
    return f"{puller.engine}:{puller.reference.familiar}"


def reading_of(reference: Reference) -> str:
    """What opens the image without pulling it."""
    return f"{REGISTRY}:{reference.familiar}"


def first_that_answers(pullers: Iterable[Puller]) -> Puller:
    """Raises ServiceError, with what each answered, where no engine does."""
    answers = []
    for puller in pullers:
        try:
            puller.check()
        except ServiceError as error:
            answers.append(error)
        else:
            return puller
    if len(answers) == 1:
        raise answers[0]
    said = "; ".join(answer.message for answer in answers)
    raise ServiceError(f"No engine is here to pull into: {said}", "Start one, or read the registry: registry:NAME.")


@dataclass(frozen=True)
class Figures:
    """How far a pull is as a whole."""

    layers: int
    complete: int
    fetched: int
    size: int
    """Bytes in all, of the layers whose size is known."""
    is_size_known: bool
    """Whether that is all of them."""
    rate: float
    """Bytes a second, by the last few; 0 where that is not known yet."""

    @property
    def left(self) -> float | None:
        """Seconds until all that is known of has come; None where nothing tells."""
        return (self.size - self.fetched) / self.rate if self.rate and self.size > self.fetched else None

    @property
    def words(self) -> list[str]:
        """The same for people, the most important first."""
        if not self.layers:
            return ["asking …"]
        words = [f"{self.complete} of {self.layers} layers"]
        more = "" if self.is_size_known else " or more"
        if self.size:
            words.append(f"{size(self.fetched)} of {size(self.size)}{more}")
        if self.complete == self.layers:
            return [*words, "finishing …"]
        if self.rate:
            words.append(f"{size(round(self.rate))}/s")
        if self.left is not None:
            words.append(f"{duration(self.left)}{more} left")
        return words


class Tally:
    """What a pull has told so far. One thread tells, another may ask."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._layers: dict[str, LayerPull] = {}
        self._past: deque[tuple[float, int]] = deque([(clock(), 0)])
        """When how many bytes had come."""

    def take(self, layer: LayerPull) -> None:
        """A layer is so far now."""
        self._layers[layer.id] = layer
        now = self._clock()
        if now - self._past[-1][0] >= _STEP:
            self._past.append((now, self._fetched))
            while len(self._past) > 2 and now - self._past[1][0] >= _WINDOW:
                self._past.popleft()

    @property
    def layers(self) -> Sequence[LayerPull]:
        """In the order in which the engine has named them."""
        return list(self._layers.values())

    def figures(self) -> Figures:
        """Those of now."""
        layers = self.layers
        since, before = self._past[0]
        elapsed, fetched = self._clock() - since, self._fetched
        return Figures(
            len(layers),
            sum(layer.complete for layer in layers),
            fetched,
            sum(layer.size for layer in layers),
            all(layer.size or layer.complete for layer in layers),
            (fetched - before) / elapsed if elapsed >= _SOON else 0,
        )

    @property
    def _fetched(self) -> int:
        return sum(layer.fetched for layer in self.layers)


def pullers(reference: str, *, source: str | None = None, platform: str | None = None) -> tuple[Puller, ...]:
    """What can pull the image that ``reference`` means, by the engines that may be here, in the order they are asked.

    ``source`` and ``platform`` are as for ``open_source``. Raises UsageError where it is nothing that can be pulled.
    """
    place, name = place_and_name(reference, source)
    if place == CONTAINER:
        raise UsageError("A container cannot be pulled", "Pull its image.")
    if place == REGISTRY:
        raise UsageError("registry: reads an image without pulling it", f"--pull {name} pulls it into an engine.")
    if place and place not in ENGINES:
        raise UsageError(f"What is read from {place}: cannot be pulled", "Only what has a name on a registry can.")
    if not place and is_file(name):
        raise UsageError(f"{name} is a file or a folder, which cannot be pulled", f"docker:{name} is an image's name.")
    parsed = Reference.parse(name)
    if is_only_local(name):
        raise UsageError(f"{name} is an image's ID, by which it cannot be pulled", "Name it as its registry does.")
    wanted = Platform.parse(platform) if platform else None
    return tuple(_puller(engine, parsed, wanted) for engine in ((place,) if place else engines_here()))


def _puller(engine: str, reference: Reference, platform: Platform | None) -> Puller:
    if engine == "podman":
        from layerview.sources.podman.pulling import podman_puller

        return podman_puller(reference, platform)
    if engine == "containerd":
        from layerview.sources.containerd.pulling import ContainerdPuller

        return ContainerdPuller(reference, platform)
    from layerview.sources.docker.pulling import DockerPuller

    return DockerPuller(reference, platform)


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
