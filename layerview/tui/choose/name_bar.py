"""The line in which the name of an image is typed that is not there yet."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from layerview.tui.keymap import bindings
from layerview.tui.lists.line_input import LineInput
from layerview.tui.steps import Step


class NameBar(Horizontal):
    """Asks for a name."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("name")

    class Given(Message):
        """The reader wants the image of this name."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        super().__init__()
        self._before: Widget | None = None
        self._input = LineInput("name of an image, such as debian:13", "name-input")

    def compose(self) -> ComposeResult:
        yield Static("pull", id="name-sign")
        yield self._input

    def on_mount(self) -> None:
        self.display = False

    def open(self) -> None:
        self._before = self.screen.focused
        self.display = True
        self.screen.set_focus(self._input)

    async def action_pull(self) -> None:
        if name := (await self._input.typed()).strip():
            self.post_message(self.Given(name))

    def step_back(self) -> Step | None:
        """Esc closes it; who had the keys before has them again."""
        return Step("close", self._close) if self.display else None

    def _close(self) -> None:
        self.display = False
        self.screen.set_focus(self._before)
