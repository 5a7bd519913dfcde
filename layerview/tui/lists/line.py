"""A line of a description."""

from __future__ import annotations

import msgspec


class Line(msgspec.Struct, frozen=True):
    """A label, and a text in some look."""

    label: str = ""
    text: str = ""
    look: str = "text"
    copy: str = ""
    """What a reader would copy of it, where that is not the text as it stands there."""
