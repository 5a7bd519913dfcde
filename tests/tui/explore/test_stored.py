"""All files that layers store: the largest first, filtered, and the way to a file and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Label

from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.layers import Mode
from layerview.tui.explore.screen import Heard
from layerview.tui.explore.stored import StoredList
from layerview.tui.frame.pane import Pane
from layerview.tui.lists.filter_bar import FilterBar
from tests.archives import docker_archive
from tests.builders import file, layer, whiteout
from tests.tui.conftest import all_of, explored, files, layers, lines, names, settled, until

Open = Callable[[], LayerviewApp]

LAYERS = (
    (file("a/first", b"1" * 500), file("a/second", b"2" * 40)),
    (file("a/first", b"3" * 600), whiteout("a/second"), file("b/third", b"4" * 550)),
)


def stored(app: LayerviewApp) -> list[list[str]]:
    """The cells of the rows."""
    return [cells for line in lines(app, "#stored-list")[1:] if (cells := line.split())]


async def shown(pilot: Pilot[Any], app: LayerviewApp) -> None:
    await settled(pilot)
    await pilot.press("T")
    await until(pilot, lambda: app.screen.query_one(StoredList).row_count > 0)
    await pilot.pause(0.1)


async def test_each_file_of_each_layer_is_listed_with_what_hides_it(tmp_path: Path) -> None:
    app = explored(docker_archive(tmp_path / "a.tar", *(layer(*entries) for entries in LAYERS)))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        assert stored(app) == [
            ["600", "B", "2", "a/first"],
            ["550", "B", "2", "b/third"],
            ["−", "500", "B", "1", "2", "a/first"],
            ["−", "40", "B", "1", "2", "a/second"],
        ]
        assert str(app.screen.query_one("#tabs-pane", Pane).border_subtitle) == "1.7 kB in 4 files that layers store"


async def test_a_filter_takes_an_expression_and_words_and_says_what_is_not_for_here(tmp_path: Path) -> None:
    app = explored(docker_archive(tmp_path / "a.tar", *(layer(*entries) for entries in LAYERS)))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        bar = app.screen.query_one(StoredList).parent.query_one(FilterBar)  # type: ignore[union-attr]

        def said() -> str:
            return str(bar.query_one("#filter-result", Label).content)

        await pilot.press("slash", *"first size>550 layer:2")
        await until(pilot, lambda: stored(app) == [["600", "B", "2", "a/first"]])
        assert said() == "1 match, 600 B"
        await pilot.press("escape", "slash", *"owner:0")
        await until(pilot, lambda: "owner is not for what layers store" in said())
        assert len(stored(app)) == 4


async def test_enter_leads_to_a_file_at_the_layer_that_stores_it_and_escape_back(tmp_path: Path) -> None:
    app = explored(docker_archive(tmp_path / "a.tar", *(layer(*entries) for entries in LAYERS)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end")
        await shown(pilot, app)
        await pilot.press("end", "enter")
        await settled(pilot)
        assert (layers(app).number, app.focused) == (1, files(app))
        assert names(app)[files(app).cursor] == "a/second"
        await pilot.press("escape")
        await settled(pilot)
        assert app.focused and app.focused.id == "stored-list"
        assert (layers(app).number, layers(app).mode) == (2, Mode.LAYER)
        assert app.screen.query_one(StoredList).cursor == 3


async def test_while_layers_are_read_the_cursor_stays_in_its_row(tmp_path: Path) -> None:
    archive = docker_archive(tmp_path / "a.tar", *(layer(*entries) for entries in LAYERS))
    app = explored(archive, all_of(archive)[1])
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        await pilot.press("down", "down")
        app.screen.post_message(Heard(all_of(archive)[1]))
        await pilot.pause(0.3)
        assert app.screen.query_one(StoredList).cursor == 2
