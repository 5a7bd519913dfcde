"""The engines at hand being asked for their images, beside whoever wants to know.

Each engine is asked by a thread of its own, so that one that hangs holds up no other; nor does it hold up the end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from queue import SimpleQueue
from time import monotonic

import msgspec
from msgspec.structs import replace

from layerview.analysis.sharing import Holding, Share, share, stored_bytes
from layerview.errors import InputError, LayerviewError, unexpected
from layerview.image import ListedImage
from layerview.sources.listing import EngineImages

_BATCH = 0.5
"""Seconds between two pieces of news from an engine that is asked for one image after the other."""
_GRACE = 0.1
"""Seconds that an answer on its way has to come in before the threads are left to themselves."""

Identity = tuple[str, str]
"""Of an image: its engine, and its ID."""


class Listed(msgspec.Struct, frozen=True):
    """An engine has listed its images, without their layers."""

    engine: str
    images: tuple[ListedImage, ...]


class Detailed(msgspec.Struct, frozen=True):
    """An engine has told the layers of some of its images."""

    engine: str
    images: tuple[ListedImage, ...]


class Completed(msgspec.Struct, frozen=True):
    """An engine has told all there is to know."""

    engine: str
    shares: Mapping[str, Share]
    """What each image shares with the others of this engine, by its ID."""
    stored: int
    """Bytes of all their layers, what is shared counted once."""

    @classmethod
    def of(cls, engine: str, images: Iterable[ListedImage]) -> Completed:
        """What follows from these images; those without layers are left out."""
        holdings = [Holding.of(image) for image in images if image.layers is not None]
        shares = zip(holdings, share(holdings), strict=True)
        return cls(engine, {holding.id: each for holding, each in shares}, stored_bytes(holdings))


class Failed(msgspec.Struct, frozen=True):
    """An engine answers no more, or never did."""

    engine: str
    error: LayerviewError


InquiryEvent = Listed | Detailed | Completed | Failed


class Inquiry:
    """The engines at hand, which are asked as often as someone wants to know."""

    def __init__(self, engines: Sequence[EngineImages]) -> None:
        self._engines = engines
        self._threads: list[threading.Thread] = []
        self._asking = _Asking()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the engines, in the order in which an image is looked for."""
        return tuple(engine.name for engine in self._engines)

    def ask(
        self, names: Collection[str], listen: Callable[[InquiryEvent], None], known: Mapping[Identity, ListedImage]
    ) -> None:
        """Ask the engines of these names first for their images, then for the layers of each.

        ``listen`` is called from other threads, and hears no more of what was asked before. ``known`` are images with
        layers, which need not be asked for again.
        """
        self._asking.ended = True
        self._asking = _Asking()
        for engine in self._engines:
            if engine.name in names:
                task = _Task(engine, listen, known, self._asking)
                thread = threading.Thread(target=task.run, name=f"ask {engine.name}", daemon=True)
                thread.start()
                self._threads.append(thread)

    def answers(self) -> Iterator[InquiryEvent]:
        """Ask all engines, and give what they tell as it comes, until all is told."""
        told: SimpleQueue[InquiryEvent] = SimpleQueue()
        self.ask(self.names, told.put, {})
        asked = set(self.names)
        while asked:
            event = told.get()
            yield event
            if isinstance(event, Completed | Failed):
                asked.remove(event.engine)

    def end(self) -> None:
        """Tell no more. A thread that waits for an answer ends when it comes, or with the program."""
        self._asking.ended = True
        deadline = monotonic() + _GRACE
        for thread in self._threads:
            thread.join(max(deadline - monotonic(), 0))
        self._threads = [thread for thread in self._threads if thread.is_alive()]


class _Asking(msgspec.Struct):
    """One round of questions. No lock is held to end it, as Ctrl+C may break in and leave it held."""

    ended: bool = False
    """Whether the answers are not wanted any more."""


class _Task(msgspec.Struct, frozen=True):
    """One engine being asked."""

    engine: EngineImages
    listen: Callable[[InquiryEvent], None]
    known: Mapping[Identity, ListedImage]
    asking: _Asking

    def run(self) -> None:
        name = self.engine.name
        try:
            images = self.engine.images()
            self._tell(Listed(name, tuple(images)))
            detailed = self._ask_for_layers(images)
            if not self.asking.ended:
                self._tell(Completed.of(name, detailed))  # thousands of images take a second, so it is done here
        except LayerviewError as error:
            self._tell(Failed(name, error))
        except Exception as error:  # noqa: BLE001 (a thread that dies in silence leaves the reader waiting)
            self._tell(Failed(name, unexpected(error)))

    def _ask_for_layers(self, images: Sequence[ListedImage]) -> list[ListedImage]:
        """The same with their layers, but for those that cannot be had any more. Tells of them meanwhile."""
        found, told, told_at = list[ListedImage](), 0, monotonic()
        for image in images:
            if self.asking.ended:
                break
            known = self.known.get((image.engine, image.id))
            try:
                # What belongs to an ID never changes; its names may have.
                found.append(self.engine.with_layers(image) if known is None else replace(known, names=image.names))
            except InputError:  # it was removed meanwhile, or is damaged; the others are not
                continue
            if monotonic() - told_at >= _BATCH:
                self._tell(Detailed(self.engine.name, tuple(found[told:])))
                told, told_at = len(found), monotonic()
        self._tell(Detailed(self.engine.name, tuple(found[told:])))
        return found

    def _tell(self, event: InquiryEvent) -> None:
        if not self.asking.ended:
            self.listen(event)
