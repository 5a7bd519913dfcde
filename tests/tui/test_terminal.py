"""The program in a real terminal, which it leaves as it found it."""

from __future__ import annotations

import os
import random
import shlex
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.widget import Widget
from textual.widgets import Label

from layerview.tui.base import BaseApp
from layerview.tui.driver import ClosableFile, TerminalDriver
from tests.terminal import LAYERVIEW, Terminal
from tests.waiting import PATIENCE, until


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(Terminal(*LAYERVIEW, *arguments))


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
    until(lambda: not children(program.process.pid))


@pytest.mark.parametrize(("options", "told"), [((), "all changes up to it"), (("--keys", "dive"), "hidden: added")])
def test_whose_keys_these_are_is_an_option(
    terminal: Callable[..., Terminal], archive: Path, options: tuple[str, ...], told: str
) -> None:
    program = terminal(*options, str(archive))
    program.shows("▸ etc")
    program.press(b"\x1b[B\t\x01")
    program.shows(told)
    program.press(b"q")
    assert program.ended() == 0


def test_escape_never_ends_the_program(terminal: Callable[..., Terminal], archive: Path) -> None:
    program = terminal(str(archive))
    program.shows("▸ etc")
    program.press(b"z/app\r")
    program.shows("match")
    for _ in range(4):
        program.press(b"\x1b")
        program.rests()
    program.shows("Nothing to go back from; q quits.")
    program.shows("▸ etc")
    program.press(b"q")
    assert program.ended() == 0


def test_names_cannot_reach_the_terminal_raw(terminal: Callable[..., Terminal], archive: Path) -> None:
    program = terminal(str(archive))
    program.shows("▸ etc")
    program.press(b"\x1b[B\t\x00")
    program.shows(r"\xff\x1b[31mred")
    program.press(b"q")
    assert program.ended() == 0
    assert b"\x1b[31mred" not in program.output


def test_ctrl_c_ends_with_the_status_that_shells_give_it(terminal: Callable[..., Terminal], archive: Path) -> None:
    """Of one image and of two."""
    for images, title in (([archive], "▸ etc"), ([archive, archive], "no changes")):
        program = terminal(*map(str, images))
        program.shows(title)
        program.press(b"\x03")
        assert program.ended() == 130
        program.assert_as_found()


def test_a_terminal_of_any_size_will_do(terminal: Callable[..., Terminal], archive: Path) -> None:
    """One cell, then more than most have; keys are heeded in each, as the next size that can be read shows."""
    program = terminal(str(archive))
    program.shows("▸ etc")
    for (columns, lines), keys, layer in (
        ((1, 1), b"\t\x1b[B\x1b[B ]", 2),
        ((2, 40), b"\x1b[B\x1b[B ]", 3),
        ((300, 2), b"\t\t\t\x1b[B ]", 4),
        ((20, 5), b"\t\t\t\x1b[B\x1b[B [", 3),
    ):
        program.resize(columns, lines)
        program.paints()
        program.press(keys)
        program.resize(80, 24)
        program.shows(f"Files at layer {layer}")
    program.resize(240, 70)
    program.press(b"1")
    program.until(lambda: "quit" in program.screen.splitlines()[-1])
    program.shows("Files at layer 3")
    program.shows("Wasted")
    program.press(b"q")
    assert program.ended() == 0
    program.assert_as_found()
    assert "Traceback" not in program.output.decode(errors="replace")


def test_the_terminal_tells_its_size_whatever_a_shell_exports(archive: Path) -> None:
    with Terminal("env", "COLUMNS=40", "LINES=10", *LAYERVIEW, str(archive)) as program:
        program.shows("▸ etc")
        program.resize(100, 30)
        program.until(lambda: "quit" in program.screen.splitlines()[-1])


def test_leaves_for_the_shell_and_comes_back(terminal: Callable[..., Terminal], archive: Path) -> None:
    """To a terminal that has another size meanwhile."""
    program = terminal(str(archive))
    program.shows("▸ etc")
    program.press(b"\x1a")
    stat = Path(f"/proc/{program.process.pid}/stat")
    program.until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
    program.rests()
    program.assert_as_found()
    program.resize(100, 30)
    program.process.send_signal(signal.SIGCONT)
    program.until(lambda: "quit" in program.screen.splitlines()[-1])
    program.press(b"\x1b[B")
    program.shows("Files at layer 2")
    program.press(b"q")
    assert program.ended() == 0
    program.assert_as_found()


def test_what_is_typed_need_not_be_text(terminal: Callable[..., Terminal], archive: Path) -> None:
    """A replacement character stands for what is not UTF-8, also where a character comes in two pieces."""
    program = terminal(str(archive))
    program.shows("▸ etc")
    program.press(b"\t/lo\xff\xc3")
    program.shows("/ lo\ufffd")
    program.press(b"\xa9")
    program.shows("/ lo\ufffdé")
    program.shows("Nothing matches")
    program.press(b"\x1b")
    program.shows("▸ etc")
    program.press(b"q")
    assert program.ended() == 0


@pytest.mark.slow
def test_what_is_painted_bit_by_bit_is_what_is_painted_as_a_whole(
    terminal: Callable[..., Terminal], archive: Path
) -> None:
    """Keys have as little painted as may be; another size has all of it."""
    program = terminal(str(archive))
    program.shows("▸ etc")
    choice = random.Random(7)
    down, up, home = b"\x1b[B", b"\x1b[A", b"\x1b[H"
    for _ in range(8):
        for key in choice.choices([down, down, up, home, b"\t", b" ", b"e", b"s", b"m", b"a", b"]", b"["], k=6):
            program.press(key)
            program.rests()
        program.rests()
        piecemeal = program.cells
        for columns in (81, 80):
            program.resize(columns, 24)
            program.paints()
            program.rests()
        assert program.cells == piecemeal, program.screen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(
    terminal: Callable[..., Terminal], archive: Path, number: signal.Signals
) -> None:
    program = terminal(str(archive))
    program.shows("▸ etc")
    program.process.send_signal(number)
    assert program.ended() == 128 + number
    program.assert_as_found()


def test_a_signal_ends_an_app_that_is_only_being_mounted(capsys: pytest.CaptureFixture[str]) -> None:
    """Textual mounts nothing more then, and a part that misses another is no error."""

    class Part(Widget):
        def compose(self) -> ComposeResult:
            self.app.exit(return_code=130)
            yield Label(id="late")

        def on_mount(self) -> None:
            self.query_one("#late")

    class Starting(BaseApp[None]):
        CSS_PATH = None  # type: ignore[assignment]  # else looked for beside this file

        def compose(self) -> ComposeResult:
            yield Part()

    app = Starting()
    app.run(headless=True)
    assert (app.return_code, capsys.readouterr().err) == (130, "")


def test_an_app_leaves_ctrl_c_as_it_was() -> None:
    class Ending(BaseApp[None]):
        CSS_PATH = None  # type: ignore[assignment]  # else looked for beside this file

        def on_ready(self) -> None:
            self.exit()

    def heed(number: int, frame: object) -> None: ...

    before = signal.signal(signal.SIGINT, heed)
    try:
        Ending().run(headless=True)
        assert signal.getsignal(signal.SIGINT) is heed
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_terminal_that_goes_without_a_signal_ends_the_program(archive: Path, tmp_path: Path) -> None:
    """As one does that is not the session's own. No process is left."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with subprocess.Popen(
        [*LAYERVIEW, str(archive)],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
    ) as program:  # fmt: skip
        os.close(theirs)
        shown = b""
        while b"quit" not in shown:
            shown += os.read(ours, 1 << 16)
        os.close(ours)
        try:
            assert program.wait(PATIENCE) == 128 + signal.SIGHUP
        finally:
            program.kill()
    assert not children(program.pid)


def test_what_a_terminal_that_is_gone_did_not_take_fails_no_more() -> None:
    """Else Python ends with a status of its own, 120."""
    ours, theirs = os.openpty()
    file = os.fdopen(theirs, "w")
    os.close(ours)
    output = ClosableFile(file)
    output.write("painted")
    output.flush()
    file.close()


async def test_a_terminal_may_be_closed_while_it_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is written to end in order is taken, where Textual's thread would end and leave its queue full."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as file:
        monkeypatch.setattr(sys, "__stderr__", file)
        driver = BaseApp[None]().get_driver_class()(App[None](), size=(80, 24))
        assert isinstance(driver, TerminalDriver)
        writer = WriterThread(driver._file)
        writer.start()
        os.close(ours)
        for _ in range(MAX_QUEUED_WRITES):
            writer.write("x" * 5_000)
        ending = threading.Thread(target=writer.stop, daemon=True)
        ending.start()
        ending.join(PATIENCE)
        assert not ending.is_alive()
        with suppress(OSError):
            file.close()


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


def test_an_archive_comes_through_a_pipe_and_the_keys_from_the_terminal(archive: Path) -> None:
    """However it is packed; and the one who writes it is not kept waiting when the reader quits."""
    for packed, name in (("cat shop.tar", "-"), ("gzip -c shop.tar", "-"), ("cat shop.tar", "/dev/stdin")):
        with Terminal.in_shell(f"{packed} | {shlex.join(LAYERVIEW)} {name}") as program:
            program.shows("efficiency")
            program.shows("▸ etc")
            program.press(b"\x1b[B")
            program.shows("Files at layer 2")
            program.press(b"q")
            program.shows("ended with 0")
            program.assert_as_found()
            assert "Traceback" not in program.output.decode(errors="replace")


def test_quitting_early_ends_whoever_still_writes(archive: Path) -> None:
    with Terminal.in_shell(f"{{ cat shop.tar; cat /dev/zero; }} | {shlex.join(LAYERVIEW)} -") as program:
        program.shows("B read")
        program.press(b"q")
        program.shows("ended with 0")
        program.assert_as_found()


def test_a_terminal_in_place_of_an_archive_is_told_what_to_do(terminal: Callable[..., Terminal]) -> None:
    program = terminal("-")
    assert program.ended() == 2
    assert "docker save NAME | layerview -" in program.screen
    assert termios.tcgetattr(program.theirs) == program.settings


def test_where_no_engine_answers_the_list_says_so_and_leaving_it_is_an_error(
    terminal: Callable[..., Terminal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    program = terminal("--source", "docker")
    program.shows("No engine answers.")
    program.shows("layerview FILE")
    program.press(b"q")
    assert program.ended() == 3
    program.assert_as_found()
    assert "layerview: no engine answers" in program.screen


def test_without_a_terminal_there_is_no_list_but_help() -> None:
    told = subprocess.run(LAYERVIEW, capture_output=True, text=True, check=True)
    assert "choose an image" in told.stdout
