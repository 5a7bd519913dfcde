"""The screen: Textual apps that show images at hand, or an exploration, and let a reader move through it.

Each function here runs one app and returns what came of it, so that several can run one after the other. ``keymap`` has
every key; ``widgets`` are the panes, all painted line by line by one base class; ``screens`` hold the state they share;
``catalog`` and ``describe`` are what they show, without any screen. Nothing below this folder imports Textual.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from layerview.errors import LayerviewError
from layerview.exploration import Exploration
from layerview.inquiry import Inquiry
from layerview.tui.catalog import Catalog
from layerview.tui.choice import Choice, Compare, Leave, Open, Pull
from layerview.tui.inbox import Inbox


class Left(Exception):  # noqa: N818 (it is no error)
    """The reader of an image that was chosen from a list wants to end, not to go back to the list."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def explore(exploration: Exploration, *, title: str, chosen: bool = False) -> int:
    """Explore on the terminal until the reader quits; the exit status.

    ``title`` stands for the image until its name is known. Where it was ``chosen`` from a list, quitting means to go back
    there; Left is raised where the reader wants to end altogether. Raises LayerviewError where there is nothing to show.
    The terminal is left as it was found, whatever happens.
    """
    with _attentive():
        inbox = Inbox()
        exploration.start(inbox.put)  # the image is opened while Textual is imported
        try:
            from layerview.tui.app import LayerviewApp

            app = LayerviewApp(inbox, title, chosen)
            error = app.run()
        finally:
            exploration.close()
    if error is not None:
        raise error
    if chosen and not app.goes_back:
        raise Left(app.return_code or 0)
    return app.return_code or 0


def choose(catalog: Catalog, inquiry: Inquiry, *, error: LayerviewError | None = None) -> Choice:
    """Show the images at hand, which the engines tell of meanwhile, until the reader wants something.

    ``catalog`` is what is known already, and how it was looked at; ``error`` is what came of the last choice. Raises
    LayerviewError where the reader quits and no engine has answered. The terminal is left as it was found.
    """
    with _attentive():
        inbox = Inbox()
        inquiry.ask(catalog.pending, inbox.put, catalog.known)  # they may answer while Textual is imported
        try:
            from layerview.tui.choosing import ChooseApp

            app = ChooseApp(catalog, inquiry, inbox, error)
            choice = app.run()
        finally:
            inquiry.end()
    if choice is not None:
        return choice
    if catalog.failure is not None and not app.return_code:
        raise catalog.failure
    return Leave(app.return_code or 0)


@contextmanager
def _attentive() -> Iterator[None]:
    """A thread at work holds a key up for half a millisecond; for 45 ms in all as Python has it."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


__all__ = ["Catalog", "Choice", "Compare", "Leave", "Left", "Open", "Pull", "choose", "explore"]
