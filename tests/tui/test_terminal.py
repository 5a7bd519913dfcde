"""The program in a real terminal, which it leaves as it found it."""

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
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

LINES, COLUMNS = 24, 80


class Terminal:
    """A terminal with a program in it, and what is on its screen."""

    def __init__(self, *arguments: str) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.settings = termios.tcgetattr(self.theirs)
        self.output = b""
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "XDG_CACHE_HOME": str(Path.cwd()),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "layerview", *arguments],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            env=environment,
            start_new_session=True,
        )

    @property
    def screen(self) -> str:
        return "\n".join(self._screen.display)

    def read(self, seconds: float = 0.05) -> None:
        """Take what the program writes."""
        if select.select([self.ours], [], [], seconds)[0]:
            data = os.read(self.ours, 1 << 16)
            self.output += data
            # pyte does not know the Kitty keyboard protocol
            self._stream.feed(data.replace(b"\x1b[>1u", b"").replace(b"\x1b[<u", b""))

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, self.screen
            self.read()

    def shows(self, text: str) -> None:
        self.until(lambda: text in self.screen)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)
        self.process.send_signal(signal.SIGWINCH)

    def press(self, keys: bytes) -> None:
        os.write(self.ours, keys)

    def ended(self) -> int:
        """Wait for the program's end; its exit status."""
        self.until(lambda: self.process.poll() is not None)
        self.read()
        return self.process.returncode

    def assert_as_found(self) -> None:
        """The settings are as before, the alternate screen is left, the cursor and the pointer are given back."""
        assert termios.tcgetattr(self.theirs) == self.settings
        for entered, left in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"?1000h", b"?1000l")):
            assert self.output.rfind(left) > self.output.rfind(entered) >= 0

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    terminals: list[Terminal] = []

    def start(*arguments: str) -> Terminal:
        terminals.append(Terminal(*arguments))
        return terminals[-1]

    yield start
    for each in terminals:
        each.close()


def children(process: int) -> list[int]:
    """Processes of a session, which a terminal's program leads."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == process:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_opens_moves_filters_and_quits(terminal: Callable[..., Terminal], archive: Path) -> None:
    """And leaves the terminal as it was, and no process behind."""
    program = terminal(str(archive))
    program.shows("efficiency")
    program.shows("▸ etc")
    program.press(b"\x1b[B")
    program.shows("Files at layer 2")
    program.press(b"\t/logo")
    program.shows("1 match")
    program.shows("logo.png")
    program.press(b"\x1b")
    program.shows("▸ etc")
    program.press(b"q")
    assert program.ended() == 0
    program.assert_as_found()
    assert "Traceback" not in program.output.decode(errors="replace")
    deadline = time.monotonic() + 5
    while children(program.process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children(program.process.pid)


def test_names_cannot_reach_the_terminal_raw(terminal: Callable[..., Terminal], archive: Path) -> None:
    program = terminal(str(archive))
    program.shows("▸ etc")
    program.press(b"\x1b[B\t\x00")
    program.shows(r"\xff\x1b[31mred")
    program.press(b"\x03")
    assert program.ended() == 0
    assert b"\x1b[31mred" not in program.output


def test_a_terminal_of_any_size_will_do(terminal: Callable[..., Terminal], archive: Path) -> None:
    """One cell, then more than most have; keys are heeded in each."""
    program = terminal(str(archive))
    program.shows("▸ etc")
    for columns, lines in ((1, 1), (2, 40), (300, 2), (20, 5), (240, 70)):
        program.resize(columns, lines)
        program.press(b"\t\x1b[B\x1b[B ")
        program.read(0.3)
    program.press(b"1")
    program.shows("Files at layer")
    program.shows("Wasted")
    assert len(program.screen.splitlines()) == 70
    program.press(b"q")
    assert program.ended() == 0
    program.assert_as_found()
    assert "Traceback" not in program.output.decode(errors="replace")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(
    terminal: Callable[..., Terminal], archive: Path, number: signal.Signals
) -> None:
    program = terminal(str(archive))
    program.shows("▸ etc")
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    program.assert_as_found()


def test_an_image_that_cannot_be_read_ends_with_two_lines(terminal: Callable[..., Terminal], archive: Path) -> None:
    """Also where only reading it to the end could tell."""
    subprocess.run(["gzip", "-k", archive], check=True)
    cut = Path("cut.tar.gz")
    cut.write_bytes(Path("shop.tar.gz").read_bytes()[:3_000])
    program = terminal(str(cut))
    assert program.ended() == 2
    assert termios.tcgetattr(program.theirs) == program.settings
    assert "Traceback" not in program.output.decode(errors="replace")
    assert "layerview:" in program.screen
