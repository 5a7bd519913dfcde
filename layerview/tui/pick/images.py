"""The images of one place, to choose from."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rich.segment import Segment

from layerview.image import Platform
from layerview.sources import Alternative
from layerview.text import columns, escape, size
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row
from layerview.wording.images import short_id
from layerview.wording.times import recorded

_DAY = len("2025-03-10")

_NAME = 16
"""Columns that names have at least."""

_HEADS = ("platform", "stored", "created", "digest")
_LOOKS = ("strong", "text", "text", "dim")


class PickList(LineList):
    """A row for each image: what it is for, how large, how old, and all its names."""

    HEADED = True

    def __init__(self, alternatives: Sequence[Alternative]) -> None:
        super().__init__(id="pick")
        self._alternatives = alternatives
        meant = [number for number, alternative in enumerate(alternatives) if alternative.meant]
        self.cursor = meant[0] if meant else 0
        self._open = meant[0] if len(meant) == 1 else None
        self._cells = [_cells(each) for each in alternatives]
        widest = [max(map(columns, column)) for column in zip(*self._cells, strict=True)]
        self._widths = [max(width, len(head)) if width else 0 for head, width in zip(_HEADS, widest, strict=True)]
        """Of a column in which nothing is known, 0."""

    @property
    def alternative(self) -> Alternative:
        """What is under the cursor."""
        return self._alternatives[self.cursor]

    @property
    def row_count(self) -> int:
        return len(self._alternatives)

    def row_key(self, row: int) -> Hashable:
        return row

    def paint_head(self, look: Look) -> Row:
        return Row([Segment(f" {''.join(self._padded(_HEADS))}name", look["head"])])

    def paint_row(self, row: int, look: Look) -> Row:
        alternative = self._alternatives[row]
        cells = zip(self._padded(self._cells[row]), _LOOKS, strict=False)
        segments = [
            Segment("▌" if row == self._open else " ", look["accent"]),
            *(Segment(text, look[name]) for text, name in cells),
        ]
        fixed = sum(columns(segment.text) for segment in segments)
        names = ", ".join(map(escape, alternative.names))
        segments.append(Segment(names, look["text"]) if names else Segment(alternative.place, look["dim"]))
        return Row(segments, fixed, fixed)

    def _padded(self, cells: Sequence[str]) -> list[str]:
        """Cells as wide as their columns are, as many as leave room for names."""
        padded, room = list[str](), self.inner_width - _NAME
        for cell, head, width in zip(cells, _HEADS, self._widths, strict=True):
            room -= width + 2 if width else 0
            if room < 0:
                break
            filling = " " * (width - columns(cell))
            text = f"{filling}{cell}  " if head == "stored" else f"{cell}{filling}  "
            padded.append(text if width else "")
        return padded


def _cells(alternative: Alternative) -> tuple[str, ...]:
    stored = "" if alternative.size is None else size(alternative.size)
    return (
        _platform(alternative.platform),
        stored,
        escape(recorded(alternative.created, _DAY)),
        escape(short_id(alternative.digest)),
    )


def _platform(platform: Platform | None) -> str:
    """With the system's version, which alone tells images for Windows apart."""
    return "" if platform is None else escape(f"{platform} {platform.os_version}".rstrip())
