"""Esc undoes one step, whatever that was; q ends the image; neither asks, and neither moves the keys to another pane."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from layerview.errors import LayerviewError
from layerview.sources import Alternative
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.screen import ExploreScreen
from layerview.tui.explore.wasted import WastedList
from layerview.tui.frame.keys import KeysScreen
from layerview.tui.lists.filter_bar import FilterBar
from layerview.tui.pick.screen import PickScreen
from tests.tui.conftest import files, layers, said, settled, until

Open = Callable[[], LayerviewApp]
Driven = Pilot[LayerviewError | Alternative]

NOTHING = "Nothing to go back from; q quits."
PANES = {"layers": (), "files": ("tab",), "details": ("1",), "wasted": ("2",), "image": ("3",)}


def state(app: LayerviewApp) -> dict[str, object]:
    """What Esc could undo, and where the keys are."""
    screen = app.screen_stack[1]
    assert isinstance(screen, ExploreScreen)
    return {
        "over it": type(app.screen).__name__ if app.screen is not screen else "",
        "files filter": files(app).pattern if app.screen is screen else "",
        "bars": sum(bar.display for bar in screen.query(FilterBar)),
        "zoomed": screen.has_class("-zoomed"),
        "pane": screen.focused.id if screen.focused else "",
        "layer": layers(app).number if app.screen is screen else 0,
        "running": app.is_running,
    }


async def undone_one_by_one(pilot: Driven, *ways: tuple[str, ...]) -> None:
    """Go these ways, the last one last, and see each Esc lead back to where the one before it had led to."""
    app = pilot.app
    assert isinstance(app, LayerviewApp)
    seen = []
    for keys in ways:
        seen.append(state(app))
        await pilot.press(*keys)
        await settled(pilot)
        assert state(app) != seen[-1], f"{keys} change something"
    for before in reversed(seen):
        assert NOTHING not in said(app) if app.screen is app.screen_stack[1] else True
        await pilot.press("escape")
        await settled(pilot)
        assert state(app) == before
    await pilot.press("escape")
    await pilot.pause()
    assert state(app) == seen[0]
    assert NOTHING in said(app)


@pytest.mark.parametrize("pane", PANES)
@pytest.mark.parametrize(
    "ways",
    [
        pytest.param((("slash", *"a"),), id="a filter that is typed"),
        pytest.param((("z",), ("slash", *"o", "enter")), id="zoom, then a filter"),
        pytest.param((("z",), ("question_mark",)), id="zoom, then help"),
        pytest.param((("z",), ("colon",)), id="zoom, then commands"),
    ],
)
async def test_escape_undoes_one_step_in_each_pane(
    open_app: Open, pane: str, ways: tuple[tuple[str, ...], ...]
) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press(*PANES[pane])
        await settled(pilot)
        if ways[-1][-1] == "enter":  # which leads to what is filtered
            await pilot.press("slash", "enter", "escape")
        await undone_one_by_one(pilot, *ways)


async def test_a_filter_that_is_kept_is_undone_from_any_pane_and_the_keys_stay_there(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"lib", "enter", "1")
        await settled(pilot)
        assert "Esc" in said(app) and "close filter" in said(app)
        await pilot.press("escape")
        await settled(pilot)
        assert (files(app).pattern, app.focused and app.focused.id) == ("", "details")
        assert "close filter" not in said(app)


async def test_of_two_filters_that_of_the_pane_goes_first(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "slash", *"logo", "enter", "2", "slash", *"main", "enter")
        await settled(pilot)
        wasted = app.screen.query_one(WastedList)
        await pilot.press("escape")
        await settled(pilot)
        assert (wasted.pattern, files(app).pattern) == ("", "logo")
        await pilot.press("slash", *"main", "enter", "1")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert (wasted.pattern, files(app).pattern) == ("main", ""), "what is not in view stays as it is"


async def test_the_way_back_from_a_wasted_file_is_one_step_among_others(open_app: Open) -> None:
    """Zoomed before, and filtered afterwards."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("2")
        wasted = app.screen.query_one(WastedList)
        await until(pilot, lambda: wasted.outline is not None)
        await pilot.press("ctrl+@", "end")
        await settled(pilot)
        assert wasted.place
        await undone_one_by_one(pilot, ("z",), ("enter",), ("slash", *"s", "enter"))


@pytest.mark.parametrize("pane", PANES)
async def test_what_was_chosen_from_a_list_is_left_by_the_last_step(open_app: Open, pane: str) -> None:
    app = open_app()
    app.chosen = True
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press(*PANES[pane], "z")
        await settled(pilot)
        assert "list" in said(app)
        await pilot.press("escape")
        assert app.is_running
        await pilot.press("escape")
        await until(pilot, lambda: not app.is_running)
    assert (app.goes_back, app.return_code) == (True, 0)


@pytest.mark.parametrize("chosen", [True, False])
@pytest.mark.parametrize("before", [(), ("z",), ("slash", "a", "enter"), ("2",)])
async def test_q_ends_the_image_at_once_and_asks_nothing(open_app: Open, before: tuple[str, ...], chosen: bool) -> None:
    app = open_app()
    app.chosen = chosen
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press(*before, "q")
        await until(pilot, lambda: not app.is_running)
    assert (app.goes_back, app.return_code) == (chosen, 0)


async def test_what_lies_over_the_screen_is_all_that_escape_closes(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for key, kind in (("question_mark", KeysScreen), ("colon", CommandPalette)):
            await pilot.press(key)
            assert isinstance(app.screen, kind)
            await pilot.press("escape")
            await pilot.pause()
            assert not isinstance(app.screen, kind)
            assert not isinstance(app.screen, PickScreen)


async def test_closing_a_filter_gives_the_keys_back_to_who_had_them(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "slash", *"app", "escape")
        await settled(pilot)
        assert app.focused is layers(app)


async def test_the_layer_under_the_cursor_is_not_left_by_escape(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down", "escape", "escape", "escape")
        await settled(pilot)
        assert (layers(app).number, app.is_running) == (3, True)
        assert NOTHING in said(app)
        await pilot.press("down")
        assert NOTHING not in said(app), "what is said goes with the next key"


async def test_while_a_filter_is_typed_signs_are_signs(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash", "slash", "a", "minus", "plus", "left_curly_bracket", "equals_sign", "colon")
        await pilot.pause(0.2)
        assert app.screen.query_one("#filter-input", Input).value == "/a-+{=:"
        assert "/ filter" not in said(app) and "close filter" in said(app)
