"""A list of any length: the base of every pane."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from layerview.tui.keymap import bindings
from layerview.tui.lists.painted import PaintedRows
from layerview.tui.steps import Step

NOTHING = "There is nothing here."
"""What is said to a key that needs something under the cursor."""


class LineList(PaintedRows, can_focus=True):
    """A cursor over rows, which move, page, scroll, wrap and take the mouse. Subclasses say what a row is."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("list")

    class Moved(Message):
        """The cursor has come to another row, or its row has come to mean something else."""

        def __init__(self, sender: LineList) -> None:
            super().__init__()
            self.sender = sender

        @property
        def control(self) -> LineList:
            return self.sender

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LineList.Moved) and message.sender is self.sender

    class Chosen(Message):
        """The row under the cursor was asked for, by Enter or a second click."""

        def __init__(self, sender: LineList) -> None:
            super().__init__()
            self.sender = sender

        @property
        def control(self) -> LineList:
            return self.sender

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._dragging = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Some keys are there for what is not yet, and say so."""
        return action != "not_yet"

    def click_row(self, row: int, column: int, again: bool) -> None:
        """The mouse was clicked on a row, which the cursor is on now; again if it already was."""
        if again:
            self.post_message(self.Chosen(self))

    def click_head(self, column: int) -> None:
        """The mouse was clicked on the head."""

    def step_back(self) -> Step | None:
        """What Esc undoes of how the list is looked at; None where it is as it always is."""
        return None

    def reset(self, cursor: int, *, same: bool = False) -> None:
        """Take over other rows, with the cursor on the one given, as far as there are so many.

        They are the ``same`` where the key of a row still stands for the picture that it stood for.
        """
        if not same:
            self.drop_pictures()
        self.cursor = max(0, min(cursor, self.row_count - 1))
        self.viewport.rewind()
        self._show_cursor()
        self.refresh_changed()
        self.post_message(self.Moved(self))

    def move_to(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest there is, and bring it into view."""
        row = max(0, min(row, self.row_count - 1))
        if row == self.cursor:
            self._show_cursor()
            return
        before, self.cursor = self.cursor, row
        self.refresh_row(before)
        self._show_cursor()
        self.refresh_row(row)
        self.post_message(self.Moved(self))

    def _show_cursor(self) -> None:
        self._repaint(self.viewport.show(self.cursor))

    def _repaint(self, moved: bool) -> None:
        """Paint all anew where what is in view has ``moved``."""
        if moved:
            self.refresh()

    # Keys

    def action_move(self, rows: int) -> None:
        if self.wrapped and self.viewport.goes_on(self.cursor, rows):
            self._repaint(self.viewport.scroll(rows))
        else:
            self.move_to(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        view = self.viewport
        step = pages * max(view.height - 1, 1)
        moved = view.scroll(step)
        self._repaint(moved)
        if not (self.wrapped or self.UNEVEN):
            self.move_to(self.cursor + step)
            return
        here = view.top
        if moved:
            self.move_to(next((row for row, line in view.visible if line == 0), here[0]))
        else:
            self.move_to(self.row_count - 1 if pages > 0 else 0)
        self._repaint(view.put(*here))  # for no line to go by unseen

    def action_first(self) -> None:
        self.move_to(0)
        self._repaint(self.viewport.put(0))

    def action_last(self) -> None:
        self.move_to(self.row_count - 1)
        self._repaint(self.viewport.put(self.row_count))

    def action_choose(self) -> None:
        if self.row_count:
            self.post_message(self.Chosen(self))
        else:
            self.notify(NOTHING)

    def action_wrap(self) -> None:
        self.wrapped = not self.wrapped
        self._left = 0
        self.viewport.rewind()
        self.forget()
        self._show_cursor()

    def action_sideways(self, columns: int) -> None:
        """Move what is cut at the edge into view, as far as a row in view goes."""
        if self.wrapped:
            self.notify("Rows are wrapped; w cuts them.")
            return
        look = self.looks[0]
        widest = max(
            (
                Strip(line.segments).cell_length
                for row, _ in self.viewport.visible
                for line in self.paint_rows(row, look)
            ),
            default=0,
        )
        left = max(0, min(self._left + columns, widest - self.inner_width))
        if left == self._left:
            self.notify(f"There is nothing more to the {'right' if columns > 0 else 'left'}.")
            return
        self._left = left
        self.forget()

    # Events

    def on_resize(self) -> None:
        self.measure()

    def on_focus(self, event: events.Focus) -> None:
        self._have_keys(event, events.DescendantFocus(self))

    def on_blur(self, event: events.Blur) -> None:
        self._have_keys(event, events.DescendantBlur(self))

    def _have_keys(
        self, event: events.Focus | events.Blur, news: events.DescendantFocus | events.DescendantBlur
    ) -> None:
        """Have the keys, or no longer, as any widget; but no style depends on it, and one row alone looks different."""
        event.prevent_default()
        self.has_focus = isinstance(event, events.Focus)
        self.refresh_row(self.cursor)
        if self.parent is not None:
            self.parent.post_message(news)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Not styled anew."""

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._repaint(self.viewport.scroll(3))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._repaint(self.viewport.scroll(-3))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.x == self.inner_width and self.viewport.thumb:
            self._dragging = True
            self.capture_mouse()
            self._drag_to(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._drag_to(event.y)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def on_click(self, event: events.Click) -> None:
        if event.y < self.head_height:
            self.click_head(event.x)
            return
        index = event.y - self.head_height
        visible = self.viewport.visible
        if event.x < self.inner_width and index < len(visible):
            row = visible[index][0]
            again = row == self.cursor and event.chain > 1
            self.move_to(row)
            self.click_row(row, event.x, again)

    def _drag_to(self, y: int) -> None:
        share = (y - self.head_height) / max(self.viewport.height - 1, 1)
        self._repaint(self.viewport.put_share(share))
