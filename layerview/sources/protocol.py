"""What every place that holds images can do.

A source is opened for one image. It says at once what the image is, and gives jobs that index its
layers. A job is picklable, so that it can run in another process; it opens what it needs by itself. A source whose place
can tell which images there are to choose from is a :class:`Shelf`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from layerview.errors import LayerviewError
from layerview.image import Image, Platform
from layerview.layers import MAX_SIZE, LayerIndex, Show

Progress = Callable[[int, int, int], None]
"""Called now and then while a job runs: layer number (0: not known yet), bytes done, bytes in all (0: not known). With
no byte done and none in all an engine makes ready what it is going to send."""


class Reading(msgspec.Struct, frozen=True):
    """How a job reads: whom it tells how far it is, and what it is held to. A job that has another do its work hands it on."""

    progress: Progress
    max_size: int = MAX_SIZE
    """Bytes that any one stream may unpack to."""
    show: Show | None = None
    """Is given the beginning of the layer while that is read; None where nobody looks, or where there are several layers."""


class Alternative(msgspec.Struct, frozen=True):
    """One of several images in one place."""

    open: Callable[[], Source]
    """Gives this very image."""
    names: tuple[str, ...]
    platform: Platform | None
    """None where only its config would tell, which has not been asked for."""
    digest: str
    """Of its manifest where that is known, else its ID."""
    size: int | None = None
    """Bytes of its layers as they are stored; None where that is not known."""
    created: str = ""
    """RFC 3339, as recorded; empty where it is not known."""
    place: str = ""
    """How the command line calls it where it has no name, such as "@2"; empty where it always has one."""
    meant: bool = False
    """Whether it is one of those that what was written means: one is open, of several none can be."""


class Several(msgspec.Struct, frozen=True):
    """There is more than one image in the place."""

    alternatives: tuple[Alternative, ...]


class Notice(msgspec.Struct, frozen=True):
    """Why the layers do not come by the quickest way. It makes no other difference."""

    text: str


Found = Image | tuple[int, LayerIndex | LayerviewError] | Several | Notice
"""What a job finds: a layer's index, or why a layer cannot be read, with the layer's number; or the image, where
describe() gave None, or had to guess at something that the job has found out; or which images there are to choose from,
where only the job can tell; or, before anything else, why it is this job that has to find it."""


class Job(Protocol):
    """A piece of work that indexes one or several layers. Picklable."""

    @property
    def layers(self) -> tuple[int, ...]:
        """The numbers of the layers that it gives; empty where only its work can tell."""
        ...

    @property
    def cost(self) -> int:
        """How much work it is, in bytes of a compressed layer that would take as long."""
        ...

    def run(self, reading: Reading) -> Iterator[Found]:
        """Index; a fault in one layer is yielded with its number, a fault in all is raised (LayerviewError)."""
        ...


@runtime_checkable
class NearContents(Protocol):
    """Reads file contents of one layer by where they lie in its uncompressed tar. Picklable."""

    def read(self, offset: int, size: int) -> bytes: ...


@runtime_checkable
class FarContents(Protocol):
    """File contents of one layer that are so far away that they are asked for together. Picklable."""

    def checksums(self, index: LayerIndex, rows: Sequence[int]) -> dict[int, int]:
        """CRC-64/GO-ISO of regular files' contents, by row. Raises LayerviewError."""
        ...


Contents = NearContents | FarContents


class Source(Protocol):
    """One image, where it lives."""

    def describe(self) -> Image | None:
        """What the image is, at once; None where only a pass through a stream can tell, whose job then does.

        Raises LayerviewError.
        """
        ...

    def jobs(self) -> Sequence[Job]:
        """The work that indexes all layers that can be read. After describe()."""
        ...

    def cache_key(self, layer: int) -> str:
        """The digest under which the index of a layer may be kept; empty where it may not.

        It is the diffID where reading the layer verifies it. Where contents are skipped nothing is verified, and an
        archive could pass off its own layer as another image's: there it is a digest of the file, its size and its time.
        """
        ...

    def contents(self, layer: int) -> Contents | None:
        """Access to a layer's file contents, or None where its tar cannot be sought."""
        ...

    def close(self) -> None:
        """Give back what the source has borrowed from where the image lives. Jobs that still run may fail."""
        ...


@runtime_checkable
class Shelf(Protocol):
    """A source whose place may have several images."""

    def alternatives(self) -> Sequence[Alternative]:
        """All of them, in the place's order. After describe(), or after that has raised AmbiguousError.

        May ask the place. Raises LayerviewError.
        """
        ...


@runtime_checkable
class Telling(Protocol):
    """A source that has something to say of how it was found."""

    def notices(self) -> Sequence[str]:
        """What makes no difference to the image. After describe()."""
        ...


def alternatives_of(source: Source) -> tuple[Alternative, ...]:
    """The images in the place of a source; none where that cannot tell. Raises as :meth:`Shelf.alternatives`."""
    return tuple(source.alternatives()) if isinstance(source, Shelf) else ()


def notices_of(source: Source) -> tuple[str, ...]:
    """What a source says of how it was found."""
    return tuple(source.notices()) if isinstance(source, Telling) else ()
