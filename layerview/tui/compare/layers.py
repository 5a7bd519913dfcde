"""The layers of two images in one list, aligned: which both have, which one instruction made, and what only one has."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from layerview.analysis import LayerPair, is_same
from layerview.filesystem import Measure
from layerview.image import Layer
from layerview.text import columns, escape
from layerview.tui.compare.describe import change_of
from layerview.tui.keymap import bindings
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.describe import LOOKS
from layerview.tui.panes.known import Known
from layerview.tui.panes.layer_columns import BAR
from layerview.tui.panes.layers import LayerRows, percent_read, size_width
from layerview.wording.changes import SAME, SIGNS
from layerview.wording.figures import signed
from layerview.wording.layers import step_told

_DIFFERS = Measure.DIFFERENCE.value
"""As the files call it, too."""


class LayerPairList(LayerRows):
    """A row for each layer: ``=`` of both images, ``~`` of one instruction, ``−`` of the first alone, ``+`` of the second.

    Of the layers of one image, as long as the other is not known, nothing is told.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("pair", "mode")

    def __init__(self, id: str, moved: Callable[[], None]) -> None:
        """``moved`` is called as the cursor moves."""
        super().__init__(id=id)
        self._moved = moved
        self._pairs: list[LayerPair] = []
        self._known = (Known(), Known())
        self._matched = False
        self._empty = "…"
        self.marked = False
        """Whether the layer under the cursor is what the files show."""

    @property
    def pair(self) -> LayerPair | None:
        """What is under the cursor."""
        return self._pairs[self.cursor] if self._pairs else None

    def show(self, pairs: list[LayerPair], *, matched: bool = True) -> None:
        """``matched``: both images are known. The cursor stays on its layer."""
        here = [layer for layer in self.pair or () if layer]
        self._pairs = pairs
        self._matched = matched
        self._empty = "Neither image has a layer." if matched else "…"
        self._measure()
        self.reset(next((row for row, pair in enumerate(pairs) if any(layer in pair for layer in here)), 0))

    def know(self, known: tuple[Known, Known]) -> None:
        """Show what is known by now of the layers of each image."""
        self._known = known
        self._largest = max((self._bytes_of(pair) or 0 for pair in self._pairs), default=0)
        self._measure()
        self.forget()

    def move_by_layer(self, step: int) -> None:
        """To the next layers, or with a ``step`` of -1 to those before."""
        self.move_to(self.cursor + step)

    def mark(self, marked: bool) -> None:
        self.marked = marked
        self.refresh()

    # LineList

    @property
    def row_count(self) -> int:
        return len(self._pairs)

    def row_key(self, row: int) -> Hashable:
        return row, self.marked and row == self.cursor

    def move_to(self, row: int) -> None:
        super().move_to(row)
        self._moved()

    def empty_text(self) -> str:
        return self._empty

    def paint_head(self, look: Look) -> Row:
        style = look["head"]
        titles = {"sign": "", "old": "old", "new": "new", "size": "size", "difference": _DIFFERS, "bar": ""}
        cells = [cell for name, title in titles.items() for cell in self._cell(name, title, style)]
        return self._row(Segment(" ", style), cells, Segment("instruction", style), look)

    def paint_row(self, row: int, look: Look) -> Row:
        pair = old, new = self._pairs[row]
        sign, colour = " ", "text"
        if self._matched:
            change = change_of(pair)
            sign, colour = (SIGNS[change], LOOKS[change]) if change else (SAME, colour)
        mark = Segment("▌" if self.marked and row == self.cursor else " ", look["accent"])
        cells = [
            *self._cell("sign", sign, look[colour]),
            *self._cell("old", _number(old), look["dim"]),
            *self._cell("new", _number(new), look["dim"]),
            *self._bytes(self._bytes_of(pair), look, self._cell("difference", self._grown(pair), look[colour])),
        ]
        return self._row(mark, cells, Segment(_step_told(pair), look[colour]), look, state=self._state(pair, look))

    # inside

    def _measure(self) -> None:
        """What the columns take."""
        number = max((len(_number(layer)) for pair in self._pairs for layer in pair), default=0)
        sizes, grown = size_width(map(self._bytes_of, self._pairs)), list(map(self._grown, self._pairs))
        widths = {"sign": 1, "old": max(number, 3), "new": max(number, 3), "size": sizes}
        widths |= {"difference": max(map(columns, (_DIFFERS, *grown))) if any(grown) else 0, "bar": BAR}
        self._lay_out(widths, {}, map(_step_told, self._pairs))

    def _bytes_of(self, pair: LayerPair) -> int | None:
        """How large the layer is that the second image has, or else the first."""
        old, new = self._sizes(pair)
        return new if pair[1] and (new is not None or not is_same(pair)) else old

    def _sizes(self, pair: LayerPair) -> list[int | None]:
        """Bytes of the layer in each image, none of one that is not there; None where they are not known."""
        return [
            known.sizes.get(layer.number, layer.size) if layer else 0
            for layer, known in zip(pair, self._known, strict=True)
        ]

    def _grown(self, pair: LayerPair) -> str:
        """How many bytes more the second image stores here, or fewer, once that is known and there is a difference."""
        old, new = self._sizes(pair)
        if not self._matched or is_same(pair) or old is None or new is None or old == new:
            return ""
        return signed(new - old)

    def _state(self, pair: LayerPair, look: Look) -> Segment | None:
        """Why a layer is not there, or how far it is read."""
        for layer, known in zip(pair, self._known, strict=True):
            if layer and layer.number in known.failures:
                return Segment("unreadable", look["removed"])
            if layer and layer.unavailable:
                return Segment(escape(layer.unavailable), look["modified"])
        for layer, known in zip(pair, self._known, strict=True):
            read = known.progress.get(layer.number, (0, 0)) if layer else (0, 0)
            if layer and layer.number not in known.counts and read[0] and (percent := percent_read(*read)):
                return Segment(f"{percent:>3} %", look["accent"])
        return None


def _step_told(pair: LayerPair) -> str:
    """What made a layer, as the second image has it, or where that does not tell, the first."""
    steps = [layer.history for layer in reversed(pair) if layer]
    return step_told(next((step for step in steps if step and step.instruction), steps[0]))


def _number(layer: Layer | None) -> str:
    return str(layer.number) if layer else ""
