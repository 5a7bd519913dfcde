"""The images that there are in one place, for a reader to choose from.

Not every place can tell: a source whose place can is a :class:`Shelf`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from layerview.image import Platform

if TYPE_CHECKING:
    from layerview.sources.protocol import Source


@dataclass(frozen=True)
class Alternative:
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


@dataclass(frozen=True)
class Several:
    """There is more than one image in the place."""

    alternatives: tuple[Alternative, ...]


@runtime_checkable
class Shelf(Protocol):
    """A source whose place may have several images."""

    def alternatives(self) -> Sequence[Alternative]:
        """All of them, in the place's order. After describe(), or after that has raised AmbiguousError.

        May ask the place. Raises LayerviewError.
        """
        ...


def alternatives_of(source: Source) -> tuple[Alternative, ...]:
    """The images in the place of a source; none where that cannot tell. Raises as :meth:`Shelf.alternatives`."""
    return tuple(source.alternatives()) if isinstance(source, Shelf) else ()
