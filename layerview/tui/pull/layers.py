"""The layers of an image while an engine pulls it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rich.segment import Segment

from layerview.sources.pulling import LayerPull
from layerview.text import bar, escape, fit, size
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row

_ID, _STATE, _BYTES = 12, 22, 18
"""Columns."""
_LONGEST_BAR = 60


class PulledLayers(LineList):
    """A row for each layer: what the engine calls it, what it does with it, and how far it is with that."""

    def __init__(self) -> None:
        super().__init__(id="pulled")
        self._layers: Sequence[LayerPull] = ()
        self.waits_for = "The engine asks the registry …"
        """What stands in place of layers while there are none."""

    def show(self, layers: Sequence[LayerPull]) -> None:
        self._layers = layers
        self.forget()

    @property
    def row_count(self) -> int:
        return len(self._layers)

    def row_key(self, row: int) -> Hashable:
        return self._layers[row], row

    def empty_text(self) -> str:
        return self.waits_for

    def paint_row(self, row: int, look: Look) -> Row:
        layer = self._layers[row]
        width = max(min(self.inner_width - _ID - _STATE - _BYTES - 8, _LONGEST_BAR), 4)
        is_whole = layer.complete or (layer.fetched == layer.size > 0 and not layer.done)
        tone = "added" if layer.complete else "bar" if is_whole else "accent"
        drawn = bar(1, 1, width) if is_whole else bar(layer.done, layer.size, width)
        return Row(
            [
                Segment(f"  {escape(layer.id)[:_ID]:<{_ID}}  ", look["dim"]),
                Segment(f"{fit(escape(layer.state), _STATE):<{_STATE}}", look["text"]),
                Segment("▕", look["faint"]),
                Segment(drawn, look[tone]),
                Segment("▏", look["faint"]),
                Segment(f"{_bytes(layer):>{_BYTES}}", look["text"]),
            ]
        )


def _bytes(layer: LayerPull) -> str:
    if layer.done and not layer.complete:
        return f"{size(layer.done)} of {size(layer.size)}" if layer.size else size(layer.done)
    return size(layer.size) if layer.size else ""
