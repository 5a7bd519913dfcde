"""Descriptions: of what the cursor is on, and of the image."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from layerview.tui.keymap import bindings
from layerview.tui.lists.line import Line
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row

_LABELS = 13
"""Columns of the labels."""


class Description(LineList):
    """Labelled lines, wrapped, any of which can be copied."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("tabs", "details", "mode")
    WRAPPED = True
    RESTS = False

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines, from the first on; the same lines stay as they are."""
        if lines != self._text:
            self._text = lines
            self.reset(0)

    @property
    def row_count(self) -> int:
        return len(self._text)

    def row_key(self, row: int) -> Hashable:
        return row

    def paint_row(self, row: int, look: Look) -> Row:
        line = self._text[row]
        if not line.label and line.look == "strong":
            return Row([Segment(f" {line.text}", look["strong"])], 0, 1)
        label = Segment(f" {line.label:<{_LABELS - 1}}", look["dim"])
        return Row([label, Segment(line.text, look[line.look])], _LABELS, _LABELS)

    def empty_text(self) -> str:
        return "Nothing is known as yet."

    def action_copy(self) -> None:
        line = self._text[self.cursor] if self._text else Line()
        if line.text:
            self.app.copy_to_clipboard(line.copy or line.text)
        else:
            self.notify("There is nothing to copy in this line.")
