"""What every app needs around it while it runs, and how it ends. Nothing here imports Textual, which takes its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from layerview.errors import LayerviewError
from layerview.process import garbage, screen

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


@contextmanager
def beside_screen(close: Callable[[], None]) -> Iterator[None]:
    """Work in another thread goes on beside a screen, and ends with it; then at the latest garbage is collected."""
    screen.prepare()
    with screen.shared_with_threads():
        try:
            yield
        finally:
            close()
            garbage.collect()
