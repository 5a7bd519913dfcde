"""The merged file tree at a layer, with what changed in it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message

from layerview.filesystem import Comparison, Elsewhere, elsewhere, read
from layerview.layers import Kind
from layerview.text import Expression, bar, escape, size
from layerview.trees import Change, Outline, SortOrder
from layerview.tui.keymap import bindings
from layerview.tui.lists.filter_bar import FilteredList
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.describe import LOOKS
from layerview.wording.changes import SIGNS, found_elsewhere
from layerview.wording.entries import link_of, owner_of, permission
from layerview.wording.figures import counted

_SPACIOUS = 90
"""Columns from which the bars are drawn long."""


class FileTree(FilteredList):
    """Rows of an Outline. The cursor stays on its path, whatever layer or order comes, and goes to what a filter finds."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("files")
    HEADED = True
    SOUGHT = "regular expression, size>10M, type:file, owner:1000 …"

    class Changed(Message):
        """Other rows are shown: filtered, hidden, sorted."""

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
        self.outline: Outline[Comparison] | None = None
        self._message = ""
        self._wanted = ""
        """What to filter by once there is a tree."""
        self._attributes = True
        self._path = b""
        self._folded = True

    @property
    def comparison(self) -> Comparison | None:
        """What is shown, or None where nothing is."""
        return self.outline.outlined if self.outline and not self._message else None

    @property
    def node(self) -> int | None:
        """The path under the cursor."""
        return self.outline.rows[self.cursor] if self.outline and self.row_count else None

    def show(self, comparison: Comparison) -> None:
        """Show a comparison."""
        self._message = ""
        if self.outline is None:
            self.outline = Outline(comparison, read)
            if self._wanted:
                self.outline.filter(self._wanted)
                self._find_cursor()
        else:
            self.outline.turn_to(comparison)
        self._rows_changed(same=False)

    def show_message(self, text: str) -> None:
        """Show a text in place of the tree."""
        self._message = text
        self.reset(0)

    @property
    def pattern(self) -> str:
        return self.outline.pattern if self.outline else self._wanted

    @property
    def found(self) -> str:
        matches = self.outline.matches if self.outline else None
        if self.outline is None or matches is None:
            return ""
        if self.elsewhere:
            return f"0 here, {found_elsewhere(self.elsewhere)}: ⏎"
        bytes_ = self.outline.whole
        return counted(matches, "match", "matches") + (f", {size(bytes_)}" if bytes_ else "")

    def filter(self, pattern: str) -> None:
        """Show only what matches, now or once there is a tree. Raises UsageError.

        The cursor comes to the first match, and stays where all is shown again.
        """
        if self.outline is None:
            Expression(read(pattern)[0])
            self._wanted = pattern
            return
        before = self.outline.pattern
        self.outline.filter(pattern)
        if pattern != before:
            self._find_cursor()
        self._rows_changed(same=False)

    def _find_cursor(self) -> None:
        """Where the cursor belongs once something else is filtered."""
        assert self.outline
        tree = self.outline.outlined.stack
        first, last = self.outline.first_match(), tree.find(self._path)
        if first is not None:
            self._path = tree.path(first)
        elif not self.outline.pattern and last:
            self.outline.reveal(last)

    def lead(self) -> None:
        if self.elsewhere:
            self.post_message(self.Led(self.elsewhere))

    def to_first_match(self) -> None:
        """Put the cursor there, where other files are shown."""
        if self.outline:
            self._find_cursor()
            self._rows_changed()

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
        self._rows_changed()

    # LineList

    @property
    def row_count(self) -> int:
        return len(self.outline.rows) if self.outline and not self._message else 0

    def row_key(self, row: int) -> Hashable:
        assert self.outline
        node = self.outline.rows[row]
        return node, self.outline.is_open(node)

    def move_to(self, row: int) -> None:
        super().move_to(row)
        self._remember()

    def empty_text(self) -> str:
        if self._message or self.outline is None:
            return self._message
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
        stack = comparison.stack
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
        depth = stack.depth(node) - 1
        fold = ("▾ " if self.outline.is_open(node) else "▸ ") if folder else "  "
        segments.append(Segment("│ " * depth, look["faint"]))
        segments.append(Segment(fold, look["dim"]))
        segments += self._named(node, look["strong"] if folder and not change else colour, look["match"])
        if entry and entry.link is not None:
            arrow = f" ⇒ /{link_of(entry)}" if entry.kind is Kind.HARDLINK else f" → {link_of(entry)}"
            segments.append(Segment(arrow, look["dim"]))
        return Row(segments, self._fixed, self._fixed + 2 * depth + 2)

    def click_row(self, row: int, column: int, again: bool) -> None:
        assert self.outline
        node = self.outline.rows[row]
        start = self._fixed + 2 * (self.outline.outlined.stack.depth(node) - 1)
        if again or start <= column < start + 2:
            self.action_fold()

    # Keys

    def action_fold(self) -> None:
        node = self.node
        if node is None:
            self.lead()
        if self.outline and node is not None:
            self._remember()  # to stay there, wherever the cursor was sent before all was folded
            self.outline.toggle(node)
            self._rows_changed()

    def action_fold_all(self) -> None:
        if self.outline:
            self._folded = not self._folded
            if self._folded:
                self.outline.close_all()
            else:
                self.outline.open_all()
            self._rows_changed()

    def action_inside(self) -> None:
        node = self.node
        if self.outline and node is not None and self.outline.is_folder(node):
            if self.outline.is_open(node):
                below = range(node + 1, self.outline.outlined.stack.end(node))
                if self.cursor + 1 < self.row_count and self.outline.rows[self.cursor + 1] in below:
                    self.move_to(self.cursor + 1)
            else:
                self.action_fold()

    def action_outside(self) -> None:
        node = self.node
        if self.outline and node is not None and self.outline.is_folder(node) and self.outline.is_open(node):
            self.action_fold()
        else:
            self.action_parent()

    def action_parent(self) -> None:
        node = self.node
        if self.outline and node is not None:
            parent = self.outline.outlined.stack.parent(node)
            if parent > 0:
                self.move_to(self.outline.row_of(parent))

    def action_change(self, step: int) -> None:
        node = self.node
        if self.outline and node is not None:
            target = self.outline.next_change(node, step)
            if target is None:
                self.app.clear_notifications()
                self.notify("No more changes below." if step > 0 else "No more changes above.", timeout=2)
                return
            row = self.outline.reveal(target)
            self._path = self.outline.outlined.stack.path(target)
            self.reset(row, same=True)

    def action_sort(self) -> None:
        if self.outline:
            orders = list(SortOrder)
            self.outline.sort(orders[(orders.index(self.outline.order) + 1) % len(orders)])
            self._rows_changed()

    def action_show(self, name: str) -> None:
        if self.outline:
            change = Change[name.upper()]
            self.outline.show(change, change in self.outline.hidden)
            self._rows_changed()

    def action_attributes(self) -> None:
        self._attributes = not self._attributes
        self.forget()

    def action_copy(self) -> None:
        if self.outline and self.node is not None:
            self.app.copy_to_clipboard("/" + escape(self.outline.outlined.stack.path(self.node)))

    # inside

    def _named(self, node: int, plain: Style, match: Style) -> Iterator[Segment]:
        """A name, and in it what the filter is looking for."""
        assert self.outline
        path, expression = self.outline.outlined.stack.path(node), self.outline.expression
        at = start = path.rfind(b"/") + 1
        if expression:
            line = expression.searched(b"/" + path.replace(b"\n", b"\0"))
            for first, last in (found.span() for found in expression.pattern.finditer(line)):
                if last - 1 > start:
                    begin = max(first - 1, start)
                    yield Segment(escape(path[at:begin]), plain)
                    yield Segment(escape(path[begin : last - 1]), match)
                    at = last - 1
        yield Segment(escape(path[at:]), plain)

    @property
    def _bar_width(self) -> int:
        return 8 if self.inner_width >= _SPACIOUS else 4

    @property
    def _fixed(self) -> int:
        """Columns before the names."""
        return 2 + (23 if self._attributes else 0) + 8 + self._bar_width + 1

    def _rows_changed(self, same: bool = True) -> None:
        """Find the cursor's path among other rows, which are those of the ``same`` comparison or of another one."""
        assert self.outline
        stack = self.outline.outlined.stack
        self.elsewhere = self._look_elsewhere()
        path, node = self._path, None
        while node is None:
            node = stack.find(path)
            path = path.rpartition(b"/")[0]
        self.reset(self.outline.row_of(node), same=same)
        self.post_message(self.Changed())

    def _look_elsewhere(self) -> Elsewhere | None:
        if not self.leads or self.outline is None or self.outline.matches != 0 or self.outline.sought is None:
            return None
        comparison = self.outline.outlined
        return elsewhere(comparison.stack, self.outline.sought, comparison.at)

    def _remember(self) -> None:
        if self.outline and self.node is not None:
            self._path = self.outline.outlined.stack.path(self.node)


@lru_cache(maxsize=1024)
def _fitted(owner: str) -> str:
    return f"{owner:<9}" if len(owner) <= 9 else owner[:8] + "…"
