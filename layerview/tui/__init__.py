"""The screen: a Textual app that shows an exploration and lets a reader move through it.

``keymap`` has every key; ``widgets`` are the panes, all painted line by line by one base class; ``screens.explore``
holds the state they share; ``describe`` says in words what the cursor is on. Nothing below this folder imports Textual.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from layerview.errors import LayerviewError, ServiceError
from layerview.exploration import Exploration
from layerview.sources.pulling import Puller, first_that_answers, reading_of
from layerview.tui.inbox import Inbox


def explore(exploration: Exploration, *, title: str) -> int:
    """Explore on the terminal until the reader quits; the exit status.

    ``title`` stands for the image until its name is known. Raises LayerviewError where there is nothing to show.
    The terminal is left as it was found, whatever happens.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # a thread at work holds a key up for this long; for 45 ms in all with the default
    inbox = Inbox()
    exploration.start(inbox.put)  # the image is opened while Textual is imported
    try:
        from layerview.tui.app import LayerviewApp

        if inbox.refusal is not None:
            raise inbox.refusal
        app = LayerviewApp(inbox, title)
        error = app.run()
    finally:
        exploration.close()
        sys.setswitchinterval(interval)
    if error is not None:
        raise error
    return app.return_code or 0


def pull(pullers: Sequence[Puller], *, ask: bool = False, registry: bool = False, why: str = "") -> str | None:
    """Have the first engine that answers pull an image, on the terminal; what to open then, None where that is nothing.

    ``pullers`` come from ``layerview.sources.pulling.pullers``. ``ask`` asks first, and says ``why`` it does; with
    ``registry`` the registry itself is among the answers, and the answer where no engine is here. The reader may stop the
    pull, and may leave. Raises LayerviewError, where no engine answers or where one has failed, which the screen has told.
    """
    try:
        puller = first_that_answers(pullers)
    except ServiceError:
        if ask and registry:
            return reading_of(pullers[0].reference)
        raise
    from layerview.tui.pulling import PullApp

    app = PullApp(puller, ask=ask, registry=registry, why=why)
    try:
        result = app.run()
    finally:
        app.stop()
    if app.return_code:
        raise SystemExit(app.return_code)
    if isinstance(result, LayerviewError):
        raise result
    return result


__all__ = ["explore", "pull"]
