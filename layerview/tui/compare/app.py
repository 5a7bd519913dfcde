"""The Textual app around the comparison of two images; apart, as exploring one is not to wait for its import."""

from __future__ import annotations

from layerview.errors import LayerviewError
from layerview.exploration.pair import PairEvent
from layerview.tui.base import BaseApp
from layerview.tui.compare.describe import Names
from layerview.tui.compare.screen import CompareScreen, HeardOfPair
from layerview.tui.inbox import Inbox


class ComparisonApp(BaseApp[LayerviewError]):
    """Compares two images. Its result is the error that left nothing to show, if any."""

    def __init__(self, inbox: Inbox[PairEvent], titles: Names, chosen: bool = False) -> None:
        super().__init__(chosen)
        self._inbox = inbox
        self._screen = CompareScreen(titles)

    def on_mount(self) -> None:
        self.push_screen(self._screen)
        self._inbox.open(self._hear)

    def _hear(self, event: PairEvent) -> None:
        """Called from the pair's thread."""
        self._screen.post_message(HeardOfPair(event))
