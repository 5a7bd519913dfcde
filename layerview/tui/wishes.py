"""What one reader wants of all screens, until the program ends. Nothing here imports Textual."""

from __future__ import annotations

from functools import cache

import msgspec

STYLES = ("dive",)
"""Whose keys can be had, where they are others."""


class Wishes(msgspec.Struct):
    """As the command line tells."""

    keys: str = ""
    """One of :data:`STYLES`; empty for the program's own keys."""


@cache
def wishes() -> Wishes:
    """Those of whoever sits there."""
    return Wishes()
