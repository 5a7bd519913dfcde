"""What becomes of a program whose terminal is closed."""

from __future__ import annotations

import select
import signal
from contextlib import suppress
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """Ends the app in order when the terminal is closed, even while it is written to.

    Textual writes in a thread, through a queue with room for thirty pieces. An error ends the thread, and then the program
    waits for room in the queue for good. And only a terminal that this session belongs to is told of by a signal; of another
    one Textual reads the end over and over.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = _Closable(self._file)
        self._hangups: select.epoll | None = None

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if hasattr(select, "epoll"):
            self._hangups = select.epoll()
            self._hangups.register(self.fileno, 0)  # for nothing but that
            self._loop.add_reader(self._hangups.fileno(), self._end)

    def stop_application_mode(self) -> None:
        self._unfollow()
        super().stop_application_mode()

    def _end(self) -> None:
        self._unfollow()
        self._app.exit(return_code=128 + signal.SIGHUP)

    def _unfollow(self) -> None:
        if self._hangups is not None:
            self._loop.remove_reader(self._hangups.fileno())
            self._hangups.close()
            self._hangups = None


class _Closable:
    """A file that takes what is written, whether or not anything becomes of it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()
