"""What images share, as a tree that grows from the layers which they have in common."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from layerview.analysis.lineage import lineage
from layerview.analysis.sharing import Holding
from layerview.image import ListedImage
from layerview.text import escape
from layerview.tui.frame.pane import Pane
from layerview.tui.lists.line_list import LineList
from layerview.tui.lists.rows import Look, Row
from layerview.wording.images import short_id
from layerview.wording.lineage import picture


class LineageList(LineList):
    """A row for each branch of the tree, drawn for the width that there is."""

    HEADED = True

    def __init__(self, images: Sequence[ListedImage]) -> None:
        """``images`` have their layers."""
        super().__init__()
        self._tree = lineage([Holding.of(image) for image in images])
        self._labels = [escape(image.names[0] if image.names else short_id(image.id)) for image in images]
        self._rows: list[str] = []

    @property
    def row_count(self) -> int:
        return len(self._rows)

    def row_key(self, row: int) -> Hashable:
        return row

    def empty_text(self) -> str:
        return "None of these images has layers that are known."

    def paint_head(self, look: Look) -> Row:
        return Row([Segment("   bytes  layers  of the images, from those up that they have in common", look["head"])])

    def paint_row(self, row: int, look: Look) -> Row:
        return Row([Segment(f" {self._rows[row]}", look["text"])])

    def on_resize(self) -> None:
        self._rows = list(picture(self._tree, self._labels, max(self.inner_width - 2, 1)))
        self.reset(self.cursor)


class LineageScreen(ModalScreen[None]):
    """The tree, over the choosing screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,t,enter", "dismiss", "close")]

    def __init__(self, images: Sequence[ListedImage]) -> None:
        super().__init__()
        self._images = images

    def compose(self) -> ComposeResult:
        with Pane(id="lineage-pane") as pane:
            pane.entitle("What they share", "Esc closes")
            yield LineageList(self._images)
