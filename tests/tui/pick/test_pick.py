"""The list of a place's images: by itself, and over the explorer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from layerview.exploration import Described, Exploration, ExplorationEvent, Finished, Restacked
from layerview.image import Platform
from layerview.sources import Alternative, Several, open_source
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.screen import ExploreScreen
from layerview.tui.frame.keys import KeysScreen
from layerview.tui.inbox import Inbox
from layerview.tui.keymap import KEYS
from layerview.tui.pick.app import PickApp
from layerview.tui.pick.screen import PickScreen
from tests.tui.conftest import layers, lines, said, settled

Compare = Callable[..., bool]
SIZES = [(80, 24), (120, 40), (200, 50)]


def choice(names: tuple[str, ...], platform: str, digit: str, **more: object) -> Alternative:
    os, architecture, variant, version = (*platform.split("/"), "", "")[:4]
    choice = Alternative(
        lambda: open_source("shop.tar"), names, Platform(os, architecture, variant, version), f"sha256:{digit * 64}",
    )  # fmt: skip
    return replace(choice, **more)


ALTERNATIVES = (
    choice(
        ("registry.example.com/team/shop:1.4.2", "registry.example.com/team/shop:latest"),
        "linux/amd64", "a", size=1_340_000_000, created="2025-03-10T10:00:00Z",
    ),
    choice(("shop:arm",), "linux/arm64/v8", "b", size=998_000_000, created="2025-03-10T10:00:01.5Z"),
    choice(("shop:windows",), "windows/amd64//10.0.20348.2700", "c", created="2024-12-24T00:00:00Z"),
    choice((), "linux/amd64", "d", size=734_003, created="\x1b[31mred", place="@7"),
)  # fmt: skip
MEANT = tuple(replace(each, meant=True) for each in ALTERNATIVES)
OPEN = (replace(ALTERNATIVES[0]), replace(ALTERNATIVES[1], meant=True), *ALTERNATIVES[2:])


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40", "200x50"])
class TestPictures:
    def test_several_that_may_be_meant(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        """Platforms, sizes, days, digests and names; no mark; the one without a name is called by its place."""
        assert snap_compare(PickApp(MEANT, "images.tar"), terminal_size=size)

    def test_beside_the_one_that_is_open(self, snap_compare: Compare, size: tuple[int, int]) -> None:
        """The one that is open has the mark and the cursor."""
        assert snap_compare(PickApp(OPEN, "images.tar"), terminal_size=size)


async def test_enter_opens_the_one_under_the_cursor() -> None:
    app = PickApp(MEANT, "images.tar")
    async with app.run_test() as pilot:
        await pilot.press("down", "down", "up", "enter")
    assert app.return_value is MEANT[1]


async def test_escape_leads_nowhere_where_nothing_is_below_and_to_the_list_that_the_place_was_chosen_from() -> None:
    app = PickApp(MEANT, "images.tar")
    async with app.run_test() as pilot:
        await pilot.press("down", "escape", "escape")
        assert app.is_running
        assert "Nothing to go back from; q quits." in said(app)
    app = PickApp(MEANT, "images.tar", chosen=True)
    async with app.run_test() as pilot:
        await pilot.press("escape")
    assert (app.goes_back, app.return_value) == (True, None)


@pytest.mark.parametrize(("key", "status"), [("q", 0), ("ctrl+c", 130)])
async def test_nothing_is_chosen_by(key: str, status: int) -> None:
    app = PickApp(MEANT, "images.tar")
    async with app.run_test() as pilot:
        await pilot.press("down", key)
    assert app.return_value is None
    assert app.return_code == status


async def test_a_second_click_opens() -> None:
    app = PickApp(MEANT, "images.tar")
    async with app.run_test() as pilot:
        await pilot.click("#pick", offset=(5, 3), times=2)
    assert app.return_value is MEANT[2]


async def test_what_nothing_is_known_of_takes_no_room() -> None:
    bare = [replace(each, size=None, created="", platform=None) for each in MEANT]
    app = PickApp(bare, "images.tar")
    async with app.run_test() as pilot:
        await pilot.pause()
        assert lines(app, "#pick")[:2] == [
            " digest        name",
            " aaaaaaaaaaaa  registry.example.com/team/shop:1.4.2, registry.example.com/te…",
        ]


async def test_names_come_before_all_else_where_it_is_narrow() -> None:
    app = PickApp(MEANT, "images.tar")
    async with app.run_test(size=(50, 10)) as pilot:
        await pilot.pause()
        assert lines(app, "#pick")[:2] == [
            " platform                       name",
            " linux/amd64                    registry.examp…",
        ]


async def test_the_digest_is_copied_whole() -> None:
    app = PickApp(MEANT, "images.tar")
    async with app.run_test() as pilot:
        await pilot.press("down", "y")
        assert app.clipboard == MEANT[1].digest


async def test_its_keys_are_listed() -> None:
    app = PickApp(MEANT, "images.tar")
    async with app.run_test(size=(100, 50)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, KeysScreen)
        shown = " ".join(" ".join(lines(app, "KeyList")).split())
        assert all(key.help in shown for key in KEYS if key.place in ("pick", "screen", "list"))
        assert "go to the files of this layer" not in shown
        await pilot.press("escape")
        assert isinstance(app.screen, PickScreen)


@pytest.fixture
def explorer(archive: Path) -> Callable[..., LayerviewApp]:
    """An image that is open, beside these."""

    def open_(*alternatives: Alternative) -> LayerviewApp:
        exploration, inbox = Exploration(open_source(str(archive))), Inbox[ExplorationEvent]()
        exploration.run()
        assert exploration.image and exploration.stack and exploration.account
        inbox.put(Described(exploration.image))
        if alternatives:
            inbox.put(Several(alternatives))
        inbox.put(Restacked(exploration.stack, exploration.account))
        inbox.put(Finished())
        return LayerviewApp(inbox, "images.tar")

    return open_


async def test_the_explorer_offers_the_others_and_all_is_as_it_was_when_one_comes_back(
    explorer: Callable[..., LayerviewApp],
) -> None:
    app = explorer(*OPEN)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down")
        await settled(pilot)
        before = lines(app)
        await pilot.press("p", "down", "down")
        await pilot.pause()
        assert isinstance(app.screen, PickScreen)
        assert lines(app, "#pick")[2].startswith("▌linux/arm64/v8")
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, ExploreScreen)
        assert (layers(app).number, lines(app)) == (3, before)
        await pilot.press("p", "up", "enter")
    assert app.return_value is OPEN[0]


@pytest.mark.parametrize(("key", "goes_back"), [("q", True), ("ctrl+c", False)])
async def test_from_beside_an_image_that_was_chosen_from_a_list_one_goes_back_there(
    explorer: Callable[..., LayerviewApp], key: str, goes_back: bool
) -> None:
    app = explorer(*OPEN)
    app.chosen = True
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("p", key)
    assert app.goes_back is goes_back


async def test_keys_may_be_typed_ahead(explorer: Callable[..., LayerviewApp]) -> None:
    app = explorer(*OPEN)
    async with app.run_test() as pilot:
        for key in ("p", "G", "enter"):
            app.simulate_key(key)
        await pilot.pause()
    assert app.return_value is OPEN[-1]


async def test_the_key_line_tells_of_others_where_there_are_some(explorer: Callable[..., LayerviewApp]) -> None:
    for alternatives, told in ((OPEN, True), ((), False)):
        app = explorer(*alternatives)
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            assert ("others" in str(app.screen.query_one("KeyLine").render())) is told


async def test_where_there_are_no_others_the_key_says_so(explorer: Callable[..., LayerviewApp]) -> None:
    app = explorer()
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("p")
        assert isinstance(app.screen, ExploreScreen)
        assert "This is the only image of its place." in said(app)


async def test_while_a_filter_is_typed_the_key_is_a_letter(explorer: Callable[..., LayerviewApp]) -> None:
    app = explorer(*OPEN)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"app")
        await settled(pilot)
        assert isinstance(app.screen, ExploreScreen)
