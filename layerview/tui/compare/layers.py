"""The layers of two images in one list: which both have, where they part, and what only one has."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from layerview.analysis import LayerPair
from layerview.image import Layer
from layerview.text import bar, escape, size
from layerview.trees import Change
from layerview.tui.keymap import bindings
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.describe import LOOKS
from layerview.tui.panes.known import Known
from layerview.tui.panes.layers import LayerRows
from layerview.wording.changes import SAME, SIGNS
from layerview.wording.layers import NOT_RECORDED, one_line


class LayerPairList(LayerRows):
    """A row for each layer: ``=`` of both images, ``−`` of the first alone, ``+`` of the second alone.

    Of the layers of one image, as long as the other is not known, nothing is told.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("pair")
    HEADED = True

    def __init__(self, id: str, moved: Callable[[], None]) -> None:
        """``moved`` is called as the cursor moves."""
        super().__init__(id=id)
        self._moved = moved
        self._pairs: list[LayerPair] = []
        self._known = (Known(), Known())
        self._largest = 0
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
        self.reset(next((row for row, pair in enumerate(pairs) if any(layer in pair for layer in here)), 0))

    def know(self, known: tuple[Known, Known]) -> None:
        """Show what is known by now of the layers of each image."""
        self._known = known
        self._largest = max((self._bytes_of(pair) or 0 for pair in self._pairs), default=0)
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
        return Row([Segment(f"    old new    size {' ' * self._bar_width}  instruction", look["head"])], self._fixed)

    def paint_row(self, row: int, look: Look) -> Row:
        pair = old, new = self._pairs[row]
        layer = new or old
        assert layer is not None
        sign, colour = SAME if self._matched else " ", "text"
        if self._matched and pair.count(None):
            change = Change.ADDED if new else Change.REMOVED
            sign, colour = SIGNS[change], LOOKS[change]
        bytes_ = self._bytes_of(pair)
        segments = [
            Segment("▌" if self.marked and row == self.cursor else " ", look["accent"]),
            Segment(f"{sign} ", look[colour]),
            Segment(f"{_number(old)} {_number(new)} ", look["dim"]),
            Segment(f"{'…' if bytes_ is None else size(bytes_):>7} ", look["text"]),
            Segment(f"{bar(bytes_ or 0, self._largest, self._bar_width)}  ", look["bar"]),
            *self._state(pair, look),
            Segment(one_line(layer.history.instruction if layer.history else "") or NOT_RECORDED, look[colour]),
        ]
        return Row(segments, self._fixed, self._fixed)

    # inside

    @property
    def _bar_width(self) -> int:
        return 4

    @property
    def _fixed(self) -> int:
        """Columns before the instruction."""
        return 21 + self._bar_width

    def _bytes_of(self, pair: LayerPair) -> int | None:
        sizes = [
            known.sizes.get(layer.number, layer.size) for layer, known in zip(pair, self._known, strict=True) if layer
        ]
        return next((each for each in sizes if each is not None), None)

    def _state(self, pair: LayerPair, look: Look) -> list[Segment]:
        """Why a layer is not there, or how far it is read."""
        for layer, known in zip(pair, self._known, strict=True):
            if layer and layer.number in known.failures:
                return [Segment("unreadable  ", look["removed"])]
            if layer and layer.unavailable:
                return [Segment(f"{escape(layer.unavailable)}  ", look["modified"])]
        for layer, known in zip(pair, self._known, strict=True):
            done, total = known.progress.get(layer.number, (0, 0)) if layer else (0, 0)
            if layer and layer.number not in known.counts and done and total:
                return [Segment(f"{done * 100 // total:>3} %  ", look["accent"])]
        return []


def _number(layer: Layer | None) -> str:
    return f"{layer.number:>3}" if layer else "   "
