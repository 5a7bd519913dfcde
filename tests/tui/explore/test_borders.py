"""Panes take more or less of the screen as keys and the mouse say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.geometry import Region
from textual.pilot import Pilot

from layerview.tui.explore.app import LayerviewApp
from layerview.tui.frame.pane import Pane
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.arranged import Panes
from layerview.tui.panes.files import FileTree
from tests.tui.conftest import files, layers, lines, settled

Open = Callable[[], LayerviewApp]


def regions(app: LayerviewApp) -> dict[str, Region]:
    """Where the panes are that are shown."""
    return {str(pane.id).removesuffix("-pane"): pane.region for pane in app.screen.query(Pane) if pane.display}


async def pressed(pilot: Pilot[Any], *keys: str) -> dict[str, Region]:
    """Where the panes are after keys."""
    await pilot.press(*keys)
    await pilot.pause(0.2)
    return regions(pilot.app)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 50)])
async def test_layers_have_their_rows_before_others_have_more(open_app: Open, size: tuple[int, int]) -> None:
    app = open_app()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert len(lines(app, "#layers")) == 1 + layers(app).row_count
        shown = await pressed(pilot, "e")
        assert len(lines(app, "#layers")) == min(
            1 + layers(app).row_count, (size[1] - 2) // 2 - 2 if size[0] < 100 else 99
        )
        assert sum(region.area for region in shown.values()) == app.screen.query_one(Panes).region.area


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (80, 40), (120, 40)])
async def test_z_gives_the_screen_to_the_pane_that_has_the_keys_and_back(open_app: Open, size: tuple[int, int]) -> None:
    app = open_app()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        before = regions(app)
        whole = app.screen.query_one(Panes).region
        assert await pressed(pilot, "z") == {"layers": whole}
        assert await pressed(pilot, "tab") == {"files": whole}
        assert app.focused is files(app)
        assert await pressed(pilot, "2") == {"tabs": whole}
        assert await pressed(pilot, "shift+tab", "shift+tab", "z") == before


async def test_keys_move_the_borders(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        one = regions(app)
        other = await pressed(pilot, "right_curly_bracket", "ctrl+right", "plus", "ctrl+down", "ctrl+down")
        assert other["layers"].size == (one["layers"].width + 4, one["layers"].height + 3)
        assert other["tabs"].size == (one["tabs"].width + 4, one["tabs"].height - 3)
        assert other["files"].width == one["files"].width - 4
        assert await pressed(pilot, "ctrl+left", "left_curly_bracket", "minus", "ctrl+up", "ctrl+up") == one


@pytest.mark.parametrize("key", ["right_curly_bracket", "plus", "z", "2"])
async def test_all_is_laid_out_once_where_panes_are_elsewhere(open_app: Open, key: str) -> None:
    """Twice it takes twice as long: longer than a picture is waited for."""
    app = open_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await settled(pilot)
        await pressed(pilot, "2", "1", "tab")
        laid_out: list[object] = []
        app.screen.screen_layout_refresh_signal.subscribe(app, laid_out.append, immediate=True)
        await pressed(pilot, key)
        assert len(laid_out) == 1


async def test_no_row_is_painted_anew_in_a_pane_that_is_as_wide_as_before(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    async with app.run_test(size=(200, 50)) as pilot:
        await settled(pilot)
        await pressed(pilot, "tab", "z", "z")
        painted, paint = list[int](), FileTree.paint_row

        def noting(self: FileTree, row: int, look: Look) -> Row:
            painted.append(row)
            return paint(self, row, look)

        monkeypatch.setattr(FileTree, "paint_row", noting)
        await pressed(pilot, "z", "z")
        assert painted == []
        await pressed(pilot, "left_curly_bracket")
        assert painted


async def test_borders_stop_where_a_pane_would_be_too_small_to_read(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        shown = await pressed(pilot, *("ctrl+right",) * 60, *("minus",) * 40)
        assert shown["files"].width == 20
        assert shown["layers"].height == 4
        assert (await pressed(pilot, "ctrl+left"))["files"].width == 22


async def test_above_each_other_panes_have_borders_too(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(80, 40)) as pilot:
        await settled(pilot)
        one = regions(app)
        other = await pressed(pilot, "plus", "1", "plus", "plus", "ctrl+right")
        heights = {name: other[name].height - one[name].height for name in one}
        assert heights == {"layers": 1, "files": 1, "tabs": -2}


async def test_the_mouse_drags_borders(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        layers_ = regions(app)["layers"]
        for start, end in (((layers_.right - 1, 5), (69, 5)), ((9, layers_.bottom - 1), (9, 19))):
            await pilot.mouse_down(offset=start)
            await pilot.hover(offset=end)
            await pilot.mouse_up(offset=end)
            await pilot.pause(0.05)
        shown = regions(app)
        assert (shown["layers"].right, shown["layers"].bottom) == (70, 20)
        assert shown["tabs"] == Region(0, 20, 70, 19)
        await pilot.hover(offset=(30, 30))
        assert regions(app) == shown


async def test_a_filter_takes_what_elsewhere_moves_borders(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        one = regions(app)
        assert await pressed(pilot, "slash", "z", "plus", "minus", "left_curly_bracket") == one
        assert files(app).pattern == "z+-{"


async def test_the_next_image_finds_the_panes_as_they_were_left(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        left = await pressed(pilot, "plus", "ctrl+right")
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert regions(app) == left
        await pressed(pilot, "tab", "z")
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert regions(app).keys() == {"layers"}
        assert app.focused is layers(app)
        assert await pressed(pilot, "z") == left
