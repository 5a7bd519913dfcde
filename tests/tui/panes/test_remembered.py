"""Borders and the zoom, from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerview.tui.panes.arrangement import Arrangement
from layerview.tui.panes.remembered import arrangement, keep
from tests.terminal import LAYERVIEW, Terminal
from tests.test_regular import pipe_that_nobody_opens


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where they are kept."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state/layerview/panes.json"


def begun_anew() -> Arrangement:
    """As another run has it."""
    arrangement.cache_clear()
    return arrangement()


def test_another_run_has_the_borders_of_the_last(file: Path) -> None:
    screens = []
    for keys in (b"}}--z", b""):
        with Terminal(*LAYERVIEW, "demo") as terminal:
            terminal.shows("wasted")
            terminal.press(keys)
            terminal.rests()
            screens.append(terminal.screen)
            terminal.press(b"q")
            assert terminal.ended() == 0
    assert screens[0] == screens[1]
    assert "Layers" in screens[0] and "Details" not in screens[0]
    assert file.stat().st_mode & 0o777 == 0o666 & ~_mask()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_what_has_not_changed_is_not_written(file: Path) -> None:
    assert begun_anew() == Arrangement()
    keep()
    assert not file.exists()
    arrangement().across = 0.25
    keep()
    assert begun_anew() == Arrangement(across=0.25)
    written = file.stat().st_ino
    keep()
    assert file.stat().st_ino == written


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"across": 2}', b'{"across": -0.1}', b'{"zoomed": 1}', b'{"tabs": "x"}', b"[" * 999,
     b'{"across": 1e999}', b'{"across": 0.5' + b" " * 1000 + b"}"],
)  # fmt: skip
def test_what_nobody_wrote_so_is_as_if_it_were_not_there(content: bytes, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert begun_anew() == Arrangement()
    arrangement().zoomed = True
    keep()
    assert begun_anew() == Arrangement(zoomed=True)


def test_what_is_no_file_is_not_opened_and_stays(file: Path) -> None:
    file.parent.mkdir(parents=True)
    with pipe_that_nobody_opens(file):
        begun_anew().zoomed = True
        keep()
    assert begun_anew() == Arrangement()
    file.unlink()
    file.mkdir()
    begun_anew().zoomed = True
    keep()
    assert file.is_dir()


@pytest.mark.parametrize("home", ["/dev/null", "/proc/self", "relative"])
def test_where_nothing_can_be_kept_nothing_is_said(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", home)
    with Terminal(*LAYERVIEW, "demo") as terminal:
        terminal.shows("wasted")
        terminal.press(b"zq")
        assert terminal.ended() == 0
        assert terminal.output.endswith(b"\x1b[?1004l")
    assert not Path(home, "layerview").exists()
