"""Exploring an image: its layers, the files at one of them, and details of either."""

from __future__ import annotations

from layerview.exploration import Exploration, ExplorationEvent
from layerview.process import garbage
from layerview.sources import Alternative
from layerview.tui.inbox import Inbox
from layerview.tui.running import beside_screen, status_of


def explore(exploration: Exploration, *, title: str, chosen: bool = False) -> int | Alternative:
    """Explore on the terminal until the reader quits; the exit status, or the image that is to be explored instead.

    ``title`` stands for the image until its name is known. Where it was ``chosen`` from a list, quitting means to go back
    there; Left is raised where the reader wants to end altogether. Raises LayerviewError where there is nothing to show.
    The terminal is left as it was found, whatever happens; garbage is collected from the first picture on, at the latest.
    """
    garbage.collect_what_was_there()  # of an image that was explored before
    inbox = Inbox[ExplorationEvent]()
    with beside_screen(exploration.close):
        exploration.start(inbox.put)  # the image is opened while Textual is imported
        from layerview.tui.explore.app import LayerviewApp

        if inbox.refusal is not None:
            raise inbox.refusal
        app = LayerviewApp(inbox, title, chosen)
        outcome = app.run()
    return outcome if isinstance(outcome, Alternative) else status_of(app, outcome)
