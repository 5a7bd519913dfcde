"""The images of one place: an archive's, a layout's tags, a tag's platforms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from layerview.sources import Alternative
from layerview.text import escape
from layerview.tui.base import BaseScreen
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.pane import Pane
from layerview.tui.keymap import bindings
from layerview.tui.lists.line_list import LineList
from layerview.tui.pick.images import PickList
from layerview.tui.steps import Step


class PickScreen(BaseScreen):
    """Ends its app with the image that is chosen. Over another screen, one can also go back to that."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("pick", "screen")
    PLACES = ("pick", "screen", "list")

    def __init__(self, alternatives: Sequence[Alternative], title: str) -> None:
        """``title`` says what they are the images of."""
        super().__init__()
        self._list = PickList(alternatives)
        self._title = title

    def compose(self) -> ComposeResult:
        with Pane(id="pick-pane") as pane:
            pane.entitle(f"Images · {self._list.row_count:,}", escape(self._title))
            yield self._list
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_focus(self._list)

    @on(LineList.Chosen)
    def action_choose(self) -> None:
        self.app.exit(self._list.alternative)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._list.alternative.digest)

    def steps_back(self) -> Iterator[Step]:
        """To the screen below, where there is one; the app's own, which is empty, is none."""
        if len(self.app.screen_stack) > 2:
            yield Step("back", self._leave)
        yield from super().steps_back()

    def _leave(self) -> None:
        self.app.pop_screen()
