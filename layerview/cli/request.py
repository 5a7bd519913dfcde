"""What was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from layerview.image import Dockerfile


class Recipe(msgspec.Struct, frozen=True):
    """What an image was built by, as far as that is known."""

    dockerfile: Dockerfile
    target: str = ""
    """The stage that was built; empty for the one that the history suits, or else the last."""
    arguments: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The values of ARGs that were given."""


class Request(msgspec.Struct, frozen=True):
    """An image, and how it is to be read: all that the options which commands share tell."""

    reference: str = ""
    """As it was written; empty where those at hand are meant."""
    source: str | None = None
    """The place that alone is looked in, one of ``layerview.sources.SCHEMES``; None for all."""
    platform: str | None = None
    """As it was written; of two images it may be one for each, with a comma between."""
    pull: bool = False
    """Whether an engine is to pull it first."""
    records: bool | None = None
    """Whether an engine's own records are read, or an export; None for what suits the engine."""
    max_size: int | None = None
    """Bytes that one compressed layer or archive may unpack to; None for what the layers allow."""
    cache: bool = True
    """Whether what was indexed is kept, and looked for."""
    verbose: bool = False
    """Whether to tell what was odd."""
    keys: str = ""
    """The style of keys that is wanted on screens; empty for the program's own."""
    recipe: Recipe | None = None
    name: str = ""
    """What to call the image, where the place that it is opened from does not know; empty for what that calls it."""
