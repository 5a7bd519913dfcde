"""Which columns there are before the names of files, how wide each is, and what stands above it. No screen in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from layerview.filesystem import Measure
from layerview.tui.lists.columns import GAP, Way, fitted, taken

MARK = 1
"""Columns of the sign, at the left edge."""
BAR = 8
"""Columns of the longest bar."""
OWNER = 9
"""Columns of nearly every owner."""
_PERMISSION = 10
_FIGURE = 6
"""Columns of the longest size, but for its sign."""
_NAME = 2 + 24
"""Columns that names have before others have anything, with those of the fold."""
_PATH = 60
"""What whole paths have."""
MATCHED = "matched"
"""What stands above the sizes of what a filter matches."""
SORTED = "▾"
_WAYS = (("permission", 0), ("owner", 0), ("other", 0), ("bar", BAR // 2), ("bar", 0))
"""Which of them gives way first, and what is left of it."""


class FileColumns(msgspec.Struct, frozen=True):
    """The columns of a list of files, in the order in which they stand."""

    widths: Mapping[str, int]
    """Of "permission", "owner", "other", "size" and "bar", those that there are; "other" is the second measure's."""

    @property
    def before(self) -> int:
        """How much is before the names."""
        return MARK + taken(self.widths) + GAP

    def at(self, column: int) -> str:
        """What stands there, with the blank before it: "mark", one of the columns, or "name"."""
        before = MARK
        for name, width in {"mark": -GAP, **self.widths}.items():
            before += GAP + width
            if column < before:
                return name
        return "name"


@lru_cache
def file_columns(
    shown: Measure, other: Measure, room: int, *, owner: int, filtered: bool, paths: bool = False
) -> FileColumns:
    """The columns that there is ``room`` for beside names.

    ``owner`` is how wide the owners are, 0 where these and permissions are not wanted; ``filtered`` whether sizes are those
    of what a filter matches; ``paths`` whether names are whole paths.
    """
    ways = [Way(column, width, _PATH if paths else _NAME) for column, width in _WAYS]
    widths = {
        "permission": _PERMISSION if owner else 0,
        "owner": owner,
        "other": _width(other, head_of(other)),
        "size": _width(shown, head_of(shown, filtered=filtered)),
        "bar": BAR,
    }
    return FileColumns(fitted(widths, room - MARK - GAP, ways))


def head_of(measure: Measure, *, filtered: bool = False, sorted_: bool = False) -> str:
    """What stands above a column of sizes."""
    return (MATCHED if filtered else measure.value) + SORTED * sorted_


def _width(measure: Measure, head: str) -> int:
    return max(_FIGURE + (measure is Measure.DIFFERENCE), len(head + SORTED))
