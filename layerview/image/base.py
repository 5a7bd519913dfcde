"""Where an image's base ends: what its history has from the image that it was built from, where that is sure."""

from __future__ import annotations

import re

import msgspec

from layerview.image.config import HistoryEntry
from layerview.image.model import Image

_FROM = r"(?is)\s*FROM\s(?:\s*--\S+\s)*\s*(\S+)"
_NAMED = r"FROM (\S*[^\s0-9a-f]\S*)"
"""A comment of Buildah's, at the first step after a base that has a name; others name a layer of the build by its ID."""


class Base(msgspec.Struct, frozen=True):
    """An image that another one was built from."""

    name: str
    """As the Dockerfile or the builder wrote it."""
    steps: int
    """How many steps of the history, the first ones, come from it."""


def base_of(image: Image) -> Base | None:
    """The base, where the lines of a Dockerfile or the history tell where it ends; None where neither does.

    No step may be missing, or layers are not those of the steps.
    """
    history = image.config.history
    if sum(not entry.empty_layer for entry in history) != len(image.layers):
        return None
    for number, entry in reversed(list(enumerate(history))):
        if name := starts_from(entry):
            return Base(name, number + 1)
    for number, entry in reversed(list(enumerate(history))):
        if number and (named := re.fullmatch(_NAMED, entry.comment)):
            # Of a build that made one layer the last step says so, and whose the steps before it are is not told.
            is_sure = number + 1 < len(history) or not history[number - 1].empty_layer
            return Base(named[1], number) if is_sure else None
    return None


def starts_from(entry: HistoryEntry) -> str:
    """The image that a step comes from, as a line of the Dockerfile has it; empty for a step of the Dockerfile's own."""
    found = re.match(_FROM, " ".join(entry.lines.text)) if entry.lines else None
    return found[1] if found else ""
