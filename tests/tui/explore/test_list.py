"""The files as a list, the largest first, and the ways between that and the tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input, Label

from layerview.tui.explore.app import LayerviewApp
from layerview.tui.frame.pane import Pane
from layerview.tui.lists.filter_bar import FilterBar
from tests.archives import docker_archive
from tests.builders import file, layer
from tests.tui.conftest import explored, files, lines, names, said, settled, until

Open = Callable[[], LayerviewApp]


def title(app: LayerviewApp) -> str:
    return str(app.screen.query_one("#files-pane", Pane).border_subtitle)


async def test_a_key_lists_the_largest_files_and_shows_the_tree_again(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", "c", "tab", "t")
        await until(pilot, lambda: files(app).is_whole)
        found = names(app)
        sizes = [files(app).outline.size(node) for node in files(app).outline.rows]  # type: ignore[union-attr]
        assert sizes == sorted(sizes, reverse=True)
        assert len(found) == len(set(found)) > 10
        assert "list by size" in title(app)
        assert "go to file" in said(app) and "fold all" not in said(app) and "tree" in said(app)
        assert lines(app)[1].endswith(found[0])
        await pilot.press("v")
        await until(pilot, lambda: files(app).is_whole)
        changed = [files(app).outline.size(node) for node in files(app).outline.rows]  # type: ignore[union-attr]
        assert list(map(abs, changed)) == sorted(map(abs, changed), reverse=True) != sizes, "by what is shown"
        await pilot.press("s")
        await until(pilot, lambda: files(app).is_whole)
        nodes = list(files(app).outline.rows)  # type: ignore[union-attr]
        assert nodes == sorted(nodes)
        assert {*names(app)} == {*found}
        assert "list by name" in title(app)
        await pilot.press("end", "t")
        assert files(app).node == nodes[-1], "the cursor is on the same path in the tree"
        assert "list" not in title(app)


async def test_enter_goes_to_the_path_in_the_tree_and_escape_back_step_by_step(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", "c", "tab", "down", "t")
        await until(pilot, lambda: files(app).is_whole)
        await pilot.press("down", "down")
        path = names(app)[2]
        await pilot.press("enter")
        assert names(app)[files(app).cursor] == path
        assert not files(app).flat
        await pilot.press("escape")
        await until(pilot, lambda: files(app).is_whole)
        assert files(app).flat
        assert names(app)[files(app).cursor] == path
        await pilot.press("escape")
        assert not files(app).flat
        assert files(app).cursor == 1
        await pilot.press("escape")
        assert app.is_running


async def test_a_stored_file_is_gone_to_in_the_tree_though_the_files_are_a_list(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "t", "T", "enter")
        await settled(pilot)
        assert not files(app).flat
        assert lines(app)[files(app).cursor + 1].split()[-1] in names(app)[files(app).cursor]
        await pilot.press("escape")
        await settled(pilot)
        assert app.focused and app.focused.id == "stored-list"


async def test_the_filter_and_other_layers_hold_for_the_list(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", "c", "tab", "t", "slash", *"png$")
        await until(pilot, lambda: names(app) == ["app/static/logo.png"])
        assert "1 match" in str(app.screen.query_one(FilterBar).query_one("#filter-result", Label).content)
        await pilot.press("enter", "slash", "escape")
        await until(pilot, lambda: len(names(app)) > 3)
        count = len(names(app))
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: files(app).is_whole and len(names(app)) != count)
        assert files(app).flat


async def test_no_two_rows_of_a_list_look_alike(tmp_path: Path) -> None:
    paths = [
        f"opt/{tool}/lib/node_modules/{name}/index.js" for tool in ("one", "two", "ten") for name in ("a", "b" * 60)
    ]
    app = explored(docker_archive(tmp_path / "a.tar", layer(*(file(path, b"x") for path in paths))))
    async with app.run_test(size=(150, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "t")
        await until(pilot, lambda: files(app).is_whole)
        told = [line.split()[-1] for line in lines(app)[1:7]]
        assert len(set(told)) == 6, told
        assert any("…" in name for name in told)


async def test_the_list_grows_beside_the_keys_and_escape_comes_back_to_where_it_was(tmp_path: Path) -> None:
    many = (file(f"d/{number}", b"x" * (number % 700)) for number in range(20_000))
    app = explored(docker_archive(tmp_path / "a.tar", layer(*many)))
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "t")
        assert names(app)[0] == "d/10499", "the first of the largest are there at once"
        await until(pilot, lambda: files(app).is_whole)
        assert len(names(app)) == 20_000
        await pilot.press("end", "up", "up")
        path = names(app)[files(app).cursor]
        await pilot.press("enter")
        assert names(app)[files(app).cursor] == path
        await pilot.press("escape")
        await until(pilot, lambda: files(app).is_whole)
        assert names(app)[files(app).cursor] == path


@pytest.mark.parametrize(("letter", "told"), [("x", "0 matches"), ("(", "not a regular expression"), (".", "matches")])
@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_a_filter_of_a_thousand_characters_stays_in_its_line(
    open_app: Open, size: tuple[int, int], letter: str, told: str
) -> None:
    app = open_app()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("tab", "slash")
        app.screen.query_one("#filter-input", Input).value = letter * 1_000
        result = app.screen.query_one("#filter-result", Label)
        await until(pilot, lambda: told in str(result.content))
        pane = app.screen.query_one("#files-pane", Pane).region
        typed = app.screen.query_one("#filter-input", Input).region
        assert (typed.height, typed.y, typed.right <= result.region.x) == (1, result.region.y, True)
        assert typed.width >= 8
        assert pane.x < typed.x and result.region.right < pane.right
        await pilot.press("enter")
        assert "x" * 100 not in title(app)
