"""Comparing two images: their layers, and what differs among their files and in their configurations."""

from __future__ import annotations

from layerview.exploration.pair import ImagePair, PairEvent
from layerview.tui.inbox import Inbox
from layerview.tui.running import beside_screen, status_of


def compare(pair: ImagePair, *, titles: tuple[str, str], chosen: bool = False) -> int:
    """Compare two images on the terminal until the reader quits; as :func:`layerview.tui.explore.explore` in all else."""
    inbox: Inbox[PairEvent] = Inbox()
    with beside_screen(pair.close):
        pair.start(inbox.put)
        from layerview.tui.compare.app import ComparisonApp

        app = ComparisonApp(inbox, titles, chosen)
        error = app.run()
    return status_of(app, error)
