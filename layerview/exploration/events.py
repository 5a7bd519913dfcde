"""What happens to an exploration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from layerview.analysis import Account
from layerview.errors import LayerviewError
from layerview.filesystem import Stack
from layerview.image import Image
from layerview.sources import Several


@dataclass(frozen=True)
class Described:
    """The image is known: its layers, instructions and configuration."""

    image: Image


@dataclass(frozen=True)
class Progressed:
    """A layer's bytes are being read, or as long as ``done`` and ``total`` are 0 made ready by an engine."""

    layer: int
    """0 where it is not known yet which layer they belong to."""
    done: int
    total: int
    """0 where it is not known."""


@dataclass(frozen=True)
class Begun:
    """The lowest layer is being read: a stack of what there is of it, and of no other layer."""

    stack: Stack


@dataclass(frozen=True)
class Restacked:
    """More layers are in the tree. Earlier stacks stay valid."""

    stack: Stack
    account: Account


@dataclass(frozen=True)
class LayerFailed:
    """A layer cannot be read; the others go on."""

    layer: int
    error: LayerviewError


@dataclass(frozen=True)
class Noticed:
    """Something went wrong that makes no difference but to speed."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Finished:
    """All that can be read has been."""


@dataclass(frozen=True)
class Aborted:
    """Nothing more can be read."""

    error: LayerviewError


ExplorationEvent = Several | Described | Progressed | Begun | Restacked | LayerFailed | Noticed | Finished | Aborted
Listener = Callable[[ExplorationEvent], None]
