"""The terminal: what is typed, and what becomes of a program whose terminal is closed."""

from __future__ import annotations

import codecs
import errno
import os
import selectors
import signal
from contextlib import suppress
from typing import IO, Any

from textual.constants import ESCAPE_DELAY

from layerview.tui.textual_private import OpenDriver

_PIECE = 4096
"""Bytes that are read at a time."""


class TerminalDriver(OpenDriver):
    """Passes on what is typed as it comes, and ends the app in order when the terminal is closed.

    Textual looks every 0.1 s whether the input is to end, and whether an Esc is all that was typed: so long Esc takes, and
    twice as long the end. Bytes that are not UTF-8 end its thread, and with that the app. Of a terminal that is closed it
    reads the end over and over, where no signal tells of that because it is not the session's own.

    It also writes in a thread, through a queue with room for thirty pieces. An error ends the thread, and then the program
    waits for room in the queue for good.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.output = ClosableFile(self.output)
        self._ending: tuple[int, int] | None = None
        """A pipe, out of which comes what ends the reading."""

    def start_application_mode(self) -> None:
        if self._ending is None:  # a program in the background tries again when it is brought to the front
            self._ending = os.pipe()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def disable_input(self) -> None:
        if self._ending is None:
            return
        os.write(self._ending[1], b".")
        super().disable_input()  # which waits for the thread
        for end in self._ending:
            os.close(end)
        self._ending = None

    def run_input_thread(self) -> None:
        assert self._ending is not None
        parser = self.parser()
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:  # on macOS nothing else is told of a terminal
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self._ending[0], selectors.EVENT_READ)
            patience = None
            while self._ending[0] not in (ready := {key.fd for key, _ in selector.select(patience)}):
                if ready:
                    data = self._read()
                    if not data:
                        self.exit_app(128 + signal.SIGHUP)
                        return
                    for event in parser.feed(decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
                patience = ESCAPE_DELAY if ready else None  # as what was read may be the beginning of a key

    def _read(self) -> bytes:
        """What is typed; nothing where the terminal is closed."""
        with suppress(OSError):
            return os.read(self.fileno, _PIECE)
        return b""


class ClosableFile:
    """A file that takes what is written, whether or not anything becomes of it."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        try:
            self._file.flush()
        except OSError as error:
            if (
                error.errno == errno.EIO
            ):  # the terminal is gone for good, and Python would fail to flush what is left at its end
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._file.fileno())
                os.close(nowhere)

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()
