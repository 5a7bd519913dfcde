"""All files that layers store, the largest first: which layer stores each, and which one hides it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.message import Message

from layerview.analysis import STORED, Stored
from layerview.analysis.waste_draft import BOOKKEEPING
from layerview.filesystem import Stack
from layerview.text import Expression, escape, size
from layerview.trees import FlatRows
from layerview.tui.keymap import bindings
from layerview.tui.lists.filter_bar import FilteredList
from layerview.tui.lists.line_list import NOTHING
from layerview.tui.lists.rows import Look, Row
from layerview.tui.lists.steps import advance, finish
from layerview.tui.panes.flat_list import growing
from layerview.tui.panes.flat_names import FlatNames
from layerview.tui.panes.outline_list import marked
from layerview.wording.figures import counted

_FIXED = 23
"""Columns before the names."""


class StoredList(FilteredList):
    """A row for each file of each layer. The list grows beside the keys, its first rows are there at once."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("stored", "mode")
    HEADED = True
    RESTS = False
    SOUGHT = "regular expression, size>10M, layer:3"

    class Counted(Message):
        """All rows are there."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._stored: Stored | None = None
        self._rows: FlatRows | None = None
        self._chosen: bytes | None = None
        """1 for each that matches the filter; None without one."""
        self._pattern = ""
        self._expression: Expression | None = None
        self._names: FlatNames | None = None

    def show(self, stack: Stack) -> None:
        """Show what the layers of a stack store, if it does not stand there already."""
        if self._stored is None or self._stored.stack is not stack:
            self._stored = Stored(stack)
            self._list(self._pattern, self.cursor)

    @property
    def place(self) -> tuple[bytes, int] | None:
        """The path under the cursor, and the layer that stores it; None where it has no path."""
        if self._stored is None or not self.row_count:
            return None
        number = self._number(self.cursor)
        node = self._stored.node(number)
        return (self._stored.stack.path(node), self._stored.layer(number)) if node > 0 else None

    @property
    def summary(self) -> str:
        """What is listed."""
        if self._stored is None or self._rows is None:
            return ""
        if not self._rows.is_whole or self._chosen is not None:
            return "all that layers store"
        return f"{size(self._stored.whole)} in {counted(len(self._rows), 'file')} that layers store"

    # FilteredList

    @property
    def pattern(self) -> str:
        return self._pattern

    @property
    def found(self) -> str:
        if self._stored is None or self._chosen is None:
            return ""
        bytes_ = self._stored.bytes_of(self._chosen)
        return counted(self._chosen.count(1), "match", "matches") + (f", {size(bytes_)}" if bytes_ else "")

    def filter(self, pattern: str) -> None:
        self._list(pattern, 0)

    # LineList

    @property
    def row_count(self) -> int:
        return len(self._rows) if self._rows else 0

    def row_key(self, row: int) -> Hashable:
        return self._number(row)

    def empty_text(self) -> str:
        if self._rows is None:
            return "Nothing is read as yet."
        if not self._rows.is_whole:
            return "Looking for the largest …"
        return "Nothing matches the filter." if self._pattern else "No layer stores a file with bytes."

    def paint_head(self, look: Look) -> Row:
        return Row([Segment(f"  {'size':>7} {'layer':>5} {'hidden':>6} path", look["head"])], _FIXED)

    def paint_row(self, row: int, look: Look) -> Row:
        assert self._stored
        number = self._number(row)
        hidden = self._stored.hidden_by(number)
        before = [
            Segment(f"{'−' if hidden else ' '} ", look["removed"]),
            Segment(f"{size(self._stored.size(number)):>7} ", look["text"]),
            Segment(f"{self._stored.layer(number):>5} ", look["dim"]),
            Segment(f"{hidden or '':>6} ", look["removed"]),
        ]
        return Row([*before, *self._named(row, "removed" if hidden else "text", look)], _FIXED, _FIXED)

    # Keys

    def action_copy(self) -> None:
        if self.row_count:
            self.app.copy_to_clipboard("/" + self._written(self.cursor))
        else:
            self.notify(NOTHING)

    # inside

    def _list(self, pattern: str, cursor: int) -> None:
        """List what matches, with the cursor in a row. Raises UsageError."""
        regular, condition = STORED.read(pattern)
        self._expression = Expression(regular) if regular else None
        self._pattern = pattern
        if self._stored is None:
            return
        self._chosen = self._stored.those(self._expression, condition) if pattern else None
        self._rows = rows = FlatRows(len(self._stored), self._stored.largest(self._chosen))
        steps = growing(rows)
        more = advance(steps)
        self._take(cursor)
        if more:
            self.run_worker(self._grow(rows, steps), group="stored", exclusive=True)
        else:
            self.post_message(self.Counted())

    async def _grow(self, rows: FlatRows, steps: Iterator[None]) -> None:
        """Find all rows, unless others are wanted by then. The cursor stays in its row."""

        def is_wanted() -> bool:
            if len(rows) and not self.viewport.visible:
                self._take(0)
            return self._rows is rows

        if await finish(steps, is_wanted):
            self._take(self.cursor)
            self.post_message(self.Counted())

    def _take(self, cursor: int) -> None:
        self._names = None
        self.reset(cursor)

    def _number(self, row: int) -> int:
        assert self._rows
        return self._rows[row]

    def _path(self, row: int) -> bytes:
        assert self._stored
        node = self._stored.node(self._number(row))
        return BOOKKEEPING if node < 0 else self._stored.stack.path(node)

    def _written(self, row: int) -> str:
        return escape(self._path(row))

    def _named(self, row: int, look: str, looks: Look) -> Iterator[Segment]:
        """The path, cut unless rows are wrapped, and in it what the filter is looking for."""
        width = self.inner_width - _FIXED
        if self._names is None or self._names.width != width:
            self._names = FlatNames(self._written, self.row_count, width)
        name = (self._written(row) if self.wrapped else self._names.cut(row)).encode()
        searched = self._expression.searched(name) if self._expression else b""
        spans = self._expression.spans(searched) if self._expression else ()
        return marked(name, spans, looks[look], looks["match"])
