"""A list of any length, painted line by line: the base of every pane.

One widget, no children. A list costs what is visible of it: with half a million rows a cursor move is written
to the terminal within 5 ms, where Textual's own Tree and DataTable take seconds to fill. Three measures do it:

- The compositor is handed the same ``Strip`` objects again and again, so that their own caches hit; that is why
  ``render_lines`` is overridden, and why the widget has neither border nor padding.
- A cursor move repaints two rows.
- The scroll bar is drawn inside the strips, since a scroll bar widget repaints every line it spans.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from layerview.tui.keymap import bindings
from layerview.tui.lists.rows import Look, Row, cut, joined, wrapped

_CACHED_ROWS = 500
"""Rows whose picture is kept. Each is some fifty objects: with ten times as many a collection of garbage took 40 ms of a key."""


class LineList(Widget, can_focus=True):
    """A cursor over rows, which move, page, scroll, wrap and take the mouse. Subclasses say what a row is."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = bindings("list")
    LOOKS: ClassVar[tuple[str, ...]] = (
        "text", "strong", "dim", "faint", "added", "modified", "removed", "accent", "bar", "head",
    )  # fmt: skip
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"look-{name}" for name in (*LOOKS, "cursor", "resting")}

    WRAPPED = False
    """Whether rows are wrapped to begin with."""
    HEADED = False
    """Whether there is a line above the rows."""
    RESTS = True
    """Whether the cursor is to be seen while another pane has the keys."""

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
        self.cursor = 0
        self._top = 0
        """The first row in view."""
        self._top_line = 0
        """The line of it that is the first in view."""
        self._left = 0
        self.wrapped = self.WRAPPED
        self._looks: tuple[Look, Look, Look] | None = None
        self._painted: dict[Hashable, list[Strip]] = {}
        self._lines: dict[Hashable, Strip] = {}
        self._seen: dict[int, Strip] = {}
        """What stands on each line of the screen."""
        self._visible: list[tuple[int, int]] | None = None
        self._thumb = range(0)
        """The lines below the head that the scroll bar's thumb takes; none where all is in view."""
        self._dragging = False
        self._area = Size(0, 0)
        """``size``, which takes Textual 10 µs to tell, and is asked for a dozen times a line."""

    # What a subclass says

    @property
    @abstractmethod
    def row_count(self) -> int:
        """How many rows there are."""

    @abstractmethod
    def row_key(self, row: int) -> Hashable:
        """All that the picture of a row depends on, besides what ``forget`` is called for."""

    @abstractmethod
    def paint_row(self, row: int, look: Look) -> Row:
        """The picture of a row."""

    def paint_head(self, look: Look) -> Row:
        """The line above the rows, where the list is headed."""
        return Row([])

    def empty_text(self) -> str:
        """What stands in place of the rows when there are none; one or more lines."""
        return ""

    def click_row(self, row: int, column: int, again: bool) -> None:
        """The mouse was clicked on a row, which the cursor is on now; again if it already was."""
        if again:
            self.post_message(self.Chosen(self))

    # What a subclass and the screen use

    @property
    def inner_width(self) -> int:
        """Columns for a row: all but the scroll bar's."""
        return max(self._area.width - 1, 0)

    def forget(self) -> None:
        """Paint all rows anew."""
        self._painted.clear()
        self._lines.clear()
        self._visible = None
        self.refresh()

    def reset(self, cursor: int, *, same: bool = False) -> None:
        """Take over other rows, with the cursor on the one given, as far as there are so many.

        They are the ``same`` where the key of a row still stands for the picture that it stood for.
        """
        if not same:
            self._painted.clear()
            self._lines.clear()
        self.cursor = max(0, min(cursor, self.row_count - 1))
        self._top_line = 0
        self._visible = None
        self._show_cursor()
        self._refresh_changed()
        self.post_message(self.Moved(self))

    def move_to(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest there is, and bring it into view."""
        row = max(0, min(row, self.row_count - 1))
        if row == self.cursor:
            self._show_cursor()
            return
        before, self.cursor = self.cursor, row
        self._refresh_row(before)
        self._show_cursor()
        self._refresh_row(row)
        self.post_message(self.Moved(self))

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        self._measure()
        strips = [self._line(y) for y in crop.line_range]
        self._seen.update(zip(crop.line_range, strips, strict=True))
        if crop.x > 0 or crop.right < self._area.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def _measure(self) -> None:
        """Paint anew for another size."""
        if self.size != self._area:
            self._area = self.size
            self._painted.clear()
            self._lines.clear()
            self._seen.clear()
            self._top_line = 0
            self._visible = None
            self._show_cursor()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks = None
        self._painted.clear()
        self._lines.clear()

    @property
    def looks(self) -> tuple[Look, Look, Look]:
        """The styles of an ordinary row, of the cursor's row, and of the cursor's row while another pane has the keys."""
        if self._looks is None:
            plain = {name: self.get_component_rich_style(f"look-{name}") for name in self.LOOKS}
            under = [self.get_component_rich_style(f"look-{name}") for name in ("cursor", "resting")]
            cursor, resting = (
                {name: style + Style(bgcolor=ground.bgcolor) for name, style in plain.items()} for ground in under
            )
            self._looks = self._filtered(plain), self._filtered(cursor), self._filtered(resting)
        return self._looks

    def _filtered(self, look: Look) -> Look:
        """As the terminal can show it: filtered once for each style, where Textual filters each line anew."""
        segments = [Segment("", style) for style in look.values()]
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        return {name: segment.style or Style.null() for name, segment in zip(look, segments, strict=True)}

    def _line(self, y: int) -> Strip:
        look = self.looks[0]
        head = self._head_height
        if head and y == 0:
            return self._finish(cut(self.paint_head(look), look, self.inner_width, self._left), " ", look)
        visible = self._layout()
        index = y - head
        if not visible:
            return self._finish(self._empty_line(index, look), " ", look)
        if index >= len(visible):
            return self._kept(None, lambda: self._finish(Strip([]), " ", look))
        number, part = visible[index]
        state = 0 if number != self.cursor else 1 if self.has_focus else 2 if self.RESTS else 0
        thumb = "▐" if index in self._thumb else " "
        key = (self.row_key(number), state, part, thumb)
        return self._kept(key, lambda: self._finish(self._parts(number, state)[part], thumb, self.looks[state]))

    def _kept(self, key: Hashable, paint: Callable[[], Strip]) -> Strip:
        """A line as it was painted before, if it was."""
        strip = self._lines.get(key)
        if strip is None:
            if len(self._lines) > _CACHED_ROWS:
                self._lines.clear()
            strip = self._lines[key] = paint()
        return strip

    def _finish(self, strip: Strip, thumb: str, look: Look) -> Strip:
        """Fill a line up to the scroll bar, and draw that."""
        width = self.inner_width
        filled = strip.crop(0, width).extend_cell_length(width, look["text"])
        return Strip(joined([*filled, Segment(thumb, self.looks[0]["faint"])], look["text"]), width + 1)

    def _empty_line(self, index: int, look: Look) -> Strip:
        lines = self.empty_text().splitlines()
        first = min(1, max(self._body_height - len(lines), 0))
        text = lines[index - first] if 0 <= index - first < len(lines) else ""
        return Strip([Segment(f"  {text}", look["dim"])])

    def _parts(self, number: int, state: int) -> list[Strip]:
        """The lines of a row: one, or several where it is wrapped."""
        key = (self.row_key(number), state)
        parts = self._painted.get(key)
        if parts is None:
            if len(self._painted) > _CACHED_ROWS:
                self._painted.clear()
            look = self.looks[state]
            row = self.paint_row(number, look)
            width = self.inner_width
            parts = wrapped(row, look, width) if self.wrapped else [cut(row, look, width, self._left)]
            self._painted[key] = parts
        return parts

    # Which rows are in view

    @property
    def _head_height(self) -> int:
        return 1 if self.HEADED and self._area.height > 2 else 0

    @property
    def _body_height(self) -> int:
        return max(self._area.height - self._head_height, 0)

    def _height(self, row: int) -> int:
        return len(self._parts(row, 0)) if self.wrapped else 1

    def _layout(self) -> list[tuple[int, int]]:
        """The row, and the line of it, that each line below the head shows."""
        if self._visible is None:
            height, row, first, visible = self._body_height, self._top, self._top_line, list[tuple[int, int]]()
            while len(visible) < height and row < self.row_count:
                visible.extend((row, part) for part in range(first, self._height(row)))
                row, first = row + 1, 0
            self._visible = visible[:height]
            self._thumb = self._find_thumb()
        return self._visible

    def _last_place(self, bottom: int) -> tuple[int, int]:
        """The first row in view, and the line of it that is the first, when ``bottom`` ends on the last line."""
        room, top = self._body_height - self._height(bottom), bottom
        while top > 0 and room > 0:
            top -= 1
            room -= self._height(top)
        return top, max(-room, 0)

    def _put_top(self, top: int, part: int = 0) -> None:
        """Have a line be the first in view, or the nearest that can be. It is counted from a row's first line on, and may
        be one of a row before or after."""
        place = 0, 0
        if self.row_count:
            bottom = self.row_count - 1
            while part < 0 and top > 0:
                top -= 1
                part += self._height(top)
            while top < bottom and part >= self._height(top):
                part -= self._height(top)
                top += 1
            place = max(place, min((top, part), self._last_place(bottom)))
        if place != (self._top, self._top_line):
            self._top, self._top_line = place
            self._visible = None
            self.refresh()

    def _show_cursor(self) -> None:
        """Bring the cursor's row into view: all of it, or its beginning, if no other part of it already fills the pane."""
        if not self._area or not self.row_count:
            self._top = self._top_line = 0
            return
        first, here, last = (self.cursor, 0), (self._top, self._top_line), self._last_place(self.cursor)
        if not first <= here <= last:
            self._put_top(*min(first, max(here, last)))

    def _refresh_changed(self) -> None:
        """Have painted what looks otherwise: to see that a line is the same takes less time than to paint it."""
        if not self._seen or self.size != self._area:
            self.refresh()
            return
        changed = [Region(0, y, self._area.width, 1) for y, strip in self._seen.items() if strip != self._line(y)]
        if changed:
            self.refresh(*changed)

    def _refresh_row(self, row: int) -> None:
        lines = [index for index, (number, _) in enumerate(self._layout()) if number == row]
        if lines:
            self.refresh(Region(0, lines[0] + self._head_height, self._area.width, len(lines)))

    def _find_thumb(self) -> range:
        """Where the thumb is: how many lines there are in all is not known where rows are wrapped, so it goes by rows."""
        height, count, last = self._body_height, self.row_count, self._last_rows_above
        if not last:
            return range(0)
        length = max(int(height * (count - last) / count), 1)
        start = round(self._rows_above(self._top, self._top_line) / last * (height - length))
        return range(start, start + length)

    def _rows_above(self, top: int, part: int) -> float:
        """How many rows are above a line, of which the last may be a fraction."""
        return top + part / self._height(top)

    @property
    def _last_rows_above(self) -> float:
        """How many rows are above the first line in view when the last of all is in view."""
        return self._rows_above(*self._last_place(self.row_count - 1)) if self.row_count else 0

    # Keys

    def action_move(self, rows: int) -> None:
        if not self._read_on(rows):
            self.move_to(self.cursor + rows)

    def _read_on(self, lines: int) -> bool:
        """Move the cursor's row where it goes on beyond the edge, and tell whether it does."""
        seen = [part for row, part in self._layout() if row == self.cursor] if self.wrapped else []
        goes_on = bool(seen) and (seen[0] > 0 if lines < 0 else seen[-1] + 1 < self._height(self.cursor))
        if goes_on:
            self._put_top(self._top, self._top_line + lines)
        return goes_on

    def action_page(self, pages: int) -> None:
        before, step = (self._top, self._top_line), pages * max(self._body_height - 1, 1)
        self._put_top(self._top, self._top_line + step)
        if not self.wrapped:
            self.move_to(self.cursor + step)
            return
        here = self._top, self._top_line
        if here != before:
            self.move_to(next((row for row, part in self._layout() if part == 0), self._top))
        else:
            self.move_to(self.row_count - 1 if pages > 0 else 0)
        self._put_top(*here)  # for no line to go by unseen

    def action_first(self) -> None:
        self.move_to(0)
        self._put_top(0)

    def action_last(self) -> None:
        self.move_to(self.row_count - 1)
        self._put_top(self.row_count)

    def action_choose(self) -> None:
        if self.row_count:
            self.post_message(self.Chosen(self))

    def action_wrap(self) -> None:
        self.wrapped = not self.wrapped
        self._left = self._top_line = 0
        self.forget()
        self._show_cursor()

    def action_sideways(self, columns: int) -> None:
        """Move what is cut at the edge into view, as far as a row in view goes."""
        if self.wrapped:
            return
        look = self.looks[0]
        widest = max((Strip(self.paint_row(row, look).segments).cell_length for row, _ in self._layout()), default=0)
        left = max(0, min(self._left + columns, widest - self.inner_width))
        if left != self._left:
            self._left = left
            self.forget()

    # Events

    def on_resize(self) -> None:
        self._measure()

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
        self._refresh_row(self.cursor)
        if self.parent is not None:
            self.parent.post_message(news)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Not styled anew."""

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._put_top(self._top, self._top_line + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._put_top(self._top, self._top_line - 3)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.x == self.inner_width and self._thumb:
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
        index = event.y - self._head_height
        visible = self._layout()
        if event.x < self.inner_width and 0 <= index < len(visible):
            row = visible[index][0]
            again = row == self.cursor and event.chain > 1
            self.move_to(row)
            self.click_row(row, event.x, again)

    def _drag_to(self, y: int) -> None:
        if not self.row_count:
            return
        share = (y - self._head_height) / max(self._body_height - 1, 1)
        above = max(0, min(share, 1)) * self._last_rows_above
        row = int(above)
        self._put_top(row, round((above - row) * self._height(row)))
