"""What happens to an exploration."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.filesystem import Stack
from layerview.image import Image
from layerview.sources import Several


class Described(msgspec.Struct, frozen=True):
    """The image is known: its layers, instructions and configuration."""

    image: Image


class Progressed(msgspec.Struct, frozen=True):
    """A layer's bytes are being read, or as long as ``done`` and ``total`` are 0 made ready by an engine."""

    layer: int
    """0 where it is not known yet which layer they belong to."""
    done: int
    total: int
    """0 where it is not known."""


class Begun(msgspec.Struct, frozen=True):
    """The lowest layer is being read: a stack of what there is of it, and of no other layer."""

    stack: Stack


class Restacked(msgspec.Struct, frozen=True):
    """More layers are in the tree. Earlier stacks stay valid."""

    stack: Stack
    account: Account


class LayerFailed(msgspec.Struct, frozen=True):
    """A layer cannot be read; the others go on."""

    layer: int
    error: LayerviewError


class Noticed(msgspec.Struct, frozen=True):
    """Something that a reader is to know, and that makes no difference to what is in the image."""

    lines: tuple[str, ...]


class Finished(msgspec.Struct, frozen=True):
    """All that can be read has been."""


class Aborted(msgspec.Struct, frozen=True):
    """Nothing more can be read."""

    error: LayerviewError


ExplorationEvent = Several | Described | Progressed | Begun | Restacked | LayerFailed | Noticed | Finished | Aborted
Listener = Callable[[ExplorationEvent], None]
