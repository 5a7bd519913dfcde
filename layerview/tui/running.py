"""What every app needs around it while it runs, and how it ends. Nothing here imports Textual, which takes its time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from layerview import garbage
from layerview.errors import LayerviewError

if TYPE_CHECKING:
    from layerview.tui.base import BaseApp


class Left(Exception):  # noqa: N818 (it is no error)
    """The reader of an image that was chosen from a list wants to end, not to go back to the list."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def status_of(app: BaseApp[Any], error: LayerviewError | None = None) -> int:
    """The exit status of an app that has ended. Raises its error, and Left where the reader is not to go back to the list."""
    if error is not None:
        raise error
    if app.chosen and not app.goes_back:
        raise Left(app.return_code or 0)
    return app.return_code or 0


def prepare() -> None:
    """Tell Textual how it is to work, which it asks the environment while it is imported."""
    # It paints 60 pictures a second at most, so that a key waits 16 ms where a progress bar has just been painted.
    os.environ.setdefault("TEXTUAL_FPS", "250")
    os.environ.setdefault("ESCDELAY", "50")  # ms that an Esc waits for the rest of a key, half of what Textual gives it
    # A shell that exports these tells of the size that the terminal had, whatever it has become.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)


@contextmanager
def beside_screen(close: Callable[[], None]) -> Iterator[None]:
    """Work in another thread goes on beside a screen, and ends with it; then at the latest garbage is collected."""
    prepare()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)  # a thread at work holds a key up for this long; for 45 ms in all with the default
    try:
        yield
    finally:
        close()
        garbage.collect()
        sys.setswitchinterval(interval)
