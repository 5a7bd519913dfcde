"""Which columns of a table there is room for, and how wide each is. No screen in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

GAP = 1
"""Blanks before each column, so that no two touch."""


class Way(msgspec.Struct, frozen=True):
    """How a column gives way to what is last in its row, and goes on as far as the row does."""

    column: str
    width: int
    """What is left of its width; 0 for nothing of it."""
    rest: int
    """Columns that the last has to have for this one to stay as it is."""


def fitted(widths: Mapping[str, int], room: int, ways: Iterable[Way]) -> dict[str, int]:
    """The columns that there is room for besides the last one, and how wide each is. They give way in the order of ``ways``."""
    left = {name: width for name, width in widths.items() if width}
    for way in ways:
        if room - taken(left) < way.rest and way.width < left.get(way.column, 0):
            left[way.column] = way.width
            if not way.width:
                del left[way.column]
    return left


def taken(widths: Mapping[str, int]) -> int:
    """How much room columns take, each with the blanks before it."""
    return sum(widths.values()) + GAP * len(widths)
