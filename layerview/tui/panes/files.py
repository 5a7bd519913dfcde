"""The merged file tree at a layer, with what changed in it."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.message import Message

from layerview.filesystem import FILES, Comparison, Elsewhere, elsewhere, listed
from layerview.layers import Kind
from layerview.text import bar, escape, size
from layerview.trees import Change
from layerview.trees.outline import Listed
from layerview.trees.selection import Read
from layerview.tui.keymap import bindings
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.describe import LOOKS
from layerview.tui.panes.flat_list import FlatList
from layerview.wording.changes import SIGNS, found_elsewhere
from layerview.wording.entries import link_of, owner_of, permission

_SPACIOUS = 90
"""Columns from which the bars are drawn long."""


class FileTree(FlatList[Comparison]):
    """The files of a comparison."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("files")
    SOUGHT = "regular expression, size>10M, type:file, owner:1000 …"

    class Led(Message):
        """The reader wants to see what other layers hold of what is not here."""

        def __init__(self, there: Elsewhere) -> None:
            super().__init__()
            self.there = there

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.leads = False
        """Whether there are other layers to be led to."""
        self.elsewhere: Elsewhere | None = None
        """What they hold, where nothing here matches the filter."""
        self._attributes = True

    @property
    def comparison(self) -> Comparison | None:
        """What is shown, or None where nothing is."""
        return self.outline.outlined if self.outline and not self._message else None

    def read(self, pattern: str) -> Read[Comparison]:
        return FILES.read(pattern)

    @property
    def listed(self) -> Listed[Comparison]:
        return listed

    @property
    def found(self) -> str:
        return f"0 here, {found_elsewhere(self.elsewhere)}: ⏎" if self.elsewhere else super().found

    def lead(self) -> None:
        if self.elsewhere:
            self.post_message(self.Led(self.elsewhere))

    def reveal(self, path: bytes) -> None:
        """Put the cursor on a path, even if a filter, a hidden kind of change or a fold keeps it out of sight."""
        comparison = self.comparison
        node = comparison.stack.find(path) if comparison else None
        if comparison is None or self.outline is None or node is None:
            return
        if comparison.change(node) in self.outline.hidden:
            self.outline.show(comparison.change(node), True)
        row = self.outline.reveal(node)
        if row < 0 or self.outline.rows[row] != node:
            self.outline.filter("")
            row = self.outline.reveal(node)
        self._path = path
        self.rows_changed()

    # LineList

    def empty_text(self) -> str:
        if self._message or self.outline is None:
            return self._message
        if not self.is_whole:
            return "Looking for the largest …"
        if self.elsewhere:
            told = found_elsewhere(self.elsewhere).replace(", ", ",\n")
            return f"Nothing here matches the filter.\n{told}.\n⏎ goes there."
        if self.outline.pattern:
            return "Nothing matches the filter."
        if self.outline.hidden:
            hidden = ", ".join(change.name.lower() for change in sorted(self.outline.hidden))
            return f"All there is is hidden: {hidden}."
        return "No files: this layer and those below it are empty."

    def paint_head(self, look: Look) -> Row:
        attributes = "permission  owner      " if self._attributes else ""
        bytes_ = "matched" if self.pattern else "size"
        return Row([Segment(f"  {attributes}{bytes_:>7} {' ' * self._bar_width} name", look["head"])], self._fixed)

    def paint_row(self, row: int, look: Look) -> Row:
        assert self.outline
        node, comparison = self.outline.rows[row], self.outline.outlined
        entry = comparison.entry(node)
        change = comparison.change(node)
        bytes_, whole = self.outline.size(node), self.outline.whole
        folder = self.outline.is_folder(node)
        holds_changes = folder and not change and comparison.changed_below(node)

        colour = look[LOOKS[change] if change else "text"]
        detail = look["dim"] if change != Change.REMOVED else colour
        segments = [
            Segment(f"{'·' if holds_changes else SIGNS[change]} ", look["modified"] if holds_changes else colour)
        ]
        if self._attributes and entry:
            segments.append(Segment(f"{permission(entry)}  {_fitted(owner_of(entry))}  ", detail))
        shown = size(bytes_) if folder or (entry and entry.kind in (Kind.FILE, Kind.HARDLINK)) else ""
        segments.append(Segment(f"{shown:>7} ", look["text"] if bytes_ * 100 >= whole and not change else detail))
        segments.append(Segment(f"{bar(bytes_, whole, self._bar_width)} ", look["bar"]))
        depth = self.outline.depth(node)
        fold = ("▾ " if self.outline.is_open(node) else "▸ ") if folder else "  "
        segments.append(Segment("│ " * depth, look["faint"]))
        segments.append(Segment(fold, look["dim"]))
        room = self.inner_width - self._fixed - 2 * depth - 2
        segments += self.named_in(row, room, look["strong"] if folder and not change else colour, look["match"])
        if entry and entry.link is not None:
            arrow = f" ⇒ /{link_of(entry)}" if entry.kind is Kind.HARDLINK else f" → {link_of(entry)}"
            segments.append(Segment(arrow, look["dim"]))
        return Row(segments, self._fixed, self._fixed + 2 * depth + 2)

    def click_row(self, row: int, column: int, again: bool) -> None:
        assert self.outline
        node = self.outline.rows[row]
        start = self._fixed + 2 * self.outline.depth(node)
        if again or start <= column < start + 2:
            self.action_fold()

    # Keys

    def action_fold(self) -> None:
        if self.node is None:
            self.lead()
        super().action_fold()

    def action_sort(self) -> None:
        if self.outline:
            orders = self.outline.orders
            self.outline.sort(orders[(orders.index(self.outline.order) + 1) % len(orders)])
            self.rows_changed()

    def action_show(self, name: str) -> None:
        if self.outline:
            change = Change[name.upper()]
            self.outline.show(change, change in self.outline.hidden)
            self.rows_changed()

    def action_attributes(self) -> None:
        self._attributes = not self._attributes
        self.forget()

    def action_copy(self) -> None:
        if self.outline and self.node is not None:
            self.app.copy_to_clipboard("/" + escape(self.outline.outlined.stack.path(self.node)))

    # inside

    def rows_changed(self, same: bool = True) -> None:
        self.elsewhere = self._look_elsewhere()
        super().rows_changed(same)

    def _look_elsewhere(self) -> Elsewhere | None:
        if not self.leads or self.outline is None or self.outline.matches != 0 or self.outline.sought is None:
            return None
        comparison = self.outline.outlined
        return elsewhere(comparison.stack, self.outline.sought, comparison.at)

    @property
    def _bar_width(self) -> int:
        return 8 if self.inner_width >= _SPACIOUS else 4

    @property
    def _fixed(self) -> int:
        """Columns before the names."""
        return 2 + (23 if self._attributes else 0) + 8 + self._bar_width + 1


@lru_cache(maxsize=1024)
def _fitted(owner: str) -> str:
    return f"{owner:<9}" if len(owner) <= 9 else owner[:8] + "…"
