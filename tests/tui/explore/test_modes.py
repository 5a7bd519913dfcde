"""Which two states are compared: a layer's with that below it, with the first one's, or with that of any layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.content import Content

from layerview.trees import Change
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.layers import Mode
from layerview.tui.frame.pane import Pane
from layerview.tui.lists.rows import Look, Row
from layerview.tui.panes.files import FileTree
from layerview.wording.changes import THIS_LAYER, UP_TO_IT
from tests.archives import docker_archive
from tests.builders import file, layer
from tests.tui.conftest import explored, files, layers, lines, names, said, settled

Open = Callable[[], LayerviewApp]


def title(app: LayerviewApp) -> str:
    return Content.from_markup(str(app.screen.query_one("#files-pane", Pane).border_title)).plain


def foot(app: LayerviewApp) -> str:
    return str(app.screen.query_one("#files-pane", Pane).border_subtitle)


def compared(app: LayerviewApp) -> tuple[int, int]:
    comparison = files(app).comparison
    assert comparison
    return comparison.below, comparison.at


@pytest.mark.parametrize("pane", [(), ("tab",), ("1",), ("2",)], ids=["layers", "files", "details", "wasted"])
async def test_what_is_compared_is_chosen_from_any_pane_and_said(open_app: Open, pane: tuple[str, ...]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", *pane)
        focused = app.focused
        for key, told, states in (
            ("c", UP_TO_IT, (1, 4)), ("c", THIS_LAYER, (3, 4)), ("ctrl+a", UP_TO_IT, (1, 4)),
            ("ctrl+a", UP_TO_IT, (1, 4)), ("ctrl+l", THIS_LAYER, (3, 4)),
        ):  # fmt: skip
            await pilot.press(key)
            await pilot.pause()
            assert f"Shown: {told}." in said(app)
            assert title(app).startswith(f"Files at layer 4 · {told}")
            assert (compared(app), app.focused) == (states, focused)


@pytest.mark.parametrize("layer", [1, 2])
async def test_where_another_way_to_compare_changes_nothing_that_is_said(open_app: Open, layer: int) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press(*["down"] * (layer - 1))
        await settled(pilot)
        before = compared(app), names(app)
        await pilot.press("c")
        await pilot.pause()
        assert f"Shown: {UP_TO_IT}, the same at layer {layer}." in said(app)
        assert UP_TO_IT in title(app)
        assert (compared(app), names(app)) == before


async def test_between_any_two_layers_is_two_keys(open_app: Open) -> None:
    """Statement 19."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "f", "end")
        await settled(pilot)
        assert compared(app) == (2, 4)
        assert title(app).startswith("Files at layer 4 · from layer 2 to 4 · f ends")
        comparison = files(app).comparison
        assert comparison
        assert f"{comparison.counts().removed} removed" in foot(app)
        assert [line[0] for line in lines(app, "#layers")[1:5]] == [" ", "●", "▌", "▌"]
        await pilot.press("tab", "n")
        await settled(pilot)
        assert "modified" in "\n".join(lines(app, "#details"))
        assert names(app)[files(app).cursor] == "app/main.py", "whose owner changed with layer 3"


async def test_it_goes_in_either_direction(open_app: Open) -> None:
    """What was added is removed for whoever looks from the later layer."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down", "f", "home")
        await settled(pilot)
        assert compared(app) == (3, 1)
        assert title(app).startswith("Files at layer 1 · from layer 3 to 1 · f ends")
        assert [line[0] for line in lines(app, "#layers")[1:5]] == [" ", "▌", "●", " "]
        comparison = files(app).comparison
        assert comparison
        app_ = comparison.stack.find(b"app")
        assert app_ is not None
        assert comparison.change(app_) == comparison.changes[app_] == Change.REMOVED
        assert lines(app)[1].startswith("−")


async def test_c_goes_through_all_ways_to_compare_and_f_takes_the_mark_away(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "f", "end")
        modes = []
        for _ in range(4):
            await pilot.press("c")
            modes.append(layers(app).mode)
        assert modes == [Mode.LAYER, Mode.ALL, Mode.FROM, Mode.LAYER]
        assert "compared from layer 2" in str(app.screen.query_one("#layers-pane", Pane).border_subtitle)
        await pilot.press("c", "c", "escape")
        assert layers(app).mode is Mode.FROM, "Esc does not take it away"
        await pilot.press("f")
        await settled(pilot)
        assert (layers(app).marked, layers(app).mode, compared(app)) == (None, Mode.LAYER, (3, 4))
        assert "●" not in "\n".join(lines(app, "#layers"))
        await pilot.press("c", "c")
        assert layers(app).mode is Mode.LAYER


async def test_before_the_first_layer_there_is_nothing_to_compare_from(tmp_path: Path) -> None:
    history: list[dict[str, object]] = [{"created_by": "ARG VERSION", "empty_layer": True}, {"created_by": "COPY . /"}]
    app = explored(docker_archive(tmp_path / "steps.tar", layer(file("a", b"a")), history=history))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("e", "home", "f")
        await pilot.pause()
        assert layers(app).marked is None
        assert "There is no layer here to compare from." in said(app)


async def test_how_files_are_sorted_and_what_is_hidden_always_stands_below_them(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert foot(app).startswith("by name · ")
        await pilot.press("tab", "s", "a", "equals_sign")
        await settled(pilot)
        assert foot(app).startswith("by size · hidden: unmodified, added · ")


@pytest.mark.parametrize("key", ["c", "f", "right_square_bracket"])
async def test_what_is_compared_otherwise_is_painted_once(
    key: str, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not once for what it is compared with, and again for what is told of that."""
    app, painted, paint = open_app(), list[int](), FileTree.paint_row

    def noting(self: FileTree, row: int, look: Look) -> Row:
        painted.append(row)
        return paint(self, row, look)

    async with app.run_test(size=(200, 50)) as pilot:
        await settled(pilot)
        await pilot.press("right_square_bracket")
        await pilot.pause(0.2)
        monkeypatch.setattr(FileTree, "paint_row", noting)
        await pilot.press(key)
        await pilot.pause(0.2)
    assert painted and len(painted) == len(set(painted))
