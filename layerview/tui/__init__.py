"""The screen: a Textual app that shows an exploration and lets a reader move through it.

``keymap`` has every key; ``widgets`` are the panes, all painted line by line by one base class; ``screens.explore``
holds the state they share; ``describe`` says in words what the cursor is on. Nothing below this folder imports Textual.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from layerview.exploration import Exploration, ExplorationEvent
from layerview.tui.inbox import Inbox

if TYPE_CHECKING:
    from layerview.pair import ImagePair, PairEvent


def explore(exploration: Exploration, *, title: str) -> int:
    """Explore on the terminal until the reader quits; the exit status.

    ``title`` stands for the image until its name is known. Raises LayerviewError where there is nothing to show. The
    terminal is left as it was found, whatever happens; garbage is collected from the first picture on, at the latest.
    """
    inbox = Inbox[ExplorationEvent]()
    with _beside_screen(exploration.close):
        exploration.start(inbox.put)  # the image is opened while Textual is imported
        from layerview.tui.app import LayerviewApp

        app = LayerviewApp(inbox, title)
        error = app.run()
    if error is not None:
        raise error
    return app.return_code or 0


def compare(pair: ImagePair, *, titles: tuple[str, str]) -> int:
    """Compare two images on the terminal until the reader quits; as :func:`explore` in all else."""
    inbox: Inbox[PairEvent] = Inbox()
    with _beside_screen(pair.close):
        pair.start(inbox.put)
        from layerview.tui.comparing import ComparisonApp

        app = ComparisonApp(inbox, titles)
        error = app.run()
    if error is not None:
        raise error
    return app.return_code or 0


@contextmanager
def _beside_screen(close: Callable[[], None]) -> Iterator[None]:
    """Work in another thread goes on beside a screen, and ends with it; then at the latest garbage is collected."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # a thread at work holds a key up for this long; for 45 ms in all with the default
    try:
        yield
    finally:
        close()
        gc.enable()
        sys.setswitchinterval(interval)


__all__ = ["compare", "explore"]
