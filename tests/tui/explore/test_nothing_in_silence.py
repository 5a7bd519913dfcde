"""What keys cannot do is said; commands and help begin with what is most likely meant; what is said covers nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import ContentSwitcher, OptionList

from layerview.exploration import Noticed
from layerview.trees import Change
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.screen import ExploreScreen
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.pane import Pane
from layerview.tui.keymap import KEYS
from tests.tui.conftest import explored, files, layers, lines, said, settled, until
from tests.tui.silence import assert_none_is_silent, keys_of

Open = Callable[[], LayerviewApp]

PANES = {"layers": (), "files": ("tab",), "details": ("1",), "wasted": ("2",), "image": ("3",)}


@pytest.mark.parametrize("pane", PANES)
async def test_each_key_does_something_or_says_why_not(open_app: Open, pane: str) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, ExploreScreen)

        def begin() -> None:
            if pane in screen.TABS:
                screen.action_tab(pane)
            else:
                screen.set_focus(screen.query_one(f"#{pane}"))

        await assert_none_is_silent(pilot, keys_of(ExploreScreen), begin)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("s",), "s is for Files and Wasted: sort by name, size or changes."),
        (("p",), "This is the only image of its place."),
        (("tab", "n"), "No more changes below."),
        (("end", "tab", "N"), "No more changes above."),
        (("down", "tab", "l", "down", "enter"), "This is no folder; the contents of files are not there yet."),
        (("tab", "ctrl+e"), "Extracting files is not there yet."),
        (("left_square_bracket",), "There is no layer before this one."),
        (("percent_sign",), "% has no meaning here; ? shows all keys."),
        (("less_than_sign",), "There is nothing more to the left."),
    ],
)
async def test_what_a_key_cannot_do_is_said_in_the_last_line(open_app: Open, keys: tuple[str, ...], told: str) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        if told.startswith("No more changes below"):
            await pilot.press("tab", "ctrl+@", "end", "shift+tab")
        await pilot.press(*keys)
        await pilot.pause()
        assert told in said(app)
        await pilot.press("home")
        assert told not in said(app)


async def test_what_is_said_covers_nothing_and_a_long_notice_is_wrapped(archive: Path) -> None:
    notice = (
        "the image is exported: \x1b[31m[bold]the engine's own records cannot be read from here, since it is far away"
    )
    app = explored(archive, Noticed((notice,)))
    async with app.run_test(size=(60, 24), notifications=True) as pilot:
        await settled(pilot)
        line = app.screen.query_one(KeyLine)
        assert "exported: \\x1b[31m[bold]the engine's" in " ".join(said(app).split())
        assert (line.region.height, line.region.bottom) == (2, 24)
        assert not app.screen.query("Toast")
        panes = [pane.region for pane in app.screen.query(Pane) if pane.display]
        assert all(not pane.overlaps(line.region) for pane in panes)
        await pilot.press("down")
        assert "exported" in said(app), "it stays for some seconds"


async def test_the_commands_begin_with_those_of_the_pane_and_have_all_others(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        screen = app.screen
        for keys, first in (((), "go to the files of this layer"), (("tab",), "open or close a folder")):
            await pilot.press(*keys)
            titles = [command.title for command in app.get_system_commands(screen)]
            assert titles[0] == first
            for key in KEYS:
                if key.keys and key.place in screen.PLACES and key.place not in ("list", "filter"):  # type: ignore[attr-defined]
                    assert any(title.endswith(key.help) for title in titles), key
        assert "Layers: show or hide the steps that made no layer" in titles
        await pilot.press("colon")
        await until(pilot, lambda: bool(app.screen.query_one(OptionList).option_count))
        assert "open or close a folder" in str(app.screen.query_one(OptionList).get_option_at_index(0).prompt)


@pytest.mark.parametrize("pane", PANES)
async def test_a_command_of_another_pane_goes_there(open_app: Open, pane: str) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press(*PANES[pane])
        for words, done in (
            ("hide what was added", lambda: files(app).outline.hidden == {Change.ADDED}),  # type: ignore[union-attr]
            ("steps that made no", lambda: layers(app).row_count == 6 and app.focused is layers(app)),
            ("secret", lambda: app.screen.query_one(ContentSwitcher).current == "wasted"),
        ):
            await pilot.press("colon")
            await pilot.press(*(key if key != " " else "space" for key in words))
            await until(pilot, lambda: bool(app.screen.query_one(OptionList).option_count))
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(app.screen, CommandPalette))
            await until(pilot, done)


@pytest.mark.parametrize(
    ("pane", "title"), [("layers", "Layers"), ("files", "Files"), ("details", "Tabs"), ("wasted", "Wasted")]
)
async def test_help_begins_with_the_pane_that_has_the_keys(open_app: Open, pane: str, title: str) -> None:
    app = open_app()
    async with app.run_test(size=(120, 60)) as pilot:
        await settled(pilot)
        await pilot.press(*PANES[pane], "question_mark")
        await pilot.pause()
        assert lines(app, "KeyList")[0].strip() == title
