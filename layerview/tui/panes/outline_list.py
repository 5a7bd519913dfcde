"""A list of the rows of an outline: folds and filter, and a cursor that stays on its path."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.message import Message

from layerview.text import Expression, escape, size
from layerview.trees import Outline, Outlined, Sized
from layerview.trees.outline import Listed
from layerview.trees.selection import Read
from layerview.tui.lists.filter_bar import FilteredList
from layerview.tui.lists.line_list import NOTHING
from layerview.wording.figures import counted

Shown = TypeVar("Shown", bound=Outlined)


class OutlineList(FilteredList, Generic[Shown]):
    """Rows of an Outline. The cursor stays on its path, whatever tree or order comes, and goes to what a filter finds."""

    HEADED = True

    class Changed(Message):
        """Other rows are shown: filtered, hidden, sorted."""

        def __init__(self, sender: OutlineList[Any]) -> None:
            super().__init__()
            self.sender = sender

        @property
        def control(self) -> OutlineList[Any]:
            return self.sender

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.outline: Outline[Shown] | None = None
        self._message = ""
        self._wanted = ""
        """What to filter by once there is a tree."""
        self._path = b""
        self._folded = True

    @property
    def node(self) -> int | None:
        """What is under the cursor."""
        return self.outline.rows[self.cursor] if self.outline and self.row_count else None

    def show(self, outlined: Shown) -> None:
        """Show a tree, or what there was in another state."""
        self._message = ""
        if self.outline is None:
            self.outline = Outline(outlined, self.read, self.listed, self.measured)
            if self._wanted:
                self.outline.filter(self._wanted)
                self._find_cursor()
        else:
            self.outline.turn_to(outlined)
        self.rows_changed(same=False)

    def read(self, pattern: str) -> Read[Shown]:
        """The regular expression in a filter, and what else it says. Raises UsageError."""
        return pattern, None

    @property
    def listed(self) -> Listed[Shown] | None:
        """What lists it, where it can be shown as a list."""
        return None

    def measured(self, outlined: Shown) -> Sized:
        """What sizes of it are shown."""
        return outlined

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
        bytes_ = self.outline.whole
        return counted(matches, "match", "matches") + (f", {self.told(bytes_)}" if bytes_ else "")

    def told(self, bytes_: int) -> str:
        """What matches, in bytes."""
        return size(bytes_)

    def filter(self, pattern: str) -> None:
        """Show only what matches, now or once there is a tree. Raises UsageError.

        The cursor comes to the first match, and stays where all is shown again.
        """
        if self.outline is None:
            Expression(self.read(pattern)[0])
            self._wanted = pattern
            return
        before = self.outline.pattern
        self.outline.filter(pattern)
        if pattern != before:
            self._find_cursor()
        self.rows_changed(same=False)

    def to_first_match(self) -> None:
        """Put the cursor there, where another tree is shown."""
        if self.outline:
            self._find_cursor()
            self.rows_changed()

    def _find_cursor(self) -> None:
        """Where the cursor belongs once something else is filtered."""
        assert self.outline
        tree = self.outline.outlined.tree
        first, last = self.outline.first_match(), tree.find(self._path)
        if first is not None:
            self._path = tree.path(first)
        elif not self.outline.pattern and last:
            self.outline.reveal(last)

    # LineList

    @property
    def row_count(self) -> int:
        return len(self.outline.rows) if self.outline and not self._message else 0

    def row_key(self, row: int) -> Hashable:
        assert self.outline
        node = self.outline.rows[row]
        return node, self.outline.is_open(node), self.outline.over(node)

    def move_to(self, row: int) -> None:
        super().move_to(row)
        self._remember()

    # Keys

    @property
    def asked(self) -> int | None:
        """What is under the cursor, for a key that needs something there; where nothing is, that is said."""
        if self.node is None:
            self.notify(NOTHING)
        return self.node

    def action_fold(self) -> None:
        node = self.asked
        if self.outline and node is not None:
            self._remember()  # to stay there, wherever the cursor was sent before all was folded
            self.outline.toggle(node)
            self.rows_changed()

    def action_fold_all(self) -> None:
        if self.outline and self.asked is not None:
            self._folded = not self._folded
            if self._folded:
                self.outline.close_all()
            else:
                self.outline.open_all()
            self.rows_changed()

    def action_inside(self) -> None:
        """Open a folder, or where it is open, go into it."""
        node = self.asked
        if self.outline and node is not None:
            if self.outline.is_folder(node) and not self.outline.is_open(node):
                self.action_fold()
            else:
                self._go_inside(node)

    def action_into(self) -> None:
        """Open a folder and go into it at once."""
        node = self.asked
        if self.outline and node is not None:
            if self.outline.is_folder(node) and not self.outline.is_open(node):
                self.action_fold()
            self._go_inside(node)

    def _go_inside(self, node: int) -> None:
        assert self.outline
        below = range(node + 1, self.outline.outlined.tree.end(node))
        if self.cursor + 1 < self.row_count and self.outline.rows[self.cursor + 1] in below:
            self.move_to(self.cursor + 1)
        else:
            self.notify("There is nothing in it." if self.outline.is_folder(node) else "There is nothing to open here.")

    def action_outside(self) -> None:
        node = self.node
        if self.outline and node is not None and self.outline.is_folder(node) and self.outline.is_open(node):
            self.action_fold()
        else:
            self.action_parent()

    def action_parent(self) -> None:
        node = self.asked
        if self.outline and node is not None:
            over = self.outline.over(node)
            if over > 0:
                self.move_to(self.outline.row_of(over))
            else:
                self.notify("There is no folder around it.")

    def action_change(self, step: int) -> None:
        node = self.asked
        if self.outline and node is not None:
            target = self.outline.next_change(node, step)
            if target is None:
                self.notify(self.no_more(step))
                return
            row = self.outline.reveal(target)
            self._path = self.outline.outlined.tree.path(target)
            self.reset(row, same=True)

    def no_more(self, step: int) -> str:
        """What is said where nothing differs in this direction."""
        return "No more changes below." if step > 0 else "No more changes above."

    # inside

    def rows_changed(self, same: bool = True) -> None:
        """Find the cursor's path among other rows, which are those of the ``same`` tree and state or of others."""
        assert self.outline
        tree = self.outline.outlined.tree
        path, node = self._path, None
        while node is None:
            node = tree.find(path)
            path = path.rpartition(b"/")[0]
        self.reset(self.outline.row_of(node), same=same)
        self.post_message(self.Changed(self))

    def named(self, node: int, plain: Style, match: Style) -> Iterator[Segment]:
        """A name, from the row that it is in, and in it what the filter is looking for."""
        assert self.outline
        tree, over, expression = self.outline.outlined.tree, self.outline.over(node), self.outline.expression
        path = tree.path(node)
        start = len(tree.path(over)) + 1 if over else 0
        spans = list[tuple[int, int]]()
        if expression:
            line = expression.searched(b"/" + path.replace(b"\n", b"\0"))
            spans = [(first - 1 - start, last - 1 - start) for first, last in expression.spans(line)]
        return marked(path[start:], spans, plain, match)

    def _remember(self) -> None:
        if self.outline and self.node is not None:
            self._path = self.outline.outlined.tree.path(self.node)


def marked(text: bytes, spans: Iterable[tuple[int, int]], plain: Style, match: Style) -> Iterator[Segment]:
    """A text with what is found in it, from the first byte to before the last of each span, as far as that is in it."""
    at = 0
    for first, last in spans:
        if last > 0:
            begin = max(first, 0)
            yield Segment(escape(text[at:begin]), plain)
            yield Segment(escape(text[begin:last]), match)
            at = last
    yield Segment(escape(text[at:]), plain)
