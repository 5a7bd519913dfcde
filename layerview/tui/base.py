"""What all Textual apps here have in common, and their screens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.driver import Driver
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from layerview.process.interrupts import INTERRUPTED
from layerview.text import escape
from layerview.tui.colours import TERMINAL, has_few_colours
from layerview.tui.driver import TerminalDriver
from layerview.tui.frame.keys import KeysScreen
from layerview.tui.textual_private import PatientApp

Result = TypeVar("Result")

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class BaseApp(PatientApp[Result]):
    """An app with the styles and the commands of all of them, which ends in order when it is told to.

    Apps run one after the other, each for one screen. Ended by Ctrl+C or a signal, an app has no result; its return code
    is 128 and the signal's number.
    """

    CSS_PATH = Path(__file__).with_name("styles.tcss")
    TITLE = "layerview"
    COMMAND_PALETTE_BINDING = "f1"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012, since Textual declares no ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-short"), (36, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "quit", show=False, priority=True)]

    def __init__(self, chosen: bool = False) -> None:
        """``chosen`` tells that what it shows was chosen from a list, and that there is a way back to that."""
        few = has_few_colours()
        super().__init__(ansi_color=few or None)
        self.register_theme(TERMINAL)
        if few:
            self.theme = TERMINAL.name
        self.chosen = chosen
        self.goes_back = False
        """Whether the reader has left for the list."""

    def get_driver_class(self) -> type[Driver]:
        return TerminalDriver

    async def run_async(self, **how: Any) -> Result | None:
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)
        for name in _SIGNALS:
            if hasattr(signal, name):
                number = getattr(signal, name)
                loop.add_signal_handler(number, self.exit, None, 128 + number)
        try:
            return await super().run_async(**how)
        finally:  # asyncio would leave Python's own behind, which breaks into imports; another app may follow
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, before)

    async def action_quit(self) -> None:
        self.exit(return_code=INTERRUPTED)

    def copy_to_clipboard(self, text: str) -> None:
        """Put on the clipboard what the screen shows of a text: one line that does nothing where it is pasted.

        Whatever leads to the clipboard leads through here, Textual's own inputs and selections included: control characters
        of an image would end a bracketed paste, and a line break would run what is pasted into a shell.
        """
        shown = escape(text)
        super().copy_to_clipboard(shown)
        self.notify(shown, title="Copied", timeout=2, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the command palette offers: all that keys do here, and Textual's themes."""
        yield SystemCommand("theme", "Change the colours", self.action_change_theme)
        places: dict[str, tuple[DOMNode, Binding]] = {}
        for node, binding, enabled, _ in screen.active_bindings.values():
            if enabled and binding.id and not binding.id.startswith("list."):
                places.setdefault(binding.id, (node, binding))
        for node, binding in places.values():
            run = partial(self.run_action, binding.action, node)
            yield SystemCommand(binding.tooltip, binding.key_display or binding.key, run)


class BaseScreen(Screen[None]):
    """A screen that answers the keys of all screens."""

    PLACES: ClassVar[tuple[str, ...]]
    """Whose keys its list of keys has, in this order."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the keys. Textual paints the whole screen anew where it changes; here what looks different for it does."""

    def action_press(self, key: str) -> None:
        """What a click on a key in the last line does."""
        self.app.simulate_key(key)

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_quit(self) -> None:
        """End; what was chosen from a list is left for that."""
        assert isinstance(self.app, BaseApp)
        self.app.goes_back = self.app.chosen
        self.app.exit()

    def action_keys(self) -> None:
        self.app.push_screen(KeysScreen(self.PLACES))
