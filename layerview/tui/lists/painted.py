"""Rows painted line by line, as cheaply as a terminal shows them: what every list is, before anyone moves in it.

One widget, no children. A list costs what is visible of it: with half a million rows a cursor move is written
to the terminal within 5 ms, where Textual's own Tree and DataTable take seconds to fill. Three measures do it:

- The compositor is handed the same ``Strip`` objects again and again, so that their own caches hit; that is why
  ``render_lines`` is overridden, and why the widget has neither border nor padding.
- A cursor move repaints two rows.
- The scroll bar is drawn inside the strips, since a scroll bar widget repaints every line it spans.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from layerview.tui.lists.rows import Look, Row, cut, joined, paragraph, wrapped
from layerview.tui.lists.viewport import Viewport
from layerview.tui.textual_private import Settled

_CACHED_ROWS = 500
"""Rows whose picture is kept. Each is some fifty objects: with ten times as many a collection of garbage took 40 ms of a key."""

_MARGIN = 2
"""Blanks on either side of what stands in place of rows."""

_Pictures = tuple[int, dict[Hashable, list[Strip]], dict[Hashable, Strip]]


class PaintedRows(Settled, Widget):
    """Rows, one of which is under the cursor, and those that are in view. Subclasses say what a row is."""

    ALLOW_SELECT = False
    LOOKS: ClassVar[tuple[str, ...]] = (
        "text", "strong", "dim", "faint", "added", "modified", "removed", "accent", "bar", "head", "match",
    )  # fmt: skip
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"look-{name}" for name in (*LOOKS, "cursor", "resting")}

    WRAPPED = False
    """Whether rows are wrapped to begin with."""
    HEADED = False
    """Whether there is a line above the rows."""
    UNEVEN = False
    """Whether rows may take several lines where they are not wrapped."""
    RESTS = True
    """Whether the cursor is to be seen while another pane has the keys."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.cursor = 0
        self.viewport = Viewport(lambda: self.row_count, self._height)
        """What is in view below the head."""
        self.wrapped = self.WRAPPED
        self._left = 0
        self._looks: tuple[Look, Look, Look] | None = None
        self._painted: dict[Hashable, list[Strip]] = {}
        self._lines: dict[Hashable, Strip] = {}
        self._pictures_before: _Pictures = (0, {}, {})
        """The width before this one, and its pictures: a pane that takes all of the screen gives it back."""
        self._seen: dict[int, Strip] = {}
        """What stands on each line of the screen."""
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

    def paint_rows(self, row: int, look: Look) -> Sequence[Row]:
        """The lines of a row, each of which is wrapped or cut by itself."""
        return [self.paint_row(row, look)]

    def paint_head(self, look: Look) -> Row:
        """The line above the rows, where the list is headed."""
        return Row([])

    def empty_text(self) -> str:
        """What stands in place of the rows when there are none; one or more lines."""
        return ""

    # What a subclass and the screen use

    @property
    def inner_width(self) -> int:
        """Columns for a row: all but the scroll bar's."""
        return max(self._area.width - 1, 0)

    def forget(self) -> None:
        """Paint all rows anew."""
        self.drop_pictures()
        self.viewport.forget()
        self.refresh()

    def refresh_row(self, row: int) -> None:
        """Paint one row anew, if it is in view."""
        if lines := self.viewport.lines(row):
            self.refresh(Region(0, lines.start + self.head_height, self._area.width, len(lines)))

    def refresh_changed(self) -> None:
        """Have painted what looks otherwise: to see that a line is the same takes less time than to paint it."""
        if not self._seen or self.size != self._area:
            self.refresh()
            return
        changed = [Region(0, y, self._area.width, 1) for y, strip in self._seen.items() if strip != self._line(y)]
        if changed:
            self.refresh(*changed)

    def drop_pictures(self) -> None:
        """Rows look otherwise than they did, or are others."""
        self._painted.clear()
        self._lines.clear()
        self._pictures_before = (0, {}, {})

    def _height(self, row: int) -> int:
        return len(self._parts(row, 0)) if self.wrapped or self.UNEVEN else 1

    @property
    def head_height(self) -> int:
        """Lines above the rows."""
        return 1 if self.HEADED and self._area.height > 2 else 0

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        self.measure()
        strips = [self._line(y) for y in crop.line_range]
        self._seen.update(zip(crop.line_range, strips, strict=True))
        if crop.x > 0 or crop.right < self._area.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def measure(self) -> None:
        """Paint anew for another size."""
        if self.size != self._area:
            if self.size.width != self._area.width:
                self._change_pictures()
            self._area = self.size
            self._seen.clear()
            self.viewport.height = max(self._area.height - self.head_height, 0) if self._area else 0
            self.viewport.rewind()
            if self.viewport.show(self.cursor):
                self.refresh()

    def _change_pictures(self) -> None:
        before = self._area.width, self._painted, self._lines
        self._painted, self._lines = (
            self._pictures_before[1:] if self._pictures_before[0] == self.size.width else ({}, {})
        )
        self._pictures_before = before

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks = None
        self.drop_pictures()

    @property
    def looks(self) -> tuple[Look, Look, Look]:
        """The styles of an ordinary row, of the cursor's row, and of the cursor's row while another pane has the keys."""
        if self._looks is None:
            plain = {name: self.get_component_rich_style(f"look-{name}") for name in self.LOOKS}
            under = [_over(self.get_component_rich_style(f"look-{name}")) for name in ("cursor", "resting")]
            cursor, resting = ({name: style + ground for name, style in plain.items()} for ground in under)
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
        head = self.head_height
        if head and y == 0:
            return self._finish(cut(self.paint_head(look), look, self.inner_width, self._left), " ", look)
        visible = self.viewport.visible
        index = y - head
        if not visible:
            return self._finish(self._empty_line(index, look), " ", look)
        if index >= len(visible):
            return self._kept(None, lambda: self._finish(Strip([]), " ", look))
        number, part = visible[index]
        state = 0 if number != self.cursor else 1 if self.has_focus else 2 if self.RESTS else 0
        thumb = "▐" if index in self.viewport.thumb else " "
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
        lines = paragraph(self.empty_text(), look["dim"], self.inner_width - 2 * _MARGIN)
        first = min(1, max(self.viewport.height - len(lines), 0))
        strip = lines[index - first] if 0 <= index - first < len(lines) else Strip([])
        return Strip.join([Strip([Segment(" " * _MARGIN, look["dim"])]), strip])

    def _parts(self, number: int, state: int) -> list[Strip]:
        """The lines of a row: one, or several where it is wrapped."""
        key = (self.row_key(number), state)
        parts = self._painted.get(key)
        if parts is None:
            if len(self._painted) > _CACHED_ROWS:
                self._painted.clear()
            look = self.looks[state]
            rows = self.paint_rows(number, look)
            width = self.inner_width
            if self.wrapped:
                parts = [line for row in rows for line in wrapped(row, look, width)]
            else:
                parts = [cut(row, look, width, self._left) for row in rows]
            self._painted[key] = parts
        return parts


def _over(ground: Style) -> Style:
    """What is added to the styles of a row for its ground: where that is the row in reverse, it is all of one colour."""
    if ground.reverse:
        return Style(color=ground.color, bgcolor=ground.bgcolor, reverse=True, dim=False)
    return Style(bgcolor=ground.bgcolor, underline=ground.underline or None)
