"""Which lines of a list are in view, and where its scroll bar's thumb is. No screen in it."""

from __future__ import annotations

from collections.abc import Callable

Position = tuple[int, int]
"""A row, and a line of it, from 0."""


class Viewport:
    """So many lines of rows that take a line each, or several where they are wrapped.

    How many lines a row takes is asked of the rows near what is in view, and of the last ones, never of all.
    """

    def __init__(self, count: Callable[[], int], lines_of: Callable[[int], int]) -> None:
        """``count`` tells how many rows there are, ``lines_of`` how many lines one of them takes, 1 or more."""
        self._count, self._lines_of = count, lines_of
        self.height = 0
        """Lines that there is room for."""
        self.top: Position = (0, 0)
        """What the first line shows."""
        self._visible: list[Position] | None = None
        self._thumb = range(0)

    @property
    def visible(self) -> list[Position]:
        """What each line shows, from the first on; fewer than there is room for where there are no more."""
        if self._visible is None:
            visible = list[Position]()
            row, first = self.top
            while len(visible) < self.height and row < self._count():
                visible.extend((row, line) for line in range(first, self._lines_of(row)))
                row, first = row + 1, 0
            self._visible = visible[: self.height]
            self._thumb = self._find_thumb()
        return self._visible

    @property
    def thumb(self) -> range:
        """The lines beside which the scroll bar's thumb stands; none where all is in view."""
        return self._thumb if self.visible else range(0)

    def lines(self, row: int) -> range:
        """The lines on which a row stands."""
        lines = [number for number, (each, _) in enumerate(self.visible) if each == row]
        return range(lines[0], lines[-1] + 1) if lines else range(0)

    def forget(self) -> None:
        """Rows are others, or take other lines."""
        self._visible = None

    def rewind(self) -> None:
        """The same, and the first row in view is so from its first line on."""
        self.top = self.top[0], 0
        self._visible = None

    def put(self, row: int, line: int = 0) -> bool:
        """Have a line be the first in view, or the nearest that can be; whether that is another one than before.

        It is counted from a row's first line on, and may be one of a row before or after.
        """
        place = 0, 0
        if count := self._count():
            row, bottom = min(row, count), count - 1
            while line < 0 and row > 0:
                row -= 1
                line += self._lines_of(row)
            while row < bottom and line >= self._lines_of(row):
                line -= self._lines_of(row)
                row += 1
            place = max(place, min((row, line), self._last_place(bottom)))
        if place == self.top:
            return False
        self.top = place
        self._visible = None
        return True

    def scroll(self, lines: int) -> bool:
        """Move by so many lines, down or, below 0, up, as far as that goes; whether it goes anywhere."""
        row, line = self.top
        return self.put(row, line + lines)

    def show(self, row: int) -> bool:
        """Bring a row into view: all of it, or its beginning, if no other part of it already fills the view.

        Whether anything moves for that.
        """
        if not self.height or not self._count():
            self.top = 0, 0
            return False
        first, last = (row, 0), self._last_place(row)
        return not first <= self.top <= last and self.put(*min(first, max(self.top, last)))

    def goes_on(self, row: int, lines: int) -> bool:
        """Whether a row that is in view goes on beyond the edge, below or, with ``lines`` below 0, above."""
        seen = [line for each, line in self.visible if each == row]
        return bool(seen) and (seen[0] > 0 if lines < 0 else seen[-1] + 1 < self._lines_of(row))

    def put_share(self, share: float) -> bool:
        """Have so much of what is not in view be above it, from 0 to 1; whether anything moves for that."""
        if not self._count():
            return False
        above = max(0, min(share, 1)) * self._most_rows_above
        row = int(above)
        return self.put(row, round((above - row) * self._lines_of(row)))

    def _last_place(self, bottom: int) -> Position:
        """What the first line shows when ``bottom`` ends on the last one."""
        room, top = self.height - self._lines_of(bottom), bottom
        while top > 0 and room > 0:
            top -= 1
            room -= self._lines_of(top)
        return top, max(-room, 0)

    def _find_thumb(self) -> range:
        """How many lines there are in all is not known where rows are wrapped, so it goes by rows."""
        count, last = self._count(), self._most_rows_above
        if not last:
            return range(0)
        length = max(int(self.height * (count - last) / count), 1)
        start = round(self._rows_above(self.top) / last * (self.height - length))
        return range(start, start + length)

    def _rows_above(self, place: Position) -> float:
        """How many rows are above a line, of which the last may be a fraction."""
        row, line = place
        return row + line / self._lines_of(row)

    @property
    def _most_rows_above(self) -> float:
        """How many rows are above the first line when the last of all is in view."""
        return self._rows_above(self._last_place(self._count() - 1)) if self._count() else 0
