"""The line in which a filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Label, Static

from layerview.errors import LayerviewError
from layerview.text import escape
from layerview.tui.keymap import bindings

_PAUSE = 0.08
"""Seconds after the last letter until the filter is applied; half a million paths take some 20 ms."""


class FilterBar(Horizontal):
    """Asks for a regular expression as it is typed, and says how many paths match or what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")

    class Typed(Message):
        """Another pattern is wanted."""

        def __init__(self, pattern: str) -> None:
            super().__init__()
            self.pattern = pattern

    class Left(Message):
        """The reader goes back to the files."""

        def __init__(self, keep: bool) -> None:
            super().__init__()
            self.keep = keep

    def __init__(self) -> None:
        super().__init__()
        self._input = Input(placeholder="regular expression", id="filter-input", compact=True, select_on_focus=False)
        self._input.cursor_blink = False  # nothing moves unless a key was pressed
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static("/", id="filter-sign")
        yield self._input
        yield Label("", id="filter-result")

    def open(self) -> None:
        self.display = True
        self._input.focus()

    def say(self, matches: int | None) -> None:
        """Say how many paths match."""
        self.remove_class("-wrong")
        found = "" if matches is None else f"{matches:,} match{'' if matches == 1 else 'es'}"
        self.query_one("#filter-result", Label).update(Content(found))

    def complain(self, error: LayerviewError) -> None:
        """Say what is wrong with the pattern."""
        self.add_class("-wrong")
        self.query_one("#filter-result", Label).update(Content(escape(error.message)))

    def clear(self) -> None:
        """Forget the pattern, and close."""
        self._input.value = ""
        self._apply()
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self._apply)

    def action_close(self) -> None:
        self.clear()
        self.post_message(self.Left(keep=False))

    def action_keep(self) -> None:
        self._apply()
        self.post_message(self.Left(keep=True))

    def _apply(self) -> None:
        if self._timer:
            self._timer.stop()
            self._timer = None
        self.post_message(self.Typed(self._input.value))
