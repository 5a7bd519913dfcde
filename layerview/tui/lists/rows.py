"""The rows of a list as text: cut to the width of a pane, or wrapped into as many lines as they take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Look = dict[str, Style]
"""The styles to paint with, by the names in ``LineList.LOOKS``."""

_ROOM = 16
"""Columns that the rest of a wrapped row has; where there are fewer, it goes on further left, as far as no column stands there."""


class Row(msgspec.Struct, frozen=True):
    """One row as painted: its text, how many columns on the left stand still when the rest moves sideways,
    and the column under which a wrapped row goes on."""

    segments: Sequence[Segment]
    fixed: int = 0
    hang: int = 0


def cut(row: Row, look: Look, width: int, left: int) -> Strip:
    """A row in one line, moved ``left`` columns sideways, and marked where it goes on beyond the edge."""
    strip = Strip(row.segments)
    if left:
        strip = Strip.join([strip.crop(0, row.fixed), strip.crop(row.fixed + left)])
    if strip.cell_length > width > 0:
        strip = Strip.join([strip.crop(0, width - 1), Strip([Segment("…", look["faint"])], 1)])
    return strip


def wrapped(row: Row, look: Look, width: int) -> list[Strip]:
    """A row in as many lines as it takes, broken at blanks where there are any."""
    strip = Strip(row.segments)
    hang = max(min(row.hang, width - _ROOM), min(row.fixed, width - 2), 0)
    if strip.cell_length <= width or width <= 0:
        return [strip]
    text = strip.text
    cuts: list[int] = []
    room, start, at, blank = width, 0, 0, 0
    for character in text:
        step = cell_len(character)
        while (
            at > start and at + step - start > room
        ):  # twice where what is behind a blank is too long for a line by itself
            end = blank if blank > start + (row.hang if not cuts else 0) else at
            cuts.append(end)
            start, room = end, max(width - hang, 1)
        at += step
        if character in " /":
            blank = at
    first, *rest = strip.divide([*cuts, strip.cell_length])
    margin = Strip([Segment(" " * hang, look["text"])], hang)
    return [first, *(Strip.join([margin, part]) for part in rest)]


def paragraph(text: str, style: Style, width: int) -> list[Strip]:
    """A text in lines of so many columns, broken at blanks where there are any."""
    return [
        strip for line in text.splitlines() for strip in wrapped(Row([Segment(line, style)]), {"text": style}, width)
    ]


def joined(segments: Iterable[Segment], plain: Style) -> list[Segment]:
    """The same picture in fewer pieces: blanks go with their neighbour on the same ground, as no look underlines.

    What has no style is ``plain``, since the terminal's own ground may be another one than the theme's. A row of the tree is
    six pieces instead of ten, for Textual to cut and for the terminal to be sent.
    """
    pieces: list[Segment] = []
    text, style = "", plain
    for piece, own, _ in segments:
        own = own or plain
        alike = style.bgcolor == own.bgcolor
        if own is style or (alike and piece.isspace()):
            text += piece
        elif not text or (alike and text.isspace()):
            text, style = text + piece, own
        elif piece:
            pieces.append(Segment(text, style))
            text, style = piece, own
    if text:
        pieces.append(Segment(text, style))
    return pieces
