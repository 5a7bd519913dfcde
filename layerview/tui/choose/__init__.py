"""Choosing one of the images at hand, or two to compare, or the name of one to pull."""

from __future__ import annotations

from layerview.errors import LayerviewError
from layerview.inquiry import Inquiry, InquiryEvent
from layerview.tui.choose.catalog import Catalog
from layerview.tui.choose.choice import Choice, Leave
from layerview.tui.inbox import Inbox
from layerview.tui.running import beside_screen


def choose(catalog: Catalog, inquiry: Inquiry, *, error: LayerviewError | None = None) -> Choice:
    """Show the images at hand, which the engines tell of meanwhile, until the reader wants something.

    ``catalog`` is what is known already, and how it was looked at; ``error`` is what came of the last choice. Raises
    LayerviewError where the reader quits and no engine has answered. The terminal is left as it was found.
    """
    inbox: Inbox[InquiryEvent] = Inbox()
    with beside_screen(inquiry.end):
        from layerview.tui.choose.app import ChooseApp

        app = ChooseApp(catalog, inquiry, inbox, error)
        choice = app.run()
    if choice is not None:
        return choice
    if catalog.failure is not None and not app.return_code:
        raise catalog.failure
    return Leave(app.return_code or 0)
