"""Images by their IDs."""

from __future__ import annotations

_DIGITS = 12


def short_id(id: str) -> str:
    """As engines write it: twelve digits, without the algorithm."""
    return id.partition(":")[2][:_DIGITS] or id[:_DIGITS]
