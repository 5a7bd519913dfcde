"""How panes share a screen: by what they hold, and by where the reader puts the borders. No screen in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

_SIDE_BY_SIDE = 100
"""Columns from which files stand beside the others."""
_NARROWEST, _LOWEST = 20, 4
"""Columns and lines that a pane keeps, whatever is given to the others."""
_DETAILS = 8
"""Lines that details have at least, where layers would take all."""


Share = Annotated[float, Meta(ge=0, le=1)]


class Place(NamedTuple):
    """Where a pane is, in columns and lines."""

    x: int
    y: int
    width: int
    height: int


class Arrangement(msgspec.Struct):
    """Where the reader wants borders, as shares of the whole, and which pane alone; None for where they are by themselves."""

    across: Share | None = None
    """The width of the layers, where files stand beside them."""
    layers: Share | None = None
    """The height of the layers."""
    tabs: Share | None = None
    """The height of the tabs, where they stand below files."""
    zoomed: bool = False
    """Whether the pane that has the keys takes all of the screen."""

    def places(self, shown: Collection[str], width: int, height: int, layer_lines: int) -> dict[str, Place]:
        """Where the panes are that are ``shown``, of "layers", "files" and "tabs"; ``layer_lines`` is what all layers take."""
        if len(shown) < 2:
            return {name: Place(0, 0, width, height) for name in shown}
        if width < _SIDE_BY_SIDE or len(shown) < 3:
            return self._stacked(shown, width, height, layer_lines)
        # Files have what a name takes beside its figures: more of a wide screen is better spent on instructions.
        left = _share(self.across, width, min(width * 16 // 25 - 14, width * 14 // 25), _NARROWEST)
        most = height - max(_DETAILS, height // 4)
        upper = _share(self.layers, height, min(layer_lines, most), _LOWEST)
        return {
            "layers": Place(0, 0, left, upper),
            "tabs": Place(0, upper, left, height - upper),
            "files": Place(left, 0, width - left, height),
        }

    def _stacked(self, shown: Collection[str], width: int, height: int, layer_lines: int) -> dict[str, Place]:
        heights = dict.fromkeys((name for name in ("layers", "files", "tabs") if name in shown), 0)
        if len(heights) > 2:
            heights["tabs"] = _share(self.tabs, height, max(_DETAILS, height // 4), _LOWEST, height - _LOWEST)
        room = height - heights.get("tabs", 0)
        heights["layers"] = _share(self.layers, height, min(layer_lines, room // 2), _LOWEST, room)
        lower = "files" if "files" in heights else "tabs"
        heights[lower] = room - heights["layers"]
        places, y = dict[str, Place](), 0
        for name, lines in heights.items():
            places[name] = Place(0, y, width, lines)
            y += lines
        return places


def _share(wanted: float | None, whole: int, otherwise: int, least: int, room: int | None = None) -> int:
    """So much of the whole, or what it is otherwise; the others, which have the rest of the ``room``, keep the least, too."""
    found = otherwise if wanted is None else round(wanted * whole)
    room = whole if room is None else room
    return max(min(found, room - least), min(least, max(room, 0) // 2))
