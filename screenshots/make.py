"""Takes the pictures of README.md, from the sample image and a sample list: ``make screenshots``."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from layerview.demo import write_demo
from layerview.exploration import Aborted, Exploration, ExplorationEvent, Finished
from layerview.inquiry import Inquiry, InquiryEvent
from layerview.sources import open_source
from layerview.tui.choose.app import ChooseApp
from layerview.tui.choose.catalog import Catalog
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.inbox import Inbox
from screenshots import at_hand

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Picture:
    """A screen of the explorer, and the keys that lead to it."""

    name: str
    keys: str
    columns: int = 120
    rows: int = 36


_PICTURES = (
    Picture("explore", "] ] ] ] ] ] ] 2", rows=40),
    Picture("history", "] ] ] ] ] ] ] tab = right right down right right down"),
    Picture("filter", "] ] ] ] ] ] ] ] c / \\ . ( j s | c s s ) $", rows=30),
)


async def _take(picture: Picture, archive: Path) -> None:
    inbox = Inbox[ExplorationEvent]()
    finished = threading.Event()

    def listen(event: ExplorationEvent) -> None:
        inbox.put(event)
        if isinstance(event, Finished | Aborted):
            finished.set()

    exploration = Exploration(open_source(str(archive)))
    exploration.start(listen)  # before Textual takes over standard error, which worker processes inherit
    app = LayerviewApp(inbox, "demo")
    try:
        async with app.run_test(size=(picture.columns, picture.rows)) as pilot:
            await asyncio.to_thread(finished.wait, 30)
            await pilot.pause()
            await pilot.press(*_names(picture.keys))
            await pilot.pause(0.3)  # details follow the cursor a little later
            svg = app.export_screenshot(title="layerview")
    finally:
        exploration.close()
    (_HERE / f"{picture.name}.svg").write_text(svg)


async def _take_list() -> None:
    """The choosing screen, with an image marked."""
    inbox: Inbox[InquiryEvent] = Inbox()
    for event in at_hand.events():
        inbox.put(event)
    app = ChooseApp(Catalog(("docker", "podman")), Inquiry([]), inbox, now=at_hand.NOW)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        await pilot.press("a", "space", *("down",) * 5)
        await pilot.pause(0.3)
        svg = app.export_screenshot(title="layerview")
    (_HERE / "choose.svg").write_text(svg)


def _names(keys: str) -> list[str]:
    """Keys in Textual's names."""
    names = {"]": "right_square_bracket", "/": "slash", "\\": "backslash", ".": "full_stop", "$": "dollar_sign"}
    names |= {"=": "equals_sign", "(": "left_parenthesis", ")": "right_parenthesis", "|": "vertical_line"}
    return [names.get(key, key) for key in keys.split()]


def main() -> None:
    """Take all pictures, as of a terminal with all colours, in which nobody has moved a border."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_STATE_HOME": folder}
        archive = Path(folder, "demo.tar")
        with archive.open("wb") as file:
            write_demo(file)
        for picture in _PICTURES:
            asyncio.run(_take(picture, archive))
    asyncio.run(_take_list())


if __name__ == "__main__":  # worker processes import this file too
    main()
