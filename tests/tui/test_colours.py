"""What has the keys, where the cursor is, what is selected and what changed: told apart by terminals with few colours or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyte.screens import Char

from tests.pictures import Picture
from tests.terminal import LAYERVIEW, TRUE_COLOUR, Terminal

COLOURS = {
    "true colour": TRUE_COLOUR,
    "256 colours": {"TERM": "screen-256color"},
    "xterm": {"TERM": "xterm"},
    "Linux console": {"TERM": "linux"},
    "vt100": {"TERM": "vt100"},
    "unnamed": {"TERM": ""},
    "no colours wanted": {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"},
}
MANY = ("true colour", "256 colours")


@pytest.fixture(params=COLOURS)
def colours(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def program(archive: Path, colours: str) -> Iterator[Terminal]:
    with Terminal(*LAYERVIEW, str(archive), size=(120, 40), variables=COLOURS[colours]) as program:
        program.shows("▸ etc")
        program.settles()
        yield program


def looks(row: list[Char]) -> set[tuple[str, bool, bool]]:
    """How the cells of a row differ from each other's besides by their text and colour."""
    return {(cell.bg, cell.reverse, cell.underscore) for cell in row}


def rows(program: Terminal, title: str) -> list[list[Char]]:
    """What stands in a frame, below the head, without the scroll bar."""
    left, top, right, bottom = Picture(program.cells).frame(title)
    return [row[left + 1 : right - 1] for row in program.cells[top + 2 : bottom]]


def corner(program: Terminal, title: str) -> tuple[str, str]:
    frame = Picture(program.cells).frame(title)
    cell = program.cells[frame.top][frame.left]
    return cell.data, cell.fg


def test_frame_cursor_and_selection_are_told_apart(program: Terminal, colours: str) -> None:
    program.press(b"\x1b[B")
    program.shows("Files at layer 2")
    program.settles()
    here, elsewhere = corner(program, "Layers"), corner(program, "Files")
    cursor, other = rows(program, "Layers")[1], rows(program, "Layers")[2]
    assert len(looks(cursor)) == 1 and looks(cursor) != looks(other)
    program.press(b"\t")
    program.settles()
    assert (corner(program, "Files"), corner(program, "Layers")) == (here, elsewhere)
    selected = rows(program, "Layers")[1]
    assert selected[0].data == "▌"
    assert len(looks(selected)) == 1 and len({*looks(selected), *looks(cursor), *looks(other)}) == 3
    assert looks(rows(program, "Files")[0]) == looks(cursor)
    if colours not in MANY:
        assert here[0] != elsewhere[0]  # the frame by its lines
        assert cursor[0].reverse and selected[0].underscore


def test_changes_matches_and_tabs_are_told_by_signs_and_strokes(program: Terminal, colours: str) -> None:
    program.press(b"\x1b[B\x1b[B\x1b[B\t")
    program.shows("Files at layer 4")
    program.press(b"\x00")
    program.settles()
    assert {row[0].data for row in rows(program, "Files")} >= {"−", "·", " "}
    program.press(b"/new")
    program.shows("1 match")
    program.settles()
    matched = "".join(cell.data for row in rows(program, "Files")[1:] for cell in row if cell.bold and cell.underscore)
    assert "new" in matched
    program.press(b"\x1b")
    program.settles()
    program.press(b"2")
    program.settles()
    tabs = Picture(program.cells).frame("Details")
    strokes = "".join(cell.data for cell in program.cells[tabs.top] if cell.bold and cell.underscore)
    assert strokes == "Wasted"


def test_no_colours_are_none(archive: Path) -> None:
    """Neither greys nor any other, whichever pane has the keys."""
    with Terminal(*LAYERVIEW, str(archive), variables=COLOURS["no colours wanted"]) as program:
        program.shows("▸ etc")
        for keys in (b"", b"\t", b"/x", b"\x1b", b"2", b"?", b"\x1b", b":"):
            program.press(keys)
            program.settles()
            assert {(cell.fg, cell.bg) for row in program.cells for cell in row} == {("default", "default")}, (
                f"after {keys!r}:\n{program.screen}"
            )
