"""The line in which a filter is typed."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from layerview.errors import UsageError
from layerview.text import escape
from layerview.tui.keymap import bindings
from layerview.tui.lists.line_input import LineInput
from layerview.tui.lists.line_list import LineList
from layerview.tui.steps import Step

_PAUSE = 0.08
"""Seconds after the last letter until the filter is applied; half a million paths take some 100 ms."""


class FilteredList(LineList):
    """A list that can show only what matches a regular expression."""

    SOUGHT: ClassVar[str] = "regular expression"
    """What can be typed."""

    @property
    @abstractmethod
    def pattern(self) -> str:
        """What is shown matches it; empty where all is shown."""

    @property
    @abstractmethod
    def found(self) -> str:
        """How much matches; empty without a pattern."""

    def lead(self) -> None:
        """Lead to what matches elsewhere, where nothing here does and something there is known to."""

    @abstractmethod
    def filter(self, pattern: str) -> None:
        """Show what matches. Raises UsageError where the pattern is malformed; what was shown stays."""


class FilterBar(Horizontal):
    """Asks for a regular expression as it is typed, and says how much matches or what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")

    class Closed(Message):
        """The reader is back in the list."""

    def __init__(self, filtered: FilteredList) -> None:
        super().__init__()
        self.filtered = filtered
        """What it filters."""
        self._input: LineInput | None = None
        """None until the bar is first shown: an image is on the screen sooner without what few ask for at once."""
        self._timer: Timer | None = None
        self._before: Widget | None = None
        """What had the keys before it was opened."""

    async def on_mount(self) -> None:
        """Be there from the start where the list is filtered already."""
        self.display = bool(self.filtered.pattern)
        if self.display:
            await self._fill()
            self.follow()

    async def _fill(self) -> LineInput:
        """What the bar is made of, once it is shown."""
        if self._input is None:
            self._input = LineInput(self.filtered.SOUGHT, "filter-input")
            self._input.value = self.filtered.pattern
            await self.mount(Static("/", id="filter-sign"), self._input, Label("", id="filter-result"))
        return self._input

    async def open(self) -> None:
        self._before = self.screen.focused
        self.display = True
        self.screen.set_focus(await self._fill())

    def step_back(self) -> Step | None:
        """Esc closes it, typed or kept, and all is shown again."""
        return Step("close filter", self.close) if self.display else None

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._stop()
        self._timer = self.set_timer(_PAUSE, self._apply)

    async def close(self) -> None:
        """Show all again. Who had the keys before has them again."""
        if self._input:
            await self._input.typed()
            self._input.value = ""
            self.display = False
            self._leave(self._before)

    async def action_keep(self, lead: bool) -> None:
        """To the list; with ``lead``, to where there is what it has not, if that is known."""
        if self._input:
            await self._input.typed()
            self._leave(self.filtered)
            if lead:
                self.filtered.lead()

    def _leave(self, to: Widget | None) -> None:
        self._apply()
        if self._input and self._input.has_focus:
            self.screen.set_focus(to)
        self.refresh_bindings()
        self.post_message(self.Closed())

    def _apply(self) -> None:
        self._stop()
        if self._input is None:
            return
        try:
            self.filtered.filter(self._input.value)
        except UsageError as error:
            self._say(error.message, wrong=True)
        else:
            self.follow()

    def follow(self) -> None:
        """Say how much matches; where the list dropped the filter to show what it hid, go."""
        if self._input is None:
            return
        if not self.filtered.pattern and not self.has_focus_within:
            self._input.value = ""
            self.display = False
        if self.filtered.pattern == self._input.value:
            self._say(self.filtered.found)

    def _stop(self) -> None:
        if self._timer:
            self._timer.stop()
            self._timer = None

    def _say(self, text: str, wrong: bool = False) -> None:
        self.set_class(wrong, "-wrong")
        self.query_one("#filter-result", Label).update(Content(escape(text)))
