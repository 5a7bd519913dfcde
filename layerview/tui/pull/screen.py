"""How an engine pulls an image: a bar for each layer, and the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from layerview.errors import LayerviewError
from layerview.sources.pullers import pulled_by
from layerview.sources.pulling import Puller
from layerview.sources.tally import Tally
from layerview.text import escape
from layerview.tui.base import BaseScreen
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.pane import Pane
from layerview.tui.keymap import bindings
from layerview.tui.pull.head import PullHead
from layerview.tui.pull.layers import PulledLayers
from layerview.tui.steps import Step

_TICK = 0.1
"""Seconds between two pictures of the progress."""


class Ended(Message):
    """The engine has the image, or has failed."""

    def __init__(self, error: LayerviewError | None) -> None:
        super().__init__()
        self.error = error


class PullScreen(BaseScreen):
    """One pull. The app ends with what opens the image, with the error where that has been seen, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("pull", "screen")
    PLACES = ("pull", "screen", "list")
    AUTO_FOCUS = "#pulled"

    def __init__(
        self, puller: Puller, tally: Tally, again: Callable[[], None], ask_again: Callable[[], None] | None
    ) -> None:
        """``tally`` is told how far the pull is, by another thread; ``again`` begins anew.

        ``ask_again`` gives it up for the question that it was an answer to, if there was one.
        """
        super().__init__()
        self._puller, self._tally, self._again, self._ask_again = puller, tally, again, ask_again
        self._head = PullHead(escape(puller.reference.familiar))
        self._layers = PulledLayers()
        self._refusal = Static(id="refusal")
        self._error: LayerviewError | None = None

    def compose(self) -> ComposeResult:
        yield self._head
        with Pane(id="pull-pane") as pane:
            pane.entitle(f"Pulled by {self._puller.the}")
            yield self._layers
            yield self._refusal
        yield KeyLine()

    def on_mount(self) -> None:
        self._refusal.display = False
        self._tick()
        self.set_interval(_TICK, self._tick)

    def on_ended(self, message: Ended) -> None:
        if message.error is None:
            self.app.exit(pulled_by(self._puller))
            return
        self._error = message.error
        lines = (f"✗ {escape(self._error.message)}", escape(self._error.hint))
        self._refusal.update(Content("\n".join(line for line in lines if line)))
        self._refusal.display = True
        self._layers.waits_for = ""
        self._layers.forget()
        self._head.fail()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (action != "again" or self._error is not None) and super().check_action(action, parameters)

    def steps_back(self) -> Iterator[Step]:
        if self._ask_again:
            yield Step("stop, ask again", self._ask_again)
        yield from super().steps_back()

    def action_again(self) -> None:
        self._again()

    def action_quit(self) -> None:
        """Stop it, or leave where it has failed."""
        self.app.exit(self._error)

    def _tick(self) -> None:
        if self._error is None:
            self._layers.show(self._tally.layers)
            self._head.show(self._tally.figures())
