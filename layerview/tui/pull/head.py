"""The first line while an image is pulled: which, into what, and how far it is as a whole."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from layerview.sources.tally import Figures


class PullHead(Widget):
    """One line, whose parts give way from the right where it is narrow."""

    ALLOW_SELECT = False

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._parts: list[str] = []

    def show(self, figures: Figures) -> None:
        """How far it is."""
        self._parts = figures.words
        self.refresh()

    def fail(self) -> None:
        """It goes no further."""
        self._parts = [*self._parts[:1], "failed"] if len(self._parts) > 1 else ["failed"]
        self.refresh()

    def render(self) -> Content:
        width = self.size.width - 2
        title = Content.styled(self._title, "bold $text-primary")
        right = Content("")
        for part in self._parts:
            longer = Content.styled(f"{right.plain}  {part}".strip(), "$text-accent")
            if title.cell_length + 2 + longer.cell_length > width:
                break
            right = longer
        gap = max(width - title.cell_length - right.cell_length, 0)
        return Content.assemble(" ", title, " " * gap, right, " ").truncate(self.size.width, ellipsis=True)
