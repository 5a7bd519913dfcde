"""The list of files: which bytes stand beside each path, and that nothing touches whatever the paths are."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import msgspec
import pytest
from textual.app import ComposeResult

from layerview.filesystem import Comparison, Stack, merge
from layerview.layers import Kind
from layerview.text import columns, escape, size
from layerview.trees import SortOrder
from layerview.tui.base import BaseApp
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.panes.files import FileTree
from tests.archives import docker_archive
from tests.builders import Entry, file, hardlink, index, layer
from tests.terminal import LAYERVIEW, Terminal
from tests.tui.conftest import explored, files, lines, names, settled, until

Open = Callable[[], LayerviewApp]


def figures(app: LayerviewApp, name: str) -> list[str]:
    """The sizes in the row of a path."""
    row = next(line for line in lines(app) if line.endswith(name))
    return re.findall(r"[+−]?[\d.]+ [kMGTPE]?B|…", row)


@pytest.mark.parametrize("size", [(120, 40), (200, 50)])
async def test_beside_what_a_layer_changed_stands_what_it_stores(open_app: Open, size: tuple[int, int]) -> None:
    """Statement 52. A layer that stores 3 bytes stores no more below any folder."""
    app = open_app()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "stored" in lines(app)[0])
        assert lines(app)[0].split()[-3:] == ["size", "stored", "name▾"]
        assert figures(app, "▸ usr") == ["900 kB", "3 B"]
        assert figures(app, "▸ etc") == ["720 B", "0 B"], "from which the layer removes something"
        assert figures(app, "▸ app") == ["408 kB"], "with which the layer has nothing to do"


async def test_beside_all_changes_and_beyond_stands_the_difference(open_app: Open) -> None:
    """Statement 52."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", "ctrl+a")
        await until(pilot, lambda: "differs" in lines(app)[0])
        assert figures(app, "▸ usr") == ["900 kB", "−216 kB"]
        assert figures(app, "▸ app") == ["408 kB", "+408 kB"]
        await pilot.press("tab", "s")
        assert names(app)[:3] == ["app", "usr", "etc"], "the most comes first, be it more or less"
        await pilot.press("shift+tab", "home", "down")
        await pilot.pause()
        assert "differs" in lines(app)[0], "also where these are what a single layer changed"
        await pilot.press("ctrl+l")
        await pilot.pause()
        assert "stored" in lines(app)[0]


async def test_v_goes_on_to_what_the_size_is_and_sorting_goes_by_what_is_shown(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down", "tab", "s")
        assert lines(app)[0].split() == ["size", "stored▾", "name"]
        assert names(app) == ["app", "etc", "bin", "usr", "var"]
        await pilot.press("v")
        assert lines(app)[0].split() == ["stored", "size▾", "name"]
        assert names(app) == ["bin", "usr", "app", "etc", "var"]
        await pilot.press("v")
        assert lines(app)[0].split() == ["size", "differs▾", "name"]
        await pilot.press("v")
        assert lines(app)[0].split() == ["size", "stored▾", "name"]


async def test_what_was_asked_for_stays_from_layer_to_layer(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "v", "v", "right_square_bracket")
        await pilot.pause()
        assert "differs" in lines(app)[0]


async def test_what_matches_is_counted_as_it_is_shown(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "slash", *"png$|busybox")
        told = app.screen.query_one("#filter-result")
        await until(pilot, lambda: "400 kB stored" in str(told.render()))
        assert "matched" in lines(app)[0]
        assert figures(app, "▾ app/static") == ["400 kB", "400 kB"]
        assert figures(app, "▾ bin") == ["1.2 MB"]


async def test_a_click_on_a_head_sorts_by_what_is_below_it(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for head, order, marked in (
            ("stored", SortOrder.SIZE, "stored▾"),
            ("name", SortOrder.NAME, "name▾"),
            ("size", SortOrder.SIZE, "size▾"),
        ):
            await pilot.click("#files", offset=(lines(app)[0].index(head) + 1, 0))
            tree = files(app)
            assert tree.outline and tree.outline.order is order
            assert marked in lines(app)[0].split()
        await pilot.click("#files", offset=(0, 0))
        assert tree.outline and tree.outline.order is SortOrder.CHANGES
        assert lines(app)[0].startswith("▾")


async def test_columns_give_way_where_the_border_beside_the_files_is_moved(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(200, 40)) as pilot:
        await settled(pilot)
        heads = list[str]()
        await pilot.press("tab")
        while not heads or heads[-1] != "stored":
            await pilot.press("right_curly_bracket")
            head = lines(app)[0]
            assert files(app).inner_width - head.index("name") >= 26
            if (told := " ".join(head.split()[:-1])) not in heads:
                heads.append(told)
        assert heads == ["permission owner size stored", "owner size stored", "size stored", "stored"]


async def test_many_files_of_several_names_are_looked_at_beside_the_keys(tmp_path: Path) -> None:
    """Until they are, no figure stands for what is not known."""
    many = [entry for n in range(3_000) for entry in (file(f"a/{n}", b"12"), hardlink(f"b/{n}", f"a/{n}"))]
    app = explored(docker_archive(tmp_path / "many.tar", layer(*many)))
    seen = set[str]()
    async with app.run_test(size=(120, 40)) as pilot:

        def is_told() -> bool:
            seen.add(" ".join(figures(app, "▸ b")))
            return "6.0 kB 6.0 kB" in seen

        await until(pilot, is_told)
    assert seen == {"6.0 kB …", "6.0 kB 6.0 kB"}


# Bad input

PETABYTE = 10**15
NAMES: dict[str, str | bytes] = {
    "240 characters": "n" * 240,
    "wide": "日本語" * 26 + ".txt",
    "combining": "e\u0301" * 80,
    "right to left": "שלום" * 20,
    "turned around": "a\u202etxt.exe\u2066\u200f",
    "not UTF-8": b"\xff\xfe" * 40,
    "escape sequence": "\x1b[2J\x1b[31m" * 9,
    "line break": "one\ntwo\r\tthree",
    "blanks": "   a  name   with blanks" * 9,
}
SIZES = (0, 1, 999, 999_950, 10 * PETABYTE - 1, 999_960_000_000_000_000)
OWNERS = ((0, 0), (1000, 1000), (65_534, 65_534), (2**32 - 1, 2**32 - 2))


class Alone(BaseApp[None]):
    """A list of files that takes all of the screen."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__()
        self.list = FileTree("files")
        self._comparison = comparison

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.show(self._comparison)


def odd_files(name: str | bytes) -> Stack:
    """Files of every size and owner, all called the same, in folders below each other."""
    entries = list[Entry]()
    for number, (_, owner) in enumerate(product(SIZES, OWNERS)):
        folder = "/".join(str(number) for number in range(number % 4))
        path = [f"{folder}/{number} ".encode(), name.encode() if isinstance(name, str) else name]
        entries.append(replace(file(b"".join(path)), uid=owner[0], gid=owner[1], mode=0o4755))
    odd = index(*entries)
    sizes = array("q", [SIZES[number // len(OWNERS)] for number in range(len(entries))])
    indexes = {1: msgspec.structs.replace(odd, size=memoryview(sizes))}
    return Stack(merge(1, indexes, lambda layer, row: row), indexes)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
@pytest.mark.parametrize("width", [30, 58, 60, 78, 88, 198])
async def test_whatever_files_are_called_nothing_touches_and_no_figure_is_cut(name: str | bytes, width: int) -> None:
    comparison = Comparison(odd_files(name), 0, 1)
    app = Alone(comparison)
    async with app.run_test(size=(width, 60)) as pilot:
        await pilot.press("ctrl+@")
        await pilot.pause(0.05)  # the column of owners is as wide as the widest by then
        head, *rows = lines(app)
        outline = app.list.outline
        assert outline and len(outline.rows) > len(SIZES) * len(OWNERS)
        for node_, row in zip(outline.rows, rows, strict=False):
            entry = comparison.entry(node_)
            assert entry and columns(row) <= width - 1
            figures = ["-rwsr-xr-x" if entry.kind is Kind.FILE else "drwxr-xr-x"] * ("permission" in head)
            figures += [f"{entry.uid}:{entry.gid}"] * ("owner" in head)
            figures += size(comparison.size(node_)).split() * (1 + (" size " in head))
            words = [word for word in row[1:].split() if not set(word) <= set("▏▎▍▌▋▊▉█")]
            assert words[: len(figures)] == figures, row
            shown = escape(comparison.stack.name(node_))
            at = row.index(shown[:2], len(head.partition("name")[0]))
            told = row[at:].removesuffix("…").rstrip()
            assert told == shown[: len(told)]
            assert columns(row[at:]) >= min(columns(shown), 8)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_no_name_moves_the_frame(name: str | bytes, tmp_path: Path) -> None:
    """In a terminal of 80 columns, cut and wrapped."""
    paths = [name, b"folder/" + (name.encode() if isinstance(name, str) else name)]
    archive = docker_archive(tmp_path / "odd.tar", layer(*(file(path, b"12", uid=2**32 - 1) for path in paths)))
    with Terminal(*LAYERVIEW, str(archive)) as terminal:
        terminal.shows("stored")
        for keys in (b"\t\x00", b"w"):
            terminal.press(keys)
            terminal.rests()
            for line in terminal.cells[1:-1]:
                assert line[0].data in "│╭╰" and line[-1].data in "│╮╯", terminal.screen


@pytest.mark.parametrize("width", [20, 30, 80])
async def test_what_stands_in_place_of_files_is_whole_at_any_width(width: int) -> None:
    told = "The engine is preparing an export of the image.\nIt packs all of it before it sends a byte:\nof a large image …"
    app = Alone(Comparison(odd_files("a"), 0, 1))
    async with app.run_test(size=(width, 20)) as pilot:
        app.list.show_message(told)
        await pilot.pause()
        _, *shown = lines(app)
        assert " ".join(" ".join(shown).split()) == " ".join(told.split())
        assert all(columns(line) <= width - 3 for line in shown)
