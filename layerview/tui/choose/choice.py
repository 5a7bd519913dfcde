"""What someone wants who was shown the images at hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Open:
    """To explore an image."""

    reference: str


@dataclass(frozen=True)
class Compare:
    """To see what two images differ in."""

    reference: str
    other: str


@dataclass(frozen=True)
class Pull:
    """To have an image that is not there yet."""

    name: str
    """As it was written, without a scheme."""
    engine: str
    """That shall have it; empty for whichever."""


@dataclass(frozen=True)
class Leave:
    """To end."""

    status: int


Choice = Open | Compare | Pull | Leave
