"""The Textual app around the explorer."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen

from layerview.errors import LayerviewError
from layerview.exploration import ExplorationEvent
from layerview.tui.inbox import Inbox
from layerview.tui.screens.explore import ExploreScreen, Heard

_SIGNALS = ("SIGTERM", "SIGHUP")


class LayerviewApp(App[LayerviewError]):
    """Explores one image. Its result is the error that left nothing to show, if any."""

    CSS_PATH = "styles.tcss"
    TITLE = "layerview"
    COMMAND_PALETTE_BINDING = "f1"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012, since Textual declares no ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (16, "-short"), (36, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "quit", "quit", show=False, priority=True)]

    def __init__(self, inbox: Inbox, title: str) -> None:
        super().__init__()
        self._inbox = inbox
        self._screen = ExploreScreen(title)

    def on_mount(self) -> None:
        self.push_screen(self._screen)
        self._inbox.open(self._hear)
        loop = asyncio.get_running_loop()
        for name in _SIGNALS:
            if hasattr(signal, name):
                number = getattr(signal, name)
                loop.add_signal_handler(number, self.exit, None, 128 + number)

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

    def _hear(self, event: ExplorationEvent) -> None:
        """Called from the exploration's thread."""
        self._screen.post_message(Heard(event))
