"""What is copied does nothing where it is pasted: the bytes that reach the terminal for its clipboard."""

from __future__ import annotations

import base64
import re
import shlex
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Input

import layerview
from layerview.text import escape
from layerview.tui.base import BaseApp
from layerview.tui.choose.app import ChooseApp
from layerview.tui.compare.app import ComparisonApp
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.pick.app import PickApp
from layerview.tui.pull.app import PullApp
from tests.archives import docker_archive
from tests.builders import directory, file, layer, symlink
from tests.sources.test_docker_endpoint import engine
from tests.terminal import LAYERVIEW, Terminal
from tests.tui.conftest import explored, settled

NASTY = "a\x1b[201~rm -rf ~\r\nb\t\x1b]52;c;QQ==\x07\x9b31m\x90q\u202egpj\u2066\u200b\u2028\ue000\x7f"
"""Ends a bracketed paste, breaks the line, begins other sequences, and turns the direction of what follows."""

_COPIES = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


class Copying(Terminal):
    """A terminal whose clipboard can be looked at."""

    @property
    def copies(self) -> list[str]:
        """All that was put there by now."""
        return [base64.b64decode(found).decode() for found in _COPIES.findall(self.output)]

    def copy(self, lines: int, *texts: str) -> None:
        """Copy what the cursor is on, then what is below it, and so on; among it is each text as people are shown it."""
        self.press(b"y\x1b[B" * lines)
        self.until(lambda: all(any(escape(text) in copied for copied in self.copies) for text in texts))
        self.rests()

    def assert_harmless(self) -> None:
        """All that was put there is one line that does nothing."""
        assert self.output.count(b"\x1b]52;") == len(self.copies) > 0
        for copied in self.copies:
            assert copied == escape(copied)
            assert copied.isprintable()


def image(path: Path, text: str = NASTY) -> str:
    """An archive of an image whose every word is this text; the names of its files are not UTF-8 besides."""
    return str(
        docker_archive(
            path,
            layer(directory(f"d{text}\udcff"), file(f"a{text}\udcff", b"1", xattrs={"user.x": text.encode()})),
            layer(file(f"a{text}\udcff", b"22"), symlink(f"l{text}\udcff", text)),
            tag=f"tag{text}",
            history=[
                {"created_by": f"RUN one {text}", "author": f"author {text}", "comment": f"comment {text}"},
                {"created_by": f"COPY {text}"},
            ],
            config={
                "Env": [f"VARIABLE={text}"], "Labels": {f"label {text}": text}, "Cmd": [f"command {text}"],
                "Entrypoint": [f"entry {text}"], "User": f"user {text}", "WorkingDir": f"folder {text}",
                "StopSignal": f"signal {text}", "ExposedPorts": {f"port {text}": {}}, "Volumes": {f"volume {text}": {}},
                "Healthcheck": {"Test": ["CMD", text]},
            },
        )
    )  # fmt: skip


_CONFIGURATION = ("VARIABLE=", "label ", "command ", "entry ", "user ", "folder ", "signal ", "port ", "volume ")


def test_what_is_copied_in_the_explorer_does_nothing_where_it_is_pasted(tmp_path: Path) -> None:
    """Paths, what is wasted, a layer's and a path's details, the configuration."""
    words = NASTY.expandtabs(4).splitlines()
    with Copying(*LAYERVIEW, image(tmp_path / "\u202e.tar"), "--no-cache") as program:
        program.resize(160, 48)
        program.shows("stores")
        program.press(b"1")
        program.copy(12, f"RUN one {words[0]}", f"author {NASTY}", f"comment {NASTY}")
        program.press(b"2")
        program.shows("hidden by")
        program.rests()
        program.copy(4, f"/a{NASTY}\udcff")
        program.press(b"3")
        program.copy(30, f"tag{NASTY}", *(word + NASTY for word in _CONFIGURATION))
        program.press(b"\t\t")
        program.copy(3, f"/d{NASTY}\udcff", f"/a{NASTY}\udcff")
        program.press(b"\x1b[H1")
        program.shows("xattrs")
        program.copy(12, "user.x = ")
        program.press(b"q")
        assert program.ended() == 0
        program.assert_harmless()


def test_what_is_copied_in_a_comparison_does_nothing_where_it_is_pasted(tmp_path: Path) -> None:
    """Without the signs of what differs."""
    one, other = image(tmp_path / "one.tar"), image(tmp_path / "other.tar", f"other {NASTY}")
    with Copying(*LAYERVIEW, one, other, "--no-cache") as program:
        program.resize(160, 48)
        program.shows("− removed")
        program.press(b"1")
        program.copy(12, f"/a{NASTY}\udcff")
        program.press(b"3")
        program.copy(40, *(word + each for word in _CONFIGURATION for each in (NASTY, f"other {NASTY}")))
        assert escape(f"VARIABLE=other {NASTY}") in program.copies
        program.press(b"\t\t")
        program.copy(4, f"/d{NASTY}\udcff", f"/a{NASTY}\udcff")
        program.press(b"q")
        assert program.ended() == 0
        program.assert_harmless()


def test_what_is_copied_in_the_list_is_one_word_for_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the whole command is that opens an image."""
    names = [f"name{NASTY}", "it's; $(reboot)", "shop:1"]
    listed = {"Id": f"sha256:{'1' * 64}", "Created": 1_741_600_800, "Size": 12, "RepoTags": names}
    (tmp_path / "config").mkdir()
    (tmp_path / "storage.conf").write_text(f'[storage]\ngraphroot = "{tmp_path}/none"\n')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    monkeypatch.setenv("PATH", str(tmp_path))
    answers: dict[str, object] = {"/version": {"ApiVersion": "1.41"}, "/v1.41/images/json": [listed]}
    with engine(tmp_path / "e.sock", answers) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with Copying(*LAYERVIEW, "--no-cache") as program:
            program.resize(160, 48)
            program.shows("$(reboot)")
            program.copy(3, *(shlex.quote(f"docker:{name}") for name in names))
            for copied in program.copies:
                assert len(shlex.split(copied)) == 1
            program.press(b"\t")
            program.copy(9, f"layerview docker:{names[2]}")
            program.press(b"\t\x1b[A")
            program.shows("opened by   layerview 'docker:name")
            program.press(b"\t")
            program.copy(12, shlex.join(("layerview", f"docker:{names[0]}")))
            program.press(b"q")
            assert program.ended() == 0
            program.assert_harmless()


@pytest.mark.parametrize("app", [LayerviewApp, ComparisonApp, ChooseApp, PickApp, PullApp])
def test_every_app_makes_harmless_what_anything_in_it_copies(app: type[App[object]]) -> None:
    """Textual's own inputs, too; nothing else writes to the clipboard."""
    assert app.copy_to_clipboard is BaseApp.copy_to_clipboard
    package = Path(layerview.__file__).parent
    sources = {path.relative_to(package).as_posix(): path.read_text() for path in package.rglob("*.py")}
    assert [name for name, source in sources.items() if "def copy_to_clipboard" in source] == ["tui/base.py"]
    assert not [name for name, source in sources.items() if "]52;" in source]


async def test_what_is_cut_from_an_input_is_made_harmless(archive: Path) -> None:
    app = explored(archive)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash")
        app.screen.query_one(Input).value = "a\u202eb"
        await pilot.press("end", "shift+home", "ctrl+x")
        await pilot.pause()
        assert app.clipboard == r"a\xe2\x80\xaeb"
