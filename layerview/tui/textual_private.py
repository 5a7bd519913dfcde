"""Parts of Textual that it does not promise to keep, all in this place. docs/architecture.md tells what to do when they change.

A driver of its own is Textual's own idea, but what a driver needs is not public; nor is which errors an app that ends may meet.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, TypeVar

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.css.query import NoMatches
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.widget import Widget

Result = TypeVar("Result")


class OpenDriver(LinuxDriver):
    """Textual's driver for terminals, of which a subclass may read the input and hold the output."""

    _file: Any

    @property
    def output(self) -> IO[str]:
        """What the terminal is written to through."""
        file: IO[str] = self._file
        return file

    @output.setter
    def output(self, file: Any) -> None:
        self._file = file

    def parser(self) -> XTermParser:
        """What makes events of the text that a terminal sends: fed with that, and asked now and then for what is overdue."""
        return XTermParser(self._debug)

    def exit_app(self, status: int) -> None:
        """End the app without a result. Called from the thread that reads the input."""
        self._loop.call_soon_threadsafe(self._app.exit, None, status)


if TYPE_CHECKING:
    _Widget = Widget
else:  # Textual takes the styles of a class from the first of its bases that is a widget
    _Widget = object


class Settled(_Widget):
    """A widget that has no other one laid out by how large it is: what it is told of that is so.

    Else Textual lays out and paints all that is on the screen a second time where something has another size.
    """

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class PatientApp(App[Result]):
    """An app that is not upset by what only its end has brought about."""

    def _handle_exception(self, error: Exception) -> None:
        # An app that ends mounts nothing more, which what was to hold it misses.
        if not (self._exit and isinstance(error, NoMatches)):
            super()._handle_exception(error)
