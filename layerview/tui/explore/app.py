"""The Textual app around the explorer."""

from __future__ import annotations

from layerview.errors import LayerviewError
from layerview.exploration import ExplorationEvent
from layerview.sources import Alternative
from layerview.tui.base import BaseApp
from layerview.tui.explore.screen import ExploreScreen, Heard
from layerview.tui.inbox import Inbox


class LayerviewApp(BaseApp[LayerviewError | Alternative]):
    """Explores one image. Its result is the error that left nothing to show, or what to explore in its place, if any."""

    def __init__(self, inbox: Inbox[ExplorationEvent], title: str, chosen: bool = False) -> None:
        super().__init__(chosen)
        self._inbox = inbox
        self._screen = ExploreScreen(title)

    def on_mount(self) -> None:
        self.push_screen(self._screen)
        self._inbox.open(self._hear)

    def _hear(self, event: ExplorationEvent) -> None:
        """Called from the exploration's thread."""
        self._screen.post_message(Heard(event))
