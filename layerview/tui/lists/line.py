"""A line of a description."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A label, and a text in some look."""

    label: str = ""
    text: str = ""
    look: str = "text"
    copy: str = ""
    """What a reader would copy of it, where that is not the text as it stands there."""
