"""Where bytes are lost: the paths, by how many bytes layers store for them in vain."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import BindingType

from layerview.analysis import Account, Waste
from layerview.filesystem import Stack
from layerview.text import escape, size
from layerview.tui.keymap import bindings
from layerview.tui.widgets.line_list import LineList, Look, Row

_FIXED = 35
"""Columns before the paths."""


class WastedList(LineList):
    """One row for each file whose bytes a layer stores and another hides."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("details", "wasted")
    RESTS = False

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._wastes: Sequence[Waste] | None = None
        self._stack: Stack | None = None

    @property
    def waste(self) -> Waste | None:
        """What is under the cursor."""
        return self._wastes[self.cursor] if self._wastes else None

    def show(self, account: Account, stack: Stack) -> None:
        self._wastes, self._stack = account.wastes, stack
        self.forget()
        self.reset(self.cursor)

    @property
    def row_count(self) -> int:
        return len(self._wastes or ())

    def row_key(self, row: int) -> Hashable:
        return row

    def empty_text(self) -> str:
        return "…" if self._wastes is None else "No wasted bytes: every byte stored is in the image's files."

    def paint_head(self, look: Look) -> Row | None:
        return (
            Row([Segment("    lost  reason         layers     path", look["head"])], _FIXED) if self._wastes else None
        )

    def paint_row(self, row: int, look: Look) -> Row:
        assert self._wastes is not None and self._stack is not None
        waste = self._wastes[row]
        layers = f"{waste.stored_by} → {waste.hidden_by}"
        path = self._path(waste)
        if not self.wrapped:
            path = _shortened(path, self.inner_width - _FIXED)
        segments = [
            Segment(f" {size(waste.bytes):>7}", look["text"]),
            Segment(f"  {waste.reason!s:<13}", look["modified"]),
            Segment(f"  {layers:<9}  ", look["dim"]),
            Segment(path, look["text"]),
        ]
        return Row(segments, _FIXED, _FIXED)

    def action_copy(self) -> None:
        if self.waste:
            path = self._path(self.waste)
            self.app.copy_to_clipboard(path)
            self.notify(path, title="Copied", timeout=2, markup=False)

    def _path(self, waste: Waste) -> str:
        assert self._stack is not None
        return "/" + escape(self._stack.path(waste.node)) if waste.node >= 0 else "AUFS bookkeeping"


def _shortened(path: str, room: int) -> str:
    """A path in so many columns, cut at its beginning, since its end tells more."""
    if cell_len(path) <= room:
        return path
    while path and cell_len(path) >= room:
        path = path[1:]
    return f"…{path}"
