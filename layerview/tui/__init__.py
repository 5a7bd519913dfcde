"""The screen: a Textual app that shows an exploration and lets a reader move through it.

``keymap`` has every key; ``widgets`` are the panes, all painted line by line by one base class; ``screens.explore``
holds the state they share; ``describe`` says in words what the cursor is on. Nothing below this folder imports Textual.
"""

from __future__ import annotations

import gc
import sys

from layerview.exploration import Exploration
from layerview.tui.inbox import Inbox


def explore(exploration: Exploration, *, title: str) -> int:
    """Explore on the terminal until the reader quits; the exit status.

    ``title`` stands for the image until its name is known. Raises LayerviewError where there is nothing to show. The
    terminal is left as it was found, whatever happens; garbage is collected from the first picture on, at the latest.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # a thread at work holds a key up for this long; for 45 ms in all with the default
    inbox = Inbox()
    exploration.start(inbox.put)  # the image is opened while Textual is imported
    try:
        from layerview.tui.app import LayerviewApp

        app = LayerviewApp(inbox, title)
        error = app.run()
    finally:
        exploration.close()
        gc.enable()
        sys.setswitchinterval(interval)
    if error is not None:
        raise error
    return app.return_code or 0


__all__ = ["explore"]
