"""Which of several images is explored, asked in a terminal."""

from __future__ import annotations

import shlex
import signal
import sys
import termios
from pathlib import Path

import pytest

from layerview.image import Platform
from tests.builders import directory, layer
from tests.sources.images import Layout, Saved, docker_archive, folder, for_platform, image, named, simple, tar
from tests.terminal import LAYERVIEW, Terminal

DOWN, ENTER, ESCAPE = b"\x1b[B", b"\r", b"\x1b"


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with two images, one of which has two names and the other none."""
    monkeypatch.chdir(tmp_path)
    one, two = (image(layer(directory(name))) for name in ("in-one", "in-two"))
    archive = tmp_path / "saved.tar"
    archive.write_bytes(tar(docker_archive(Saved(one, ("demo:1", "demo:latest")), Saved(two, ()))))
    return archive


@pytest.mark.parametrize("line", ["{} saved.tar", "cat saved.tar | {} -", "gzip -c saved.tar | {} docker-archive:-"])
def test_one_is_chosen_then_another_then_the_first_again(saved: Path, line: str) -> None:
    with Terminal.in_shell(line.format(shlex.join(LAYERVIEW))) as program:
        program.shows("Images · 2")
        program.shows("demo:1, demo:latest")
        program.press(DOWN + ENTER)
        program.shows("▸ in-two")
        program.press(b"p")
        program.shows("Images · 2")
        program.press(b"\x1b[A" + ENTER)
        program.shows("▸ in-one")
        program.press(b"p")
        program.until(lambda: "▌linux/amd64" in program.screen and "in-one" not in program.screen)
        program.press(ESCAPE)
        program.shows("▸ in-one")
        program.press(b"q")
        program.shows("ended with 0")
        program.assert_as_found()
        assert "Traceback" not in program.output.decode(errors="replace")


@pytest.mark.parametrize(("key", "status"), [(b"q", 0), (b"\x03", 130)])
def test_leaving_the_list_ends_the_program(saved: Path, key: bytes, status: int) -> None:
    with Terminal.in_shell(f"{shlex.join(LAYERVIEW)} saved.tar") as program:
        program.shows("Images · 2")
        program.press(key)
        program.shows(f"ended with {status}")
        program.assert_as_found()


def test_esc_does_not_end_it(saved: Path) -> None:
    with Terminal.in_shell(f"{shlex.join(LAYERVIEW)} saved.tar") as program:
        program.shows("Images · 2")
        program.press(ESCAPE)
        program.shows("Nothing to go back from")
        program.press(b"q")
        program.shows("ended with 0")


_CHOSEN = """
from layerview.sources import alternatives_of, open_source
from layerview.tui.pick import pick
from layerview.tui.running import Left

try:
    print("went back with", pick(alternatives_of(open_source("saved.tar")), title="saved.tar", chosen=True))
except Left as left:
    print("left with", left.status)
"""


@pytest.mark.parametrize(
    ("key", "end"), [(ESCAPE, "went back with 0"), (b"q", "went back with 0"), (b"\x03", "left with 130")]
)
def test_where_the_archive_was_chosen_from_a_list_one_goes_back_there_or_ends_it_all(
    saved: Path, key: bytes, end: str
) -> None:
    with Terminal(sys.executable, "-c", _CHOSEN) as program:
        program.shows("Images · 2")
        program.press(key)
        program.shows(end)


def test_a_signal_ends_it_all_wherever_the_archive_was_chosen(saved: Path) -> None:
    with Terminal(sys.executable, "-c", _CHOSEN) as program:
        program.shows("Images · 2")
        program.process.send_signal(signal.SIGTERM)
        program.shows(f"left with {128 + signal.SIGTERM}")


def test_this_machine_s_platform_opens_at_once_and_another_is_a_key_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statement 39."""
    monkeypatch.chdir(tmp_path)
    layout, host = Layout(), str(Platform.host())
    listed = [
        layout.image(simple(name, platform=platform), **for_platform(platform))
        for name, platform in (("foreign-file", "linux/s390x"), ("own-file", host))
    ]
    listed.append(layout.image(simple("x"), **for_platform("unknown/unknown")))
    folder(tmp_path / "layout", layout.of(layout.index(*listed, **named("v1"))))
    with Terminal.in_shell(f"{shlex.join(LAYERVIEW)} layout") as program:
        program.shows("own-file")
        program.shows(f"layout:v1  {host}")
        program.press(b"p")
        program.shows("Images · 2")
        program.press(b"g" + ENTER)
        program.shows("foreign-file")
        program.shows("layout:v1  linux/s390x")
        program.press(b"q")
        program.shows("ended with 0")
        program.assert_as_found()


def test_without_a_terminal_the_error_lists_them(saved: Path) -> None:
    """Statement 40. And so it does for the commands that need none."""
    for line in ("{} saved.tar </dev/null >out", "{} report saved.tar"):
        with Terminal("sh", "-c", line.format(shlex.join(LAYERVIEW))) as program:
            assert program.ended() == 2
            assert termios.tcgetattr(program.theirs) == program.settings
    assert "Choose by docker-archive:saved.tar:demo:1 or docker-archive:saved.tar:@1." in " ".join(
        program.screen.split()
    ).replace("- ", "-")
