"""The first line while an image is read: nothing is called unfinished that is whole, nor a part of what nobody knows."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from layerview.analysis import account
from layerview.exploration import Described, Exploration, ExplorationEvent, Progressed, Restacked
from layerview.filesystem import Stack, merge
from layerview.sources import open_source
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.head import Head
from layerview.tui.inbox import Inbox
from tests.tui.conftest import all_of, until


def head(app: LayerviewApp) -> str:
    return str(app.screen.query_one(Head).render())


def two_of(archive: Path) -> Restacked:
    """The lower two of four layers are read."""
    explored = Exploration(open_source(str(archive)))
    explored.run()
    indexes = {number: explored.indexes[number] for number in (1, 2)}
    stack = Stack(merge(4, indexes, lambda layer, row: None), indexes)
    return Restacked(stack, account(stack))


async def test_what_is_read_is_called_that_until_all_is(archive: Path) -> None:
    (described, restacked), inbox = all_of(archive), Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(described)
        inbox.put(two_of(archive))
        await until(pilot, lambda: "2.7 MB so far" in head(app))
        assert head(app).count("so far") == 1
        inbox.put(restacked)
        await until(pilot, lambda: "3.1 MB  efficiency" in head(app))
        assert "so far" not in head(app)


async def test_a_whole_that_the_engine_tells_is_not_called_so_far(archive: Path) -> None:
    """What follows from what has been read is."""
    (described, _), inbox = all_of(archive), Inbox[ExplorationEvent]()
    sized = tuple(replace(layer, size=2_000_000) for layer in described.image.layers)
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(Described(replace(described.image, layers=sized)))
        inbox.put(two_of(archive))
        await until(pilot, lambda: "8.0 MB  efficiency 100.0 % so far" in head(app))


async def test_of_a_stream_whose_end_nobody_knows_what_came_is_told_and_no_share(archive: Path) -> None:
    (described, _), inbox = all_of(archive), Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(Progressed(0, 2_000_000, 0))
        await until(pilot, lambda: "2.0 MB read" in head(app))
        inbox.put(described)
        inbox.put(Progressed(0, 5_000_000, 0))
        await until(pilot, lambda: "0 of 4 layers indexed, 5.0 MB read" in head(app))
        assert "▕" not in head(app) and "%" not in head(app)


async def test_of_a_stream_whose_size_is_known_both_are_told(archive: Path) -> None:
    inbox = Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(Progressed(0, 2_000_000, 9_000_000))
        await until(pilot, lambda: "2.0 MB of 9.0 MB" in head(app))
