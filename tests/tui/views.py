"""What the program shows of an image, view by view, in a terminal of any size and with any colours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.pictures import Picture
from tests.terminal import LAYERVIEW, TRUE_COLOUR, Terminal

SIZES = ((200, 50), (120, 40), (80, 24), (60, 20))
COLOURS = {
    "true colour": TRUE_COLOUR,
    "256 colours": {"TERM": "screen-256color"},
    "16 colours": {"TERM": "xterm"},
    "no colours": {"TERM": "xterm-256color", "NO_COLOR": "1"},
}


@dataclass(frozen=True)
class View:
    """Something that a screen shows, the keys that lead to it from the one before, and texts that are there then, and gone."""

    keys: bytes
    shows: str
    hides: str = "\0"
    frame: str = ""
    column: str = ""
    """The last column of the table in that frame, if there is one."""

    def is_in(self, screen: str) -> bool:
        return self.shows in screen and self.hides not in screen


LAYERS = View(b"\x1b[F", "instruction", frame="Layers", column="instruction")
VIEWS = (
    LAYERS,
    View(b"\t\x00", "name", frame="Files", column="name"),
    View(b"1", "Details"),
    View(b"2", "why, by whom", hides="Adding up", frame="Details", column="why"),
    View(b"T", "hidden", frame="Details", column="path"),
    View(b"3", "tags"),
)
MORE = (
    View(b"\t\tt", "list by size", frame="Files", column="name"),
    View(b"t", "name", hides="list by size"),
    View(b"/.", "match", frame="Files", column="name"),
    View(b"x" * 1000, "0 matches"),
    View(b"\x1b", "name", hides="match"),
    View(b"z", "name", hides="Layers"),
    View(b"z", "Layers"),
    View(b"?", "Esc closes"),
    View(b"\x1b", "Layers", hides="Esc closes"),
    View(b":", "Search"),
    View(b"\x1b", "Layers", hides="Search"),
)
PAIR = (
    View(b"\x00", "name", frame="What", column="name"),
    View(b"3", "tags"),
    View(b"1", "Details"),
    View(b"\t\x1b[F", "instruction", frame="Layers", column="instruction"),
    View(b"c", "Files at"),
    View(b"c", "What changed"),
    View(b"\t", "name"),
)
"""Of two images."""
BACK = View(b"\x1b[Z", "Layers")
"""To the first of them again, from the last one."""
OVER = {b"?": "Keys and signs", b":": ""}
"""Keys of what is shown above all else, and what stands above it where it is framed."""


def assert_whole(view: View, picture: Picture) -> None:
    """Nothing is cut, moved or covered but by what is meant to be above it."""
    title = OVER.get(view.keys)
    if title is None:
        picture.assert_sound()
    elif title:
        assert title in picture.frames(), str(picture)


def walk(terminal: Terminal, views: Iterable[View]) -> Iterator[tuple[View, Picture]]:
    """Go from view to view, each of which is painted to its end."""
    for view in views:
        terminal.press(view.keys)
        terminal.settles()
        while not view.is_in(terminal.screen):
            terminal.paints()
            terminal.settles()
        yield view, Picture(terminal.cells)


def resize(terminal: Terminal, columns: int, lines: int) -> None:
    terminal.resize(columns, lines)
    terminal.until(lambda: "quit" in terminal.screen.splitlines()[-1])


@contextmanager
def opened(archive: Path, colours: str = "true colour", *more: Path) -> Iterator[Terminal]:
    """The program with an image of which all is read."""
    command = (*LAYERVIEW, *map(str, (archive, *more)))
    with Terminal(*command, size=SIZES[0], variables=COLOURS[colours]) as terminal:
        terminal.until(lambda: is_whole(terminal.screen.splitlines()[0]))
        yield terminal


def is_whole(head: str) -> bool:
    """Whether all is read, as the first line tells of one image and of two."""
    return bool(re.search("wasted|without| → ", head)) and not re.search(
        "indexed|merging|so far|opening|wasted …", head
    )
