"""Each key of dive is pressed, and docs/keys.md tells of each whether it does here what it does there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.widgets import Input

from layerview.trees import Change
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.layers import Mode
from layerview.tui.wishes import wishes
from tests.tui.conftest import files, layers, lines, names, said, settled

Open = Callable[[], LayerviewApp]

PAGE = Path(__file__).parents[3] / "docs" / "keys.md"
TEXTUAL = {
    "⇥": "tab", "Esc": "escape", "↑": "up", "↓": "down", "→": "right", "←": "left", "PgUp": "pageup", "PgDn": "pagedown",
    "Space": "space", "^Space": "ctrl+@", "^/": "ctrl+underscore",
}  # fmt: skip
"""What Textual calls a key, where that is not seen."""


@dataclass(frozen=True)
class State:
    """What keys of dive change."""

    running: bool
    pane: str = ""
    row: int = 0
    path: str = ""
    rows: tuple[str, ...] = ()
    hidden: frozenset[Change] = frozenset()
    order: str = ""
    attributes: bool = False
    wrapped: bool = False
    mode: Mode = Mode.LAYER
    typing: bool = False
    pattern: str = ""

    @classmethod
    def of(cls, app: LayerviewApp) -> State:
        if not app.is_running:
            return cls(False)
        tree, focused = files(app), app.focused
        assert tree.outline and focused
        shown = tuple(names(app))
        return cls(
            True, focused.id or "", layers(app).cursor if focused.id == "layers" else tree.cursor,
            shown[tree.cursor] if shown else "", shown, frozenset(tree.outline.hidden), str(tree.outline.order),
            any("drwx" in line for line in lines(app)), tree.wrapped, layers(app).mode,
            isinstance(focused, Input), tree.pattern,
        )  # fmt: skip


Told = Callable[[State, State, State], bool]
"""Whether a key does what it does in dive: the state before it, and after it was pressed once and twice."""


def hides(change: Change) -> Told:
    return lambda _, once, twice: once.hidden == {change} and not twice.hidden


IN_DIVE: dict[str, Told] = {
    "end": lambda _, once, twice: not once.running,
    "from the layers to the files, and back": lambda first, once, twice: (
        {first.pane, once.pane} == {"layers", "files"} and twice.pane == first.pane
    ),
    "filter the files": lambda _, once, twice: once.typing,
    "close the filter": lambda first, once, twice: (
        (first.typing, first.pattern) == (True, "li") and (once.typing, once.pattern, once.pane) == (False, "", "files")
    ),
    "up": lambda first, once, twice: once.row == first.row - 1,
    "down": lambda first, once, twice: once.row == first.row + 1,
    "page up": lambda first, once, twice: once.row < first.row - 1 or once.row == 0 < first.row,
    "page down": lambda first, once, twice: once.row > first.row + 1,
    "all changes up to it": lambda _, once, twice: once.mode is twice.mode is Mode.ALL,
    "what this layer changed": lambda _, once, twice: once.mode is twice.mode is Mode.LAYER,
    "open a folder and go into it": lambda first, once, twice: once.path == f"{first.path}/busybox",
    "go to the folder around": lambda first, once, twice: first.path == "usr/lib" and once.path == "usr"
    and once.rows == first.rows,
    "open or close a folder": lambda first, once, twice: first.rows == twice.rows != once.rows,
    "open or close all folders": lambda first, once, twice: (
        first.rows == twice.rows and "usr/lib/libz.so" in once.rows
    ),
    "show or hide what was added": hides(Change.ADDED),
    "show or hide what was removed": hides(Change.REMOVED),
    "show or hide what was modified": hides(Change.MODIFIED),
    "show or hide what is unmodified": hides(Change.UNMODIFIED),
    "show or hide permission and owner": lambda _, once, twice: not once.attributes and twice.attributes,
    "sort by size, or by name": lambda first, once, twice: (first.order, once.order) == ("name", "size"),
    "wrap long rows, or cut them": lambda _, once, twice: once.wrapped and not twice.wrapped,
    "extract the file": lambda _, once, twice: False,
}  # fmt: skip
BEFORE: dict[str, Sequence[str]] = {
    "close the filter": ("ctrl+f", "l", "i"),
    "up": ("down",),
    "page up": ("ctrl+@", "end"),
    "page down": ("ctrl+@",),
    "what this layer changed": ("ctrl+a",),
    "go to the folder around": ("ctrl+@", *("down",) * 10),
}
"""What is pressed before, for the key to show what it does."""


def rows() -> Iterator[tuple[str, str, str, str, str]]:
    """Each key of the table, the pane, and what it does in dive, here, and with dive's keys."""
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `"):
            keys, where, *told = (cell.strip() for cell in line.strip("|").split(" | "))
            for key in re.findall(r"`([^`]+)`", keys):
                for pane in ("layers", "files") if where == "all" else (where,):
                    yield (key, pane, *told)


@pytest.fixture(params=["", "dive"], ids=["here", "with dive's keys"])
def style(request: pytest.FixtureRequest) -> Iterator[str]:
    wishes().keys = request.param
    yield request.param
    wishes.cache_clear()


@pytest.mark.parametrize(("key", "pane", "dive", "here", "styled"), rows())
async def test_a_key_of_dive_does_what_the_page_says(
    open_app: Open, key: str, pane: str, dive: str, here: str, styled: str, style: str
) -> None:
    name = TEXTUAL.get(key, key.replace("^", "ctrl+"))
    app = open_app()
    async with app.run_test(size=(200, 24)) as pilot:
        await settled(pilot)
        if pane != "layers":
            await pilot.press("tab")
        await pilot.press(*BEFORE.get(dive, ()))
        await pilot.pause(0.1)
        states = [State.of(app)]
        for _ in range(2):
            if app.is_running:
                await pilot.press(name)
                await pilot.pause()
            states.append(State.of(app))
        told = styled if style else here
        assert IN_DIVE[dive](*states) is told.startswith("the same"), states
        if told == "not there yet":
            assert "Extracting files is not there yet." in said(app)


def test_the_page_has_every_key_of_dive() -> None:
    """As its own settings and its README name them."""
    assert {(key, pane) for key, pane, *_ in rows()} >= {
        *((key, pane) for key in ["^c", "q", "⇥", "^f", "^/", "↑", "k", "↓", "j", "PgUp", "u", "PgDn", "d"] for pane in ("layers", "files")),
        *(("Esc", "filter"), ("^a", "layers"), ("^l", "layers")),
        *((key, "files") for key in ["→", "l", "←", "h", "Space", "^Space", "^a", "^r", "^m", "^u", "^b", "^o", "^p", "^e"]),
    }  # fmt: skip


async def test_all_panes_can_be_reached_with_keys_of_dive(open_app: Open) -> None:
    wishes().keys = "dive"
    try:
        app = open_app()
        async with app.run_test(size=(120, 24)) as pilot:
            await settled(pilot)
            seen = []
            for _ in range(3):
                await pilot.press("f6")
                seen.append(app.focused and app.focused.id)
            assert seen == ["files", "details", "layers"]
            assert "f6 pane" in said(app)
    finally:
        wishes.cache_clear()
