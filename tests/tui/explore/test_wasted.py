"""What is wasted: as a tree, filtered, and the way to a file and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Label

from layerview.analysis import WasteTree, first_folds
from layerview.analysis.waste_folds import FirstFolds
from layerview.errors import DamagedError
from layerview.exploration import Aborted
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.layers import Mode
from layerview.tui.explore.wasted import WastedList
from layerview.tui.frame.pane import Pane
from layerview.tui.lists.filter_bar import FilterBar
from tests.archives import docker_archive
from tests.builders import directory, file, layer, whiteout
from tests.tui.conftest import explored, files, layers, lines, names, settled, until

Open = Callable[[], LayerviewApp]


def wasted(app: LayerviewApp) -> WastedList:
    return app.screen.query_one(WastedList)


def rows(app: LayerviewApp) -> list[str]:
    """The visible paths below their groups, which are given by their layers."""
    outline = wasted(app).outline
    assert outline
    tree, found = outline.outlined, []
    for node in outline.rows:
        group = tree.groups.get(node)
        found.append(f"{group.stored_by} → {group.hidden_by}" if group else tree.plain_path(node).decode("latin-1"))
    return found


async def shown(pilot: Pilot[Any], app: LayerviewApp) -> None:
    """Show what is wasted."""
    await settled(pilot)
    await pilot.press("2")
    await until(pilot, lambda: wasted(app).outline is not None)
    await pilot.pause()


async def test_what_is_wasted_is_told_by_groups_with_both_instructions_and_what_helps(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        await shown(pilot, app)
        seen = lines(app, "#wasted-list")
        assert seen[1].split() == ["408", "kB", "65", "%", "4", "▾", "metadata", "only:", "COPY", "--chown,", "--chmod"]
        assert "stored by 2  COPY . /app" in seen[2]
        assert "hidden by 3  RUN chown -R 1000:1000 /app" in seen[3]
        assert rows(app)[:2] == ["2 → 3", "app"]


@pytest.mark.parametrize("pattern", ["bin", "nothing"])
async def test_enter_leads_to_a_wasted_file_and_escape_back(open_app: Open, pattern: str) -> None:
    """To the layer that stores it, even where a filter, of all else or of all there is, and hidden changes are in the way."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", "c", "tab", "a", "slash", *pattern, "enter")
        await shown(pilot, app)
        await pilot.press("slash", *"logo", "enter", "end")
        cursor, before = wasted(app).cursor, rows(app)
        assert before[cursor] == "app/static/logo.png"
        await pilot.press("enter")
        await settled(pilot)
        assert layers(app).number == 2
        assert names(app)[files(app).cursor] == "app/static/logo.png"
        assert app.focused is files(app)
        assert not files(app).pattern, "it says nothing of a filter that is not there any more"
        await pilot.press("escape")
        await settled(pilot)
        assert app.focused and app.focused.id == "wasted-list"
        assert (layers(app).number, layers(app).mode) == (4, Mode.ALL)
        assert (wasted(app).cursor, rows(app)) == (cursor, before)
        await pilot.press("1", "shift+tab", "escape")
        assert (app.is_running, layers(app).number) == (True, 4), "there is one way back, and no other"


async def test_enter_space_and_arrows_open_and_close_groups_and_folders(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        await pilot.press("ctrl+@", "ctrl+@")
        groups = rows(app)
        assert groups == ["2 → 3", "1 → 4", "1 → 4", "1 → 3"] or all("→" in row for row in groups)
        for opening, closing in (("enter", "enter"), ("space", "space"), ("right", "left"), ("l", "h")):
            await pilot.press(opening)
            assert rows(app)[:2] == [groups[0], "app"]
            await pilot.press(closing)
            assert rows(app) == groups
        await pilot.press("right", "right", "right", "right", "backspace", "backspace")
        assert wasted(app).cursor == 0


async def test_a_filter_of_what_is_wasted_leaves_the_files_as_they_are(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        await pilot.press("slash", *"^/app/.*png$")
        await until(pilot, lambda: rows(app) == ["2 → 3", "app/static", "app/static/logo.png"])
        bar = wasted(app).parent.query_one(FilterBar)  # type: ignore[union-attr]
        assert "1 match" in str(bar.query_one("#filter-result", Label).content)
        assert names(app) == ["bin", "etc", "usr", "var"]
        await pilot.press("escape")
        await until(pilot, lambda: len(rows(app)) > 3)
        assert app.focused is wasted(app)
        await pilot.press("slash", *"no such path", "enter")
        assert "Nothing matches the filter." in lines(app, "#wasted-list")[2]


async def test_the_largest_stand_first_or_all_by_name(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        await pilot.press("ctrl+@")
        sizes = rows(app)
        await pilot.press("s")
        assert rows(app) != sizes and sorted(rows(app)) == sorted(sizes)
        await pilot.press("s")
        assert rows(app) == sizes


async def test_removed_files_that_look_like_secrets_stand_out_and_n_leads_to_them(tmp_path: Path) -> None:
    first = [file("root/.ssh/id_rsa", b"key"), *(file(f"usr/lib/{n}", b"x" * 1000) for n in range(99))]
    archive = docker_archive(tmp_path / "a.tar", layer(*first), layer(whiteout("root"), whiteout("usr")))
    app = explored(archive)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        assert "! 1 looks like a secret" in str(app.screen.query_one("#tabs-pane", Pane).border_subtitle)
        assert lines(app, "#wasted-list")[1].startswith("!")
        await pilot.press("n")
        assert rows(app)[wasted(app).cursor] == "root/.ssh/id_rsa"
        row = next(line for line in lines(app, "#wasted-list") if "id_rsa" in line)
        assert row.startswith("!") and "secret?" in row


async def test_paths_that_are_cut_do_not_look_the_same(tmp_path: Path) -> None:
    kinds = [f"@typescript/typescript-{system}-x64-{n}" for system in ("linux", "darwin", "win32") for n in range(2)]
    paths = [f"app/node_modules/{kind}/lib/typescript/lib/tsc.js" for kind in kinds]
    archive = docker_archive(
        tmp_path / "a.tar", layer(directory("app"), *(file(path, b"x") for path in paths)), layer(whiteout("app"))
    )
    app = explored(archive)
    async with app.run_test(size=(60, 80)) as pilot:
        await shown(pilot, app)
        told = [line[21:] for line in lines(app, "#wasted-list") if "…" in line and "by" not in line]
        assert len(told) == len({*told}) == 6


async def test_why_there_is_nothing_is_said(tmp_path: Path) -> None:
    app = explored(docker_archive(tmp_path / "a.tar", layer(file("a", b"a"))))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app)
        assert "No wasted bytes" in lines(app, "#wasted-list")[2]
    failing = explored(docker_archive(tmp_path / "b.tar", layer(file("a", b"a"))), Aborted(DamagedError("cut off")))
    async with failing.run_test(size=(120, 40)) as pilot:
        await shown(pilot, failing)


@pytest.mark.parametrize(("height", "explained"), [(24, 0.9), (30, 0.9), (60, 0.9)])
async def test_the_first_screen_explains_nine_tenths_of_the_bytes(
    tmp_path: Path, height: int, explained: float
) -> None:
    """With closed groups in a line where three for each would be too many; opened, they tell all."""
    made = [layer(*(file(f"{n}/{name}", b"x" * (60 - n)) for name in "ab")) for n in range(7)]
    removed = [layer(whiteout(f"{n}")) for n in range(7)]
    app = explored(docker_archive(tmp_path / "a.tar", *made, *removed))
    async with app.run_test(size=(80, height)) as pilot:
        await shown(pilot, app)
        told = {line[:19] for line in lines(app, "#wasted-list") if "removed:" in line}
        assert sum(int(line.split()[2]) for line in told) >= 100 * explained
        if height == 24:
            assert any("removed: 2 " in line and "→ 9 " in line for line in lines(app, "#wasted-list"))
        await pilot.press("ctrl+@")
        seen = lines(app, "#wasted-list")
        assert "stored by" in seen[2]
        assert "hidden by" in seen[3]


async def test_pages_pass_no_row_of_groups_that_take_several_lines(tmp_path: Path) -> None:
    files_ = [layer(file(f"{number}", b"x" * (100 - number)), whiteout(f"{number - 1}")) for number in range(30)]
    app = explored(docker_archive(tmp_path / "a.tar", *files_))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app)
        await pilot.press("ctrl+@", "home")
        seen = {line.strip() for line in lines(app, "#wasted-list") if "hidden by" in line}
        for _ in range(20):
            await pilot.press("pagedown")
            seen |= {line.strip() for line in lines(app, "#wasted-list") if "hidden by" in line}
        assert len(seen) == 29
        assert wasted(app).cursor == wasted(app).row_count - 1


async def test_what_is_only_shown_again_is_not_folded_anew(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes a quarter of what the key does."""
    app, folded = open_app(), list[int]()

    def noting(tree: WasteTree, lines: int, closed: int, opened: int) -> FirstFolds:
        folded.append(lines)
        return first_folds(tree, lines, closed, opened)

    async with app.run_test(size=(140, 40)) as pilot:
        await shown(pilot, app)
        monkeypatch.setattr("layerview.tui.explore.wasted.first_folds", noting)
        await pilot.press("1", "2")
        await pilot.pause(0.2)
        assert folded == []
        await pilot.resize_terminal(140, 44)
        await until(pilot, lambda: bool(folded))
