"""A line of a description."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A label, a text in some look, and what a reader would copy of it."""

    label: str = ""
    text: str = ""
    look: str = "text"
    copy: str = ""
