"""The lines of the Dockerfile, as a column of a table of steps."""

from __future__ import annotations

from collections.abc import Sequence

from layerview.image import HistoryEntry


def column(entries: Sequence[HistoryEntry | None]) -> list[str]:
    """The heading, then a cell for each step, all of one width and with the gap behind; empty where no lines are known."""
    numbers = [entry.lines.numbers if entry and entry.lines else "" for entry in entries]
    cells = ["lines", *numbers] if any(numbers) else ["", *numbers]
    width = max(map(len, cells))
    return [f"{cell:<{width}}  " if width else "" for cell in cells]
