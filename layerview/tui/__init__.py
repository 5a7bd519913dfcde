"""The screen: Textual apps that show images at hand, or an exploration, and let a reader move through it.

Each function here runs one app and returns what came of it, so that several can run one after the other. ``keymap`` has
every key; ``widgets`` are the panes, all painted line by line by one base class; ``screens`` hold the state they share;
``catalog`` and ``describe`` are what they show, without any screen. Nothing below this folder imports Textual.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from layerview import garbage
from layerview.errors import LayerviewError, ServiceError
from layerview.exploration import Exploration, ExplorationEvent
from layerview.sources import Alternative
from layerview.sources.pullers import first_that_answers, reading_of
from layerview.sources.pulling import Puller
from layerview.tui.inbox import Inbox

if TYPE_CHECKING:
    from layerview.exploration.pair import ImagePair, PairEvent
    from layerview.inquiry import Inquiry, InquiryEvent
    from layerview.tui.base import BaseApp
    from layerview.tui.catalog import Catalog
    from layerview.tui.choice import Choice


# Textual paints 60 pictures a second at most, so that a key waits 16 ms where a progress bar has just been painted.
os.environ.setdefault("TEXTUAL_FPS", "250")
os.environ.setdefault("ESCDELAY", "50")  # ms that an Esc waits for the rest of a key, half of what Textual gives it
# A shell that exports these tells of the size that the terminal had, whatever it has become.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)


class Left(Exception):  # noqa: N818 (it is no error)
    """The reader of an image that was chosen from a list wants to end, not to go back to the list."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def explore(exploration: Exploration, *, title: str, chosen: bool = False) -> int | Alternative:
    """Explore on the terminal until the reader quits; the exit status, or the image that is to be explored instead.

    ``title`` stands for the image until its name is known. Where it was ``chosen`` from a list, quitting means to go back
    there; Left is raised where the reader wants to end altogether. Raises LayerviewError where there is nothing to show.
    The terminal is left as it was found, whatever happens; garbage is collected from the first picture on, at the latest.
    """
    garbage.collect_what_was_there()  # of an image that was explored before
    inbox = Inbox[ExplorationEvent]()
    with _beside_screen(exploration.close):
        exploration.start(inbox.put)  # the image is opened while Textual is imported
        from layerview.tui.app import LayerviewApp

        if inbox.refusal is not None:
            raise inbox.refusal
        app = LayerviewApp(inbox, title, chosen)
        outcome = app.run()
    return outcome if isinstance(outcome, Alternative) else _status(app, outcome)


def pick(alternatives: Sequence[Alternative], *, title: str, chosen: bool = False) -> int | Alternative:
    """Have the reader choose one of several images of ``title``; the exit status where none is chosen.

    Where ``title`` was ``chosen`` from a list, leaving is as for :func:`explore`.
    """
    from layerview.tui.pick import PickApp

    app = PickApp(alternatives, title, chosen)
    outcome = app.run()
    return _status(app) if outcome is None else outcome


def choose(catalog: Catalog, inquiry: Inquiry, *, error: LayerviewError | None = None) -> Choice:
    """Show the images at hand, which the engines tell of meanwhile, until the reader wants something.

    ``catalog`` is what is known already, and how it was looked at; ``error`` is what came of the last choice. Raises
    LayerviewError where the reader quits and no engine has answered. The terminal is left as it was found.
    """
    from layerview.tui.choice import Leave

    inbox: Inbox[InquiryEvent] = Inbox()
    with _beside_screen(inquiry.end):
        inquiry.ask(catalog.pending, inbox.put, catalog.known)  # they may answer while Textual is imported
        from layerview.tui.choosing import ChooseApp

        app = ChooseApp(catalog, inquiry, inbox, error)
        choice = app.run()
    if choice is not None:
        return choice
    if catalog.failure is not None and not app.return_code:
        raise catalog.failure
    return Leave(app.return_code or 0)


def pull(pullers: Sequence[Puller], *, ask: bool = False, registry: bool = False, why: str = "") -> str | None:
    """Have the first engine that answers pull an image, on the terminal; what to open then, None where that is nothing.

    ``pullers`` come from ``layerview.sources.pulling.pullers``. ``ask`` asks first, and says ``why`` it does; with
    ``registry`` the registry itself is among the answers, and the answer where no engine is here. The reader may stop the
    pull, and may leave. Raises LayerviewError, where no engine answers or where one has failed, which the screen has told;
    KeyboardInterrupt where Ctrl+C has ended it.
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
    if app.interrupted:
        raise KeyboardInterrupt
    if isinstance(result, LayerviewError):
        raise result
    return result


def compare(pair: ImagePair, *, titles: tuple[str, str], chosen: bool = False) -> int:
    """Compare two images on the terminal until the reader quits; as :func:`explore` in all else."""
    inbox: Inbox[PairEvent] = Inbox()
    with _beside_screen(pair.close):
        pair.start(inbox.put)
        from layerview.tui.comparing import ComparisonApp

        app = ComparisonApp(inbox, titles, chosen)
        error = app.run()
    return _status(app, error)


def _status(app: BaseApp[Any], error: LayerviewError | None = None) -> int:
    if error is not None:
        raise error
    if app.chosen and not app.goes_back:
        raise Left(app.return_code or 0)
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
        garbage.collect()
        sys.setswitchinterval(interval)


__all__ = ["Left", "choose", "compare", "explore", "pick", "pull"]
