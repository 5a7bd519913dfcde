"""A terminal of 200×50 that a program runs in, and that keeps what is written to it, with times."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

COLUMNS, ROWS = 200, 50

_KEYS = {
    "down": "\x1b[B", "up": "\x1b[A", "page down": "\x1b[6~", "home": "\x1b[H",
    "tab": "\t", "space": " ", "escape": "\x1b", "backspace": "\x7f",
}  # fmt: skip
_ANSWERS = {
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",  # frames that appear whole are known here
}
"""What a terminal of today answers when it is asked what it is."""


@dataclass(frozen=True)
class Chunk:
    """Bytes that arrived together."""

    time: float
    """Seconds since the program was started."""
    data: bytes


class Terminal:
    """A program in a pty of its own. Times are in seconds since it was started."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.chunks: list[Chunk] = []
        self.ended = False
        self._began = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
                os.execvpe(
                    command[0], list(command), {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
                )
            finally:
                os._exit(127)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.killpg(self.pid, signal.SIGKILL)
        os.close(self._fd)
        os.waitpid(self.pid, 0)

    @property
    def now(self) -> float:
        return time.perf_counter() - self._began

    def press(self, key: str) -> float:
        """Press a key, by its name or as the characters it sends; when."""
        now = self.now
        os.write(self._fd, _KEYS.get(key, key).encode())
        return now

    def read(self, timeout: float) -> Chunk | None:
        """What is written next, if anything is within the timeout."""
        if self.ended or not select.select([self._fd], [], [], timeout)[0]:
            return None
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return None
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._fd, answer)
        chunk = Chunk(self.now, data)
        self.chunks.append(chunk)
        return chunk

    def settle(self, quiet: float, limit: float) -> float | None:
        """Read until nothing has come for ``quiet`` seconds, ``limit`` seconds at most; when the last byte came."""
        deadline = self.now + limit
        last = None
        while self.now < deadline and (chunk := self.read(quiet)):
            last = chunk.time
        return last
