"""An outline that is shown as a tree, or as a list of the largest of what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from rich.style import Style

from layerview.text import escape
from layerview.trees import FlatRows
from layerview.trees.selection import Shown
from layerview.tui.lists.steps import advance, finish
from layerview.tui.panes.flat_names import FlatNames
from layerview.tui.panes.outline_list import OutlineList, marked
from layerview.tui.steps import Step


class FlatList(OutlineList[Shown]):
    """In the list rows are paths from the root. The list grows beside the keys, its first rows are there at once."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._names: FlatNames | None = None
        self._before = b""
        """Where the cursor was in the tree before the list was shown."""
        self._way_back: bytes | None = None
        """The path that was gone to from the list; None where there is no way back to that."""
        self._awaited: bytes | None = None
        """The path that the cursor is to be on, once it is in the list."""

    @property
    def flat(self) -> bool:
        """Whether it is a list now."""
        return self.outline is not None and self.outline.flat

    @property
    def is_whole(self) -> bool:
        """Whether all rows are there."""
        return not (self.outline and isinstance(self.outline.rows, FlatRows)) or self.outline.rows.is_whole

    def step_back(self) -> Step | None:
        """From the list to the tree as it was, or from a path to the list that it was gone to from."""
        if self.flat:
            return Step("tree", self._leave)
        return Step("back to the list", self._return) if self._way_back is not None else None

    def move_to(self, row: int) -> None:
        self._awaited = None
        super().move_to(row)

    # Keys

    def action_flat(self) -> None:
        """Show the list, or the tree with the cursor on the same path."""
        if self.outline is None:
            return
        if self.flat:
            self._show_tree(self._path)
        else:
            self._before = self._path
            self._show_list(b"")
        self._way_back = None
        self.refresh_bindings()

    def action_fold(self) -> None:
        """In the list: go to the path in the tree."""
        if not self.flat:
            super().action_fold()
        elif self.asked is not None:
            self._way_back = self._path
            self._show_tree(self._path)
            self.refresh_bindings()

    def action_fold_all(self) -> None:
        if self.flat:
            self.notify("A list has no folders; t shows the tree.")
        else:
            super().action_fold_all()

    # inside

    def list_flat(self, flat: bool) -> None:
        """Have rows be those of the list, or of the tree."""
        assert self.outline
        self.outline.list_flat(flat)
        self.drop_pictures()

    def _leave(self) -> None:
        self._show_tree(self._before)
        self.refresh_bindings()

    def _return(self) -> None:
        assert self._way_back is not None
        path, self._way_back = self._way_back, None
        self._show_list(path)
        self.refresh_bindings()

    def _show_list(self, path: bytes) -> None:
        """The cursor goes to a path, or to the first."""
        assert self.outline
        self.list_flat(True)
        self._path, self._awaited = path, path or None
        self.rows_changed(same=False)

    def _show_tree(self, path: bytes) -> None:
        assert self.outline
        self.list_flat(False)
        node = self.outline.outlined.tree.find(path)
        if node:
            self.outline.reveal(node)
        self._path = path
        self.rows_changed(same=False)

    def rows_changed(self, same: bool = True) -> None:
        self._names = None
        rows = self.outline.rows if self.outline else None
        if not isinstance(rows, FlatRows):
            super().rows_changed(same)
            return
        steps = growing(rows)
        more = advance(steps)
        super().rows_changed(same=False)
        self._remember()
        if more:
            self.run_worker(self._grow(rows, steps), group="list", exclusive=True)

    async def _grow(self, rows: FlatRows, steps: Iterator[None]) -> None:
        """Find all rows, unless others are wanted by then. The cursor stays in its row."""

        def is_wanted() -> bool:
            if len(rows) and (not self.viewport.visible or self._comes(rows)):
                self._show_more()
            return self.outline is not None and self.outline.rows is rows

        if await finish(steps, is_wanted):
            self._comes(rows)
            self._show_more()

    def _comes(self, rows: FlatRows) -> bool:
        """Whether what the cursor is to be on is there now, where it is then."""
        node = self.outline.outlined.tree.find(self._awaited) if self.outline and self._awaited is not None else None
        row = rows.find(node) if node else None
        if row is None:
            return False
        self.cursor, self._awaited = row, None
        return True

    def _show_more(self) -> None:
        self._names = None
        self.reset(self.cursor)
        self._remember()
        self.post_message(self.Changed(self))

    def _path_of(self, row: int) -> bytes:
        assert self.outline
        return self.outline.outlined.tree.path(self.outline.rows[row])

    def named_in(self, row: int, width: int, plain: Style, match: Style) -> Sequence[Segment]:
        """The name of a row, and in it what the filter is looking for; in the list in so many columns, unless it is wrapped."""
        assert self.outline
        if not self.flat or self.wrapped:
            return [*self.named(self.outline.rows[row], plain, match)]
        if self._names is None or self._names.width != width:
            self._names = FlatNames(lambda each: escape(self._path_of(each)), self.row_count, width)
        name, expression = self._names.cut(row), self.outline.expression
        if name == escape(self._path_of(row)):
            return [*self.named(self.outline.rows[row], plain, match)]
        shown = name.encode()
        spans = expression.spans(expression.searched(shown)) if expression else ()
        return [*marked(shown, spans, plain, match)]


def growing(rows: FlatRows) -> Iterator[None]:
    """Find all rows, step by step."""
    while not rows.is_whole:
        rows.grow()
        yield
