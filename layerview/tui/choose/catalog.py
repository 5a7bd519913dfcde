"""The rows of the images at hand that someone looks at: gathered, sorted, filtered and marked. No screen in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from layerview.analysis.sharing import Share
from layerview.errors import LayerviewError, ServiceError
from layerview.image import ListedImage
from layerview.inquiry import Completed, Detailed, Failed, Identity, InquiryEvent, Listed
from layerview.text import Expression

_MARKS = 2
"""Images that can be marked: as many as can be compared."""
_DIGITS = 4
"""Of an ID that someone looks for."""

RowKey = tuple[str, str, str]
"""Of a row: engine, ID and name."""


class Order(StrEnum):
    """In which order the images stand; what is not known comes last."""

    CREATED = "created"
    """The newest first."""
    NAME = "name"
    SIZE = "size"
    """The largest first; likewise below."""
    ALONE = "alone"
    SHARED = "shared"


class ImageRow(msgspec.Struct, frozen=True):
    """An image under one of its names, or under none."""

    image: ListedImage
    name: str
    """Empty for an image that has none."""

    @property
    def key(self) -> RowKey:
        return self.image.engine, self.image.id, self.name

    @property
    def reference(self) -> str:
        """What ``layerview`` opens it by."""
        return reference_of(self.key)


def reference_of(key: RowKey) -> str:
    """What ``layerview`` opens a row's image by."""
    engine, id, name = key
    return f"{engine}:{name or id}"


class EngineState(msgspec.Struct):
    """What an engine has answered by now."""

    listed: bool = False
    """Whether its images are known."""
    complete: bool = False
    """Whether there is no more to wait for."""
    error: LayerviewError | None = None


class Catalog:
    """The images of some engines, as they answer.

    ``rows`` are what is shown, from top to bottom. Which engine, filter, order and marks outlast a list that changes.
    """

    def __init__(self, engines: Iterable[str]) -> None:
        self.engines = {name: EngineState() for name in engines}
        self.engine = ""
        """Whose images are shown; empty for those of all."""
        self.order = Order.CREATED
        self.dangling = False
        self.pattern = ""
        self.rows: Sequence[ImageRow] = ()
        self.marks: tuple[RowKey, ...] = ()
        """In the order in which they were made."""
        self.cursor: RowKey | None = None
        """The row that the reader is on; None: on the first, whichever that is."""
        self._images: dict[str, dict[str, ListedImage]] = {name: {} for name in self.engines}
        self._told: dict[str, Completed] = {}
        self._search: Expression | None = None

    # what is known

    @property
    def pending(self) -> list[str]:
        """The engines that have more to tell."""
        return [name for name, state in self.engines.items() if not state.complete]

    @property
    def known(self) -> dict[Identity, ListedImage]:
        """The images whose layers are known, by engine and ID."""
        return {(image.engine, image.id): image for image in self._all() if image.layers is not None}

    @property
    def count(self) -> int:
        """Images of the engines that are shown."""
        return sum(len(self._images[name]) for name in self._shown_engines())

    @property
    def detailed(self) -> int:
        """Those of them whose layers are known."""
        return sum(image.layers is not None for name in self._shown_engines() for image in self._images[name].values())

    @property
    def unnamed(self) -> int:
        """Those of them that no name leads to."""
        return sum(not image.names for name in self._shown_engines() for image in self._images[name].values())

    @property
    def matches(self) -> int | None:
        """How many rows match the filter; None without one."""
        return len(self.rows) if self.pattern else None

    @property
    def failure(self) -> LayerviewError | None:
        """Why there is nothing to choose from, where no engine has answered and none is to answer."""
        if any(state.listed or not state.complete for state in self.engines.values()):
            return None
        said = "; ".join(state.error.message for state in self.engines.values() if state.error)
        return ServiceError(
            f"no engine answers: {said}" if said else "no engine is here: neither Docker, Podman nor containerd",
            "Start one, or open an archive: layerview FILE. layerview demo shows a sample image.",
        )

    @property
    def is_partial(self) -> bool:
        """Whether one of the engines that are shown could not be asked."""
        return any(self.engines[name].error for name in self._shown_engines())

    @property
    def waiting(self) -> list[str]:
        """The engines shown that have not listed their images yet."""
        return [name for name in self._shown_engines() if name in self.pending and not self.engines[name].listed]

    @property
    def stored(self) -> int | None:
        """Bytes of all layers of the engines that are shown, each counted once; None while some are not known."""
        names = [name for name in self._shown_engines() if self.engines[name].listed]
        told = [self._told[name].stored for name in names if name in self._told]
        return sum(told) if names and len(told) == len(names) else None

    def count_of(self, engine: str) -> int:
        """Images of an engine."""
        return len(self._images[engine])

    def share_of(self, image: ListedImage) -> Share | None:
        """What an image shares with others of its engine; None where that is not known."""
        told = self._told.get(image.engine)
        return told.shares.get(image.id) if told else None

    def figure(self, image: ListedImage, order: Order) -> float | None:
        """What an image is sorted by, where that is no name; None where it is not known."""
        if order is Order.CREATED:
            return image.created.timestamp() if image.created else None
        if order is Order.SIZE:
            return image.size
        share = self.share_of(image)
        return None if share is None else share.alone if order is Order.ALONE else share.shared

    # what becomes known

    def take(self, event: InquiryEvent) -> None:
        """Take what an engine tells."""
        state = self.engines[event.engine]
        match event:
            case Listed(engine, images):
                state.listed, state.error = True, None
                self._images[engine] = {image.id: image for image in images}
                self._told.pop(engine, None)
            case Detailed(engine, images):
                self._detail(engine, images)
                return
            case Completed(engine):
                state.complete = True
                self._told[engine] = event
            case Failed(_, error):
                state.complete, state.error = True, error
        self._refresh()

    def ask_again(self) -> None:
        """Have all engines asked anew. What is known stays until they answer."""
        for state in self.engines.values():
            state.complete, state.error = False, None

    # what is shown

    def sort(self, order: Order) -> None:
        self.order = order
        self._refresh()

    def filter(self, pattern: str) -> None:
        """Show only images with a name in which a regular expression is found, or an ID that begins so; "" shows all.

        Raises UsageError where it is malformed; what was shown stays.
        """
        search = Expression(pattern) if pattern else None
        self.pattern, self._search = pattern, search
        self._refresh()

    def show_engine(self, engine: str) -> None:
        """Show the images of one engine; of all for ""."""
        self.engine = engine
        self._refresh()

    def show_dangling(self, shown: bool) -> None:
        """Show or hide images without a name."""
        self.dangling = shown
        self._refresh()

    def find(self, key: RowKey | None) -> int | None:
        """The row of a key that is shown."""
        return next((number for number, row in enumerate(self.rows) if row.key == key), None)

    def mark(self, row: ImageRow) -> None:
        """Mark a row, or take its mark away. Of more than can be marked, the oldest mark goes."""
        if row.key in self.marks:
            self.marks = tuple(key for key in self.marks if key != row.key)
        else:
            self.marks = (*self.marks, row.key)[-_MARKS:]

    # inside

    def _shown_engines(self) -> list[str]:
        return [self.engine] if self.engine else list(self.engines)

    def _detail(self, engine: str, images: Iterable[ListedImage]) -> None:
        """Put images with layers in the places of those without, which changes no order."""
        known = self._images[engine]
        known.update((image.id, image) for image in images if image.id in known)
        self.rows = [
            ImageRow(known[row.image.id], row.name) if row.image.engine == engine else row for row in self.rows
        ]

    def _all(self) -> Iterable[ListedImage]:
        return (image for images in self._images.values() for image in images.values())

    def _refresh(self) -> None:
        rows = [
            ImageRow(image, name)
            for engine in self._shown_engines()
            for image in self._images[engine].values()
            for name in image.names or (("",) if self.dangling else ())
        ]
        if self._search:
            rows = [row for row in rows if self._matches(self._search, row)]
        self.rows = sorted(rows, key=self._place)
        existing = {(image.engine, image.id, name) for image in self._all() for name in image.names or ("",)}
        self.marks = tuple(key for key in self.marks if key in existing)

    def _matches(self, search: Expression, row: ImageRow) -> bool:
        if search.search(row.name.encode(errors="surrogateescape")):
            return True
        # Less is found at the beginning of many an ID by chance.
        return len(self.pattern) >= _DIGITS and bool(search.pattern.match(row.image.id.partition(":")[2].encode()))

    def _place(self, row: ImageRow) -> tuple[object, ...]:
        """Where a row stands."""
        image = row.image
        name = (not row.name, row.name, image.id)
        if self.order is Order.NAME:
            return name
        figure = self.figure(image, self.order)
        return (figure is None, -(figure or 0), *name)
