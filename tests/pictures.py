"""A screen as a picture: its frames, the tables in them, and what must hold for each, whatever is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pyte.screens import Char
from wcwidth import wcwidth

HIDDEN = "\0"
"""What stands in the second column of a wide character."""
_SIDES = "│║"
_FIGURE = re.compile(r"(\S*) ([kMGTPE]?B)(?![\w/])")
_BAR = frozenset("▏▎▍▌▋▊▉█")
_LEFT_HEADS = ("permission", "owner", "lines", "instruction", "name", "why, by whom, what helps", "path")
"""What stands above columns of text, which begin where their head does; figures end where theirs does."""


class Frame(NamedTuple):
    """Where the lines of a frame are."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Table:
    """The rows of a list below their head, each as one character for each column of the screen."""

    head: str
    rows: Sequence[str]

    def before(self, column: str) -> list[list[str]]:
        """The words of each row that stand before a column, without marks and bars."""
        at = self.head.index(column)
        return [[word for word in row[1:at].split() if not _BAR.issuperset(word)] for row in self.rows]

    def after(self, column: str) -> list[str]:
        """What each row has from a column on."""
        at = self.head.index(column)
        return [row[at:].rstrip(" ▐") for row in self.rows]

    def room(self, column: str) -> int:
        """How much of the row is there for a column that goes on to its end, without the scroll bar."""
        return len(self.head) - 1 - self.head.index(column)


class Picture:
    """What a terminal shows."""

    def __init__(self, cells: Sequence[Sequence[Char]]) -> None:
        self.cells = cells
        self.lines = ["".join(cell.data[:1] or HIDDEN for cell in line) for line in cells]
        self.width, self.height = len(self.lines[0]), len(self.lines)

    def __str__(self) -> str:
        return "\n".join(line.replace(HIDDEN, "") for line in self.lines)

    def frames(self) -> dict[str, Frame]:
        """The frames that are whole, by what is written into their upper line."""
        found = (self._frame(x, y) for y in range(self.height) for x in range(self.width))
        return {self.lines[frame.top][frame.left + 1 : frame.right].strip("─═ "): frame for frame in found if frame}

    def frame(self, title: str) -> Frame:
        """The frame with a title that begins so."""
        return next(frame for name, frame in self.frames().items() if name.startswith(title))

    def table(self, title: str) -> Table:
        """What stands in a frame."""
        left, top, right, bottom = self.frame(title)
        head, *rows = [line[left + 1 : right] for line in self.lines[top + 1 : bottom]]
        return Table(head, [row for row in rows if row.strip(" ▐")])

    def assert_sound(self) -> None:
        """Frames stand side by side and above each other and take all between the first line and the last.

        Whatever has a unit is a whole number, and touches nothing.
        """
        framed = sum((right - left + 1) * (bottom - top + 1) for left, top, right, bottom in self.frames().values())
        assert framed == self.width * (self.height - 2), str(self)
        for line in self.lines:
            for found in _FIGURE.finditer(line):
                number = found[1].lstrip("(+−×│║▏▎▍▌▋▊▉█")
                assert re.fullmatch(r"\d{1,3}(\.\d)?|…|\d{1,3}(,\d{3})*", number), f"{found[0]!r} in {line!r}\n{self}"

    def _frame(self, x: int, y: int) -> Frame | None:
        """The frame whose upper left corner is there, if it is one."""
        if self.lines[y][x] not in "╭┌╔":
            return None
        bottom = self._down(x, y, "╰└╚")
        for right in range(x + 1, self.width):
            if bottom and self.lines[y][right] in "╮┐╗" and self._down(right, y, "╯┘╝") == bottom:
                return Frame(x, y, right, bottom)
        return None

    def _down(self, x: int, y: int, corners: str) -> int:
        """The line of the corner at the end of a side; 0 where it does not go through."""
        for line in range(y + 1, self.height):
            if self.lines[line][x] not in _SIDES:
                return line if self.lines[line][x] in corners else 0
        return 0


def heads(head: str) -> Iterator[tuple[str, int, int]]:
    """The names of columns with where they begin and end, of those that hold figures."""
    for name in _LEFT_HEADS:
        head = head.replace(name, " " * len(name))
    for found in re.finditer(r"[^\s▐]+", head):
        yield found[0], found.start(), found.end()


def assert_columns(table: Table, last: str) -> None:
    """Figures stand below the end of their heads, with a blank behind them; but in lines that go on below another."""
    rows = [row for row in table.rows if not re.match(r"[! ] +(stored|hidden|by) ", row)]
    for name, begin, end in heads(table.head):
        for row in rows:
            told = row[: table.head.index(last)]
            if end < len(told):
                assert told[end] == " ", f"{name} touches in {row!r}"
                assert not told[begin:end].strip() or told[end - 1] != " ", f"{name} is moved in {row!r}"


def cells_of(text: str) -> str:
    """A text as one character for each column that it takes."""
    text = unicodedata.normalize("NFC", text)
    return "".join(each + HIDDEN * (wcwidth(each) - 1) for each in text if wcwidth(each) > 0)
