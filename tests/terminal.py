"""A terminal that tests can read."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import pyte

from tests.waiting import PATIENCE

LAYERVIEW = (sys.executable, "-m", "layerview")

LINES, COLUMNS = 24, 80

TRUE_COLOUR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


class Terminal:
    """A terminal with a program in it, and what is on its screen; both end with the block that it is made for."""

    def __init__(
        self,
        *command: str,
        controlling: bool = False,
        cache: Path | None = None,
        size: tuple[int, int] = (COLUMNS, LINES),
        variables: Mapping[str, str] = TRUE_COLOUR,
    ) -> None:
        """``controlling`` has it be what ``/dev/tty`` means to the program; it hangs up when that one ends.

        ``cache`` is the folder that caches go to; unless told, one that goes with the terminal. ``variables`` are those that
        tell what it can show.
        """
        self.ours, self.theirs = pty.openpty()
        columns, lines = size
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.settings = termios.tcgetattr(self.theirs)
        self.output = b""
        self._folder = TemporaryDirectory(prefix="layerview-", ignore_cleanup_errors=True)
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        # Pytest imports readline, which hands these on to pytest's workers, and a program believes them, not its terminal.
        withheld = ("COLUMNS", "LINES", "COLORTERM", "NO_COLOR")
        inherited = {name: value for name, value in os.environ.items() if name not in withheld}
        environment = {**inherited, **variables, "XDG_CACHE_HOME": str(cache or self._folder.name)}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command] if controlling else command,
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            env=environment,
            start_new_session=not controlling,
        )

    @classmethod
    def in_shell(cls, line: str) -> Self:
        """With a shell that runs a line, says ``ended with`` its status, and stays, so that the terminal does, too."""
        return cls("sh", "-c", f"{line}; echo ended with $?; exec cat", controlling=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)
        self._folder.cleanup()

    @property
    def screen(self) -> str:
        return "\n".join(self._screen.display)

    @property
    def cells(self) -> list[list[pyte.screens.Char]]:
        """The screen with its colours."""
        columns, lines = range(self._screen.columns), range(self._screen.lines)
        return [[self._screen.buffer[line][column] for column in columns] for line in lines]

    def read(self, seconds: float = 0.05) -> None:
        """Take what the program writes."""
        if select.select([self.ours], [], [], seconds)[0]:
            data = os.read(self.ours, 1 << 16)
            self.output += data
            # pyte does not know the Kitty keyboard protocol
            self._stream.feed(data.replace(b"\x1b[>1u", b"").replace(b"\x1b[<u", b""))

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.screen
            self.read()

    def shows(self, text: str) -> None:
        self.until(lambda: text in self.screen)

    def paints(self) -> None:
        """Wait until the program writes something more."""
        written = len(self.output)
        self.until(lambda: len(self.output) > written)

    def rests(self) -> None:
        """Wait until nothing more has come for longer than anything keeps a screen waiting that is not loading."""
        written = -1
        while written < len(self.output):
            written = len(self.output)
            self.read(0.15)

    def settles(self, seconds: float = 0.12) -> None:
        """Wait until nothing has come for longer than details wait for the cursor."""
        while select.select([self.ours], [], [], seconds)[0]:
            self.read(0)

    def resize(self, columns: int, lines: int) -> None:
        """Have another size, and nothing on the screen until the program paints it anew."""
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)
        self._screen.erase_in_display(2)
        self.process.send_signal(signal.SIGWINCH)

    def press(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def ended(self) -> int:
        """Wait for the program's end; its exit status."""
        self.until(lambda: self.process.poll() is not None)
        while select.select([self.ours], [], [], 0.05)[0]:  # it may have written more than is read at once
            self.read()
        return self.process.returncode

    def assert_as_found(self) -> None:
        """The settings are as before, the alternate screen is left, the cursor and the pointer are given back."""
        assert termios.tcgetattr(self.theirs) == self.settings
        for entered, left in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"?1000h", b"?1000l")):
            assert self.output.rfind(left) > self.output.rfind(entered) >= 0
