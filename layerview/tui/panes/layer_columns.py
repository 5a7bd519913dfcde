"""How wide each column of a list of layers is. The instruction has what is left, and the others give way to it. No screen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerview.tui.lists.columns import Way, fitted, taken

MARK = 1
"""Columns of the mark, at the left edge."""
_GAP = 1
"""Blanks before the instruction, besides those before every column."""
_SHORTEST, _READABLE, _WHOLE = 24, 36, 80
"""Columns of an instruction that tell it from others; that tell what it does; and all that hardly any exceeds."""
BAR = 8
"""Columns of the longest bar."""


def layer_columns(
    widths: Mapping[str, int], narrow: Mapping[str, int], instructions: Sequence[int], room: int
) -> tuple[dict[str, int], int]:
    """The columns that a list of layers has in so much room, and how much is before the instruction.

    ``narrow`` is what columns take without what is only good to have, and ``instructions`` how long each of them is.
    """
    longest = sorted(instructions)[len(instructions) * 9 // 10] if instructions else 0
    whole, readable, shortest = (min(longest, least) for least in (_WHOLE, _READABLE, _SHORTEST))
    ways = [
        *(Way(name, width, whole) for name, width in narrow.items()),
        Way("bar", BAR // 2, whole),
        Way("counts", 0, whole),
        Way("lines", 0, readable),
        Way("bar", 2, readable),
        Way("bar", 0, readable),
        Way("wasted", 0, shortest),
        Way("difference", 0, shortest),
    ]
    columns = fitted(widths, room - MARK - 2 * _GAP, ways)
    return columns, MARK + taken(columns) + 2 * _GAP
