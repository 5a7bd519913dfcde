"""What someone wants who was shown the images at hand."""

from __future__ import annotations

import msgspec


class Open(msgspec.Struct, frozen=True):
    """To explore an image."""

    reference: str


class Compare(msgspec.Struct, frozen=True):
    """To see what two images differ in."""

    reference: str
    other: str


class Pull(msgspec.Struct, frozen=True):
    """To have an image that is not there yet."""

    name: str
    """As it was written, without a scheme."""
    engine: str
    """That shall have it; empty for whichever."""


class Leave(msgspec.Struct, frozen=True):
    """To end."""

    status: int


Choice = Open | Compare | Pull | Leave
