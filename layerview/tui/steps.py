"""What one step back is. No screen in it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Step(msgspec.Struct, frozen=True):
    """One thing that Esc can undo. Lists, lines and screens each tell theirs, and a screen in which order."""

    label: str
    """What it leads back to, in a word or two."""
    undo: Callable[[], object]
    """Undoes it, and nothing else; what it returns is waited for, where that can be."""
