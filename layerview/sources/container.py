"""A container: the layers of its image, and what it has changed itself as one more layer on top.

An engine tells which image that is and what was changed. What the changed files are comes from the folder where the
engine keeps them, where that can be read, else out of an export of all that the container sees.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Protocol

import msgspec
from msgspec.structs import replace

from layerview.errors import LayerviewError
from layerview.image import HistoryEntry, Image, Layer, Platform
from layerview.layers import Kind, index_entries
from layerview.layers.blocks import Read, Stream
from layerview.layers.tar import TarEntry, entries
from layerview.sources.overlay import OverlayJob
from layerview.sources.protocol import Contents, Found, Job, Reading, Source
from layerview.sources.reporting import reporting
from layerview.sources.standing_in import Fallback, StandIn

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")


class Container(msgspec.Struct, frozen=True):
    """What an engine tells of a container."""

    id: str
    name: str
    status: str
    """Such as "running" or "exited"."""
    created: str
    """RFC 3339."""
    image: str
    """The image's ID."""
    platform: Platform | None
    """The one that it runs as, where its image may be for several."""
    folder: str = ""
    """Where overlayfs keeps what it has written, with the owners that it sees; empty where that is nowhere."""


class Changes(msgspec.Struct, frozen=True):
    """The paths that a container has changed, without leading slashes."""

    present: frozenset[str]
    """What it has added or modified."""
    removed: tuple[str, ...]


def is_container_name(text: str) -> bool:
    """Whether a container can have this name or ID."""
    return _NAME.fullmatch(text) is not None


class EngineContainers(Protocol):
    """The containers of an engine. Picklable."""

    @property
    def title(self) -> str:
        """What it is called."""
        ...

    def inspect(self, name: str) -> Container:
        """What it tells of a container by its name, its ID or the beginning of that. Raises LayerviewError."""
        ...

    def image(self, container: Container) -> Source:
        """The image that a container was made from."""
        ...

    def changes(self, container: str) -> Changes:
        """What a container has changed. Raises LayerviewError."""
        ...

    def export(self, container: str) -> AbstractContextManager[Read]:
        """The tar of all that a container sees. Raises LayerviewError."""
        ...


class ContainerSource:
    """A container of an engine."""

    def __init__(self, name: str, engine: EngineContainers, folder: bool) -> None:
        """``folder`` tells whether the engine's folder may be read in place of an export."""
        self._name, self._engine, self._may_read = name, engine, folder

    def describe(self) -> Image | None:
        """The image, with the container's own layer on top."""
        return self._extended(self._described)

    def jobs(self) -> Sequence[Job]:
        """Those of the image, and one more."""
        return [*(_Extended(job, self._extended) for job in self._base.jobs()), self._own_job()]

    def cache_key(self, layer: int) -> str:
        """That of the image's layer; none for what may change at any time."""
        return self._base.cache_key(layer) if layer < self._number else ""

    def contents(self, layer: int) -> Contents | None:
        return self._base.contents(layer) if layer < self._number else None

    def close(self) -> None:
        if "_base" in vars(self):  # or the engine would be asked for it now
            self._base.close()

    def _own_job(self) -> Job:
        folder = self._container.folder
        export = ChangesJob(self._number, self._engine, self._container.id)
        if not self._may_read or not folder:
            return export
        if not os.access(folder, os.R_OK | os.X_OK):
            return Fallback(export, f"the container is exported: there is no permission to read {folder}")
        noted = "what it has moved, or given other metadata, is only noted in its folder"
        return OverlayJob(self._number, folder, Fallback(export, f"the container is exported: {noted}"))

    @cached_property
    def _container(self) -> Container:
        return self._engine.inspect(self._name)

    @cached_property
    def _base(self) -> Source:
        return self._engine.image(self._container)

    @cached_property
    def _described(self) -> Image:
        image = self._base.describe()
        assert image is not None, "an engine tells at once what an image is"
        return image

    @property
    def _number(self) -> int:
        return len(self._described.layers) + 1

    @property
    def _extended(self) -> Extension:
        return Extension(self._container, self._engine.title)


class Extension(msgspec.Struct, frozen=True):
    """Puts a container's own layer on top of its image."""

    container: Container
    engine: str

    def __call__(self, image: Image) -> Image:
        container = self.container
        made = HistoryEntry(container.created, f"changed by the container {container.name}, {container.status}")
        layers = (*image.layers, Layer(len(image.layers) + 1, "", made))
        # Layers that the history does not tell of come last; this one is the last of all.
        untold = [layer for layer in image.layers if layer.history is None]
        history = (*image.config.history, *(HistoryEntry() for _ in untold), made)
        return replace(
            image,
            name=container.name,
            config=msgspec.structs.replace(image.config, history=history),
            layers=layers,
            source=f"{self.engine}, container, {container.status}",
        )


class _Extended(StandIn, frozen=True):
    """A job of the image."""

    extend: Extension

    def run(self, reading: Reading) -> Iterator[Found]:
        for found in super().run(reading):
            yield self.extend(found) if isinstance(found, Image) else found


class ChangesJob(msgspec.Struct, frozen=True):
    """Indexes what a container has changed, out of an export of all that it sees."""

    number: int
    engine: EngineContainers
    container: str

    @property
    def layers(self) -> tuple[int, ...]:
        return (self.number,)

    @property
    def cost(self) -> int:
        """That of an export."""
        return 1 << 26

    def run(self, reading: Reading) -> Iterator[Found]:
        """Index; all faults are the layer's."""
        try:
            changes = self.engine.changes(self.container)
            with self.engine.export(self.container) as read:
                stream = Stream(reporting(read, lambda done: reading.progress(self.number, done, 0)))
                yield self.number, index_entries(_changed(entries(stream), changes), stream.finish, show=reading.show)
        except LayerviewError as error:
            yield self.number, error


def _changed(found: Iterator[TarEntry], changes: Changes) -> Iterator[TarEntry]:
    """What makes the layer: a whiteout for all that was removed, and those entries that are not as in the image."""
    for path in changes.removed:
        above, slash, name = os.fsencode(path).rpartition(b"/")
        yield above + slash + b".wh." + name, Kind.FILE, 0, 0, 0, 0, 0, None, 0, None
    for entry in found:
        if os.fsdecode(entry[0]).removeprefix("./").strip("/") in changes.present:
            yield entry
