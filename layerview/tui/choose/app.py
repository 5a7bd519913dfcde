"""The Textual app around the choosing screen."""

from __future__ import annotations

from datetime import UTC, datetime

from layerview.errors import LayerviewError
from layerview.inquiry import Inquiry, InquiryEvent
from layerview.tui.base import BaseApp
from layerview.tui.choose.catalog import Catalog
from layerview.tui.choose.choice import Choice
from layerview.tui.choose.screen import ChooseScreen, HeardOfEngine
from layerview.tui.inbox import Inbox


class ChooseApp(BaseApp[Choice]):
    """Shows the images at hand. Its result is what the reader wants; None where that is to end."""

    def __init__(
        self,
        catalog: Catalog,
        inquiry: Inquiry,
        inbox: Inbox[InquiryEvent],
        error: LayerviewError | None = None,
        now: datetime | None = None,
    ) -> None:
        """``inbox`` is where answers come.

        ``error`` is what came of the last choice; ``now`` is what ages are counted from.
        """
        super().__init__()
        self._catalog, self._inquiry, self._inbox = catalog, inquiry, inbox
        self._screen = ChooseScreen(catalog, self._ask, error, now or datetime.now(UTC))

    def on_mount(self) -> None:
        self.push_screen(self._screen)
        self._inbox.open(self._hear)

    def _ask(self) -> None:
        self._inquiry.ask(self._catalog.pending, self._inbox.put, self._catalog.known)

    def _hear(self, event: InquiryEvent) -> None:
        """Called from the engines' threads."""
        self._screen.post_message(HeardOfEngine(event))
