"""What stood on the screen, and when: found after the measurement, so that looking costs the program nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import pyte

from bench.terminal import COLUMNS, ROWS, Chunk

_UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1bP.*?\x1b\\|\x1b\[\?[0-9;]*u", re.DOTALL)
"""What pyte would print instead of passing it by."""


class Picture:
    """The screen at one moment."""

    def __init__(self, time: float, screen: pyte.Screen) -> None:
        self.time = time
        self._screen = screen

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def colour(self, row: int, column: int) -> str:
        """The colour of a character, as pyte names it."""
        return str(self._screen.buffer[row][column].fg)

    def cursor(self, column: int) -> int | None:
        """The row whose background is another than that of the rows around it, at this column."""
        colours = [self._screen.buffer[row][column].bg for row in range(2, ROWS - 2)]
        usual = Counter(colours).most_common(1)[0][0]
        return next((row for row, colour in enumerate(colours, 2) if colour != usual), None)


def pictures(chunks: Sequence[Chunk]) -> Iterator[Picture]:
    """The screen after each chunk. A picture is valid until the next is asked for."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for chunk in chunks:
        stream.feed(_UNKNOWN.sub(b"", chunk.data))
        yield Picture(chunk.time, screen)
