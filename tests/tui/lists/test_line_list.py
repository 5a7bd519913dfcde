"""Lists of wrapped rows: all that is in them can be read, however long a row is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

import layerview.tui
from layerview.tui.lists.description import Description
from layerview.tui.lists.line import Line
from tests.tui.conftest import lines

SIZE = 40, 10


def words(name: str, count: int) -> Line:
    """A row of words that each fill a line of their own."""
    return Line(name, " ".join(f"{name}-{number:-<20}" for number in range(count)))


class Reader(App[None]):
    """A description and nothing else."""

    CSS_PATH = Path(layerview.tui.__file__).with_name("styles.tcss")

    def __init__(self, *text: Line) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        yield Description("text")

    def on_mount(self) -> None:
        description = self.query_one(Description)
        description.show(self.text)
        description.focus()

    @property
    def cursor(self) -> int:
        return self.query_one(Description).cursor

    @property
    def seen(self) -> list[str]:
        """The words in view."""
        return [line.split()[-1].rstrip("-") for line in lines(self, "#text") if line]


async def scroll(pilot: Pilot[None], event: type[events.MouseScrollDown | events.MouseScrollUp]) -> None:
    """Turn the wheel by one notch."""
    list_ = pilot.app.query_one(Description)
    list_.post_message(event(list_, 3, 3, 0, 0, 0, False, False, False))
    await pilot.pause()


async def read(press: Callable[[], Awaitable[None]], app: Reader) -> list[list[str]]:
    """What is in view after each press, until nothing changes any more."""
    pictures, place = [app.seen], (-1, app.seen)
    while place != (place := (app.cursor, app.seen)):
        assert len(pictures) < 200
        await press()
        pictures.append(app.seen)
    return pictures


@pytest.mark.parametrize("key", ["down", "pagedown", "wheel"])
@pytest.mark.parametrize("counts", [(35,), (1, 35, 1, 30), (1,) * 9 + (5,) * 9, (3, 1, 12, 40, 1, 1)])
async def test_all_of_a_wrapped_text_is_seen_on_the_way_down_and_up(key: str, counts: tuple[int, ...]) -> None:
    """With no line left out between two pictures."""
    text = [words(f"r{number}", count) for number, count in enumerate(counts)]
    all_lines = [f"r{number}-{line}" for number, count in enumerate(counts) for line in range(count)]
    app = Reader(*text)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()

        async def go(key: str, event: type[events.MouseScrollDown | events.MouseScrollUp]) -> None:
            await (scroll(pilot, event) if key == "wheel" else pilot.press(key))

        pictures = await read(lambda: go(key, events.MouseScrollDown), app)
        assert pictures[0] == all_lines[:10]
        assert pictures[-1] == all_lines[-10:]
        for before, after in pairwise(pictures):
            assert all_lines.index(after[0]) <= all_lines.index(before[-1]) + 1
        if key != "wheel":
            assert app.cursor == len(counts) - 1
        up = {"down": "up", "pagedown": "pageup"}.get(key, key)
        pictures = await read(lambda: go(up, events.MouseScrollUp), app)
        assert pictures[-1] == all_lines[:10]


async def test_first_and_last_go_to_the_ends_of_a_wrapped_text() -> None:
    app = Reader(words("one", 30), words("two", 30))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("end")
        assert (app.cursor, app.seen[-1]) == (1, "two-29")
        await pilot.press("home")
        assert (app.cursor, app.seen[0]) == (0, "one-0")


async def test_the_scroll_bar_tells_of_lines_beyond_the_edge_and_is_dragged_to_them() -> None:
    app = Reader(words("one", 1), words("two", 30))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        description = app.query_one(Description)

        def thumb() -> list[int]:
            strips = description.render_lines(description.size.region)
            return [line for line, strip in enumerate(strips) if strip.text.endswith("▐")]

        assert thumb()[0] == 0
        await pilot.press("pagedown")
        assert 0 < thumb()[0] <= thumb()[-1] < 9
        await pilot.mouse_down("#text", offset=(39, 9))
        await pilot.mouse_up("#text", offset=(39, 9))
        assert app.seen[-1] == "two-29"
        assert thumb()[-1] == 9
        description.show([words("one", 9)])
        assert thumb() == []


async def test_another_width_shows_a_row_from_its_beginning() -> None:
    app = Reader(words("one", 30), words("two", 30))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("down", "down")
        assert app.seen[0] == "one-2"
        await pilot.resize_terminal(44, 10)
        assert app.seen[0] == "one-0"
        await pilot.press("down", "w")
        assert len(app.seen) == 2


async def test_an_empty_list_takes_all_keys() -> None:
    app = Reader()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("down", "up", "pagedown", "pageup", "end", "home", "w", "down", "pagedown", "end")
        await scroll(pilot, events.MouseScrollDown)
        assert app.cursor == 0


@pytest.mark.parametrize("width", [18, 24, 40])
async def test_the_rest_of_a_value_is_below_its_beginning_however_narrow_the_pane(width: int) -> None:
    app = Reader(Line("instruction", "RUN " + "word " * 20), Line("diffID", "sha256:" + "0" * 64))
    async with app.run_test(size=(width, 60)) as pilot:
        await pilot.pause()
        for line in filter(None, lines(app, "#text")):
            assert line[:13].strip() in ("", "instruction", "diffID")
