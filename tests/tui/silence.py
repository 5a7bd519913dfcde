"""Whether keys that are pressed do something, or say why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from layerview.tui.base import BaseScreen
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.pane import Pane
from layerview.tui.keymap import KEYS
from tests.tui.conftest import lines


def keys_of(screen: type[BaseScreen], *but: str) -> Sequence[str]:
    """Of each thing that can be asked for there the first key, but for what moves in a list or ends the program; and others."""
    known = [key for key in KEYS if key.keys and key.place in screen.PLACES]
    asked = {key.keys.split(",")[0] for key in known if key.place not in ("list", "filter", "name")}
    return sorted(asked - {"q", "escape", "ctrl+z", *but} | {"percent_sign", "f9", "X"})


def seen(app: App[Any]) -> object:
    """All that keys may change."""
    screen = app.screen
    lists = [tuple(lines(app, f"#{each.id}")) for each in screen.query("LineList") if each.id and each.size]
    panes = [(pane.border_title, pane.border_subtitle, pane.region) for pane in screen.query(Pane)]
    heads = [str(each.render()) for each in screen.query("HeadLine")]
    return type(screen), lists, panes, heads, app.focused and app.focused.id, app.clipboard


async def assert_none_is_silent(pilot: Pilot[Any], keys: Sequence[str], begin: Callable[[], object]) -> None:
    """Press each key, with the keys where they were to begin with."""
    app = pilot.app
    home, line = app.screen, app.screen.query_one(KeyLine)
    for key in keys:
        begin()
        await pilot.pause(0.1)
        line.say("")
        before = seen(app)
        await pilot.press(key)
        await pilot.pause(0.1)
        assert line._said or seen(app) != before, key
        while app.screen is not home or isinstance(app.focused, Input):
            await pilot.press("escape")
            await pilot.pause()
