"""Where bytes are lost: the paths, by how many bytes layers store for them in vain."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from layerview.analysis import Account, Waste
from layerview.text import fit_path, size
from layerview.tui.keymap import bindings
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row
from layerview.wording.layers import wasted_between, wasted_path

_FIXED = 32
"""Columns before the paths."""


class WastedList(LineList):
    """One row for each file whose bytes a layer stores and another hides."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("tabs", "details", "wasted")
    RESTS = False
    HEADED = True

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._account: Account | None = None

    @property
    def waste(self) -> Waste | None:
        """What is under the cursor."""
        return self._account.wastes[self.cursor] if self._account and self.row_count else None

    def show(self, account: Account) -> None:
        if account is not self._account:
            self._account = account
            self.reset(self.cursor)

    @property
    def row_count(self) -> int:
        return len(self._account.wastes) if self._account else 0

    def row_key(self, row: int) -> Hashable:
        return row

    def empty_text(self) -> str:
        return "…" if self._account is None else "No wasted bytes: every byte stored is in the image's files."

    def paint_head(self, look: Look) -> Row:
        return Row([Segment("    lost reason        layers   path", look["head"])], _FIXED)

    def paint_row(self, row: int, look: Look) -> Row:
        assert self._account
        waste = self._account.wastes[row]
        path = self._path(waste)
        if not self.wrapped:
            path = fit_path(path, max(self.inner_width - _FIXED, 1))
        segments = [
            Segment(f" {size(waste.bytes):>7}", look["text"]),
            Segment(f" {waste.reason!s:<13}", look["modified"]),
            Segment(f" {wasted_between(waste):<8} ", look["dim"]),
            Segment(path, look["text"]),
        ]
        return Row(segments, _FIXED, _FIXED)

    def action_copy(self) -> None:
        if self.waste:
            self.app.copy_to_clipboard(self._path(self.waste))

    def _path(self, waste: Waste) -> str:
        assert self._account
        return wasted_path(waste, self._account.stack)
