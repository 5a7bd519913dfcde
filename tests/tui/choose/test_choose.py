"""The choosing screen: its keys, what becomes of answers, and pictures of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from layerview.errors import LayerviewError, NotFoundError, ServiceError
from layerview.inquiry import Detailed, Failed, Inquiry, InquiryEvent
from layerview.tui.choose.app import ChooseApp
from layerview.tui.choose.catalog import Catalog
from layerview.tui.choose.choice import Choice, Compare, Open, Pull
from layerview.tui.choose.images import ImageList
from layerview.tui.choose.screen import ChooseScreen
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.keys import KeysScreen
from layerview.tui.inbox import Inbox
from tests.tui.choose.listed import DOCKER, NOW, PODMAN, SHOP, listed, told
from tests.tui.conftest import lines, said
from tests.tui.silence import assert_none_is_silent, keys_of

ENGINES = ("docker", "podman")
ALL = (*told("docker", DOCKER), *told("podman", PODMAN))
SIZES = [pytest.param(size, id=f"{size[0]}x{size[1]}") for size in ((80, 24), (120, 40), (200, 50))]


def app(
    events: Sequence[InquiryEvent] = ALL,
    catalog: Catalog | None = None,
    error: LayerviewError | None = None,
) -> ChooseApp:
    """The screen, which hears this."""
    inbox = Inbox[InquiryEvent]()
    for event in events:
        inbox.put(event)
    return ChooseApp(catalog or Catalog(ENGINES), Inquiry([]), inbox, error, NOW)


async def settle(pilot: Pilot[Choice]) -> None:
    """Wait until all is shown; the details follow the cursor with a delay."""
    await pilot.pause(0.2)


async def chosen(app: ChooseApp, *keys: str) -> Choice | None:
    """What comes of these keys."""
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
    return app.return_value


def at(app: ChooseApp) -> str:
    """The name under the cursor."""
    row = app.screen.query_one(ImageList).row
    assert row
    return row.name


async def test_enter_opens_the_image_under_the_cursor() -> None:
    assert await chosen(app(), "down", "down", "enter") == Open("docker:shop:1-arm64")


async def test_a_second_click_opens_an_image() -> None:
    opened = app()
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.click("#images", offset=(4, 2), times=2)
    assert opened.return_value == Open("docker:shop:latest")


async def test_quitting_chooses_nothing() -> None:
    assert await chosen(app(), "q") is None


@pytest.mark.parametrize("keys", [("space", "down", "down", "space", "c"), ("space", "down", "down", "c")])
async def test_two_images_are_compared_in_the_order_in_which_they_were_marked(keys: tuple[str, ...]) -> None:
    """The second may be that under the cursor."""
    assert await chosen(app(), *keys) == Compare("docker:shop:1", "docker:shop:1-arm64")


async def test_one_image_alone_is_not_compared() -> None:
    opened = app()
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("space", "c")
        await settle(pilot)
        assert opened.is_running


async def test_a_name_that_is_typed_is_pulled() -> None:
    """By the engine that is shown; letters that are keys elsewhere are letters here."""
    assert await chosen(app(), "p", *"alpine", "colon", "3", "enter") == Pull("alpine:3", "")
    assert await chosen(app(), "e", "e", "p", *"squid", "enter") == Pull("squid", "podman")


async def test_no_name_is_no_wish() -> None:
    opened = app()
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("p", "enter", "escape", "down", "enter")
    assert opened.return_value == Open("docker:shop:latest")


async def test_the_filter_is_applied_as_it_is_typed_and_closed_with_escape() -> None:
    opened = app()
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"tools")
        await settle(pilot)
        assert [line.split()[0] for line in lines(opened, "#images")[1:] if line] == ["localhost/tools:latest"]
        await pilot.press("escape")
        await settle(pilot)
        assert len([line for line in lines(opened, "#images")[1:] if line]) == 8
        assert at(opened) == "shop:1"


@pytest.mark.parametrize("pane", [(), ("tab",)], ids=["images", "details"])
async def test_escape_undoes_one_step_and_never_ends_the_program(pane: tuple[str, ...]) -> None:
    """A name that is typed, then a filter, typed or kept; who had the keys before has them again."""
    opened = app()
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"tools", "enter", *pane)
        focused = opened.focused
        await pilot.press("p", *"alpine")
        await pilot.press("escape")
        await settle(pilot)
        assert opened.focused is focused and "tools" in lines(opened, "#images")[1]
        await pilot.press("escape")
        await settle(pilot)
        assert opened.focused is focused and len([line for line in lines(opened, "#images")[1:] if line]) == 8
        await pilot.press("escape")
        await settle(pilot)
        assert opened.is_running and "Nothing to go back from; q quits." in said(opened)


async def test_whatever_the_haste_enter_opens_what_the_filter_leaves() -> None:
    """The second Enter comes before the letters have been looked at."""
    opened = app()
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for key in ("slash", *"tools", "enter", "enter"):
            opened.simulate_key(key)
        await settle(pilot)
    assert opened.return_value == Open("podman:localhost/tools:latest")


async def test_the_cursor_stays_on_its_image_whatever_comes() -> None:
    inbox, catalog = Inbox[InquiryEvent](), Catalog(ENGINES)
    opened = ChooseApp(catalog, Inquiry([]), inbox, None, NOW)
    async with opened.run_test(size=(120, 40)) as pilot:
        inbox.put(listed("podman", PODMAN))
        await settle(pilot)
        await pilot.press("down")
        assert at(opened) == "localhost/empty:1"
        for event in ALL:
            inbox.put(event)
        await settle(pilot)
        assert at(opened) == "localhost/empty:1"
        await pilot.press("s", "s", "a")
        assert at(opened) == "localhost/empty:1"


async def test_the_cursor_stays_at_the_top_until_it_is_moved() -> None:
    inbox = Inbox[InquiryEvent]()
    opened = ChooseApp(Catalog(ENGINES), Inquiry([]), inbox, None, NOW)
    async with opened.run_test(size=(120, 40)) as pilot:
        inbox.put(listed("podman", PODMAN))
        await settle(pilot)
        for event in ALL:
            inbox.put(event)
        await settle(pilot)
        assert at(opened) == "shop:1"


async def test_who_comes_back_finds_cursor_filter_order_engine_and_marks_as_they_were() -> None:
    catalog = Catalog(ENGINES)
    keys = ("s", "e", "a", "slash", *"sho", "enter", "down", "space", "down", "enter")
    first = await chosen(app(catalog=catalog), *keys)
    assert first == Open("docker:shop:1-arm64")
    again = app((), catalog)
    async with again.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert at(again) == "shop:1-arm64"
        assert len([line for line in lines(again, "#images")[1:] if line]) == 4
        await pilot.press("c")
    assert again.return_value == Compare("docker:shop:1", "docker:shop:1-arm64")


async def test_who_comes_back_is_where_they_were_even_if_that_was_the_top() -> None:
    catalog = Catalog(ENGINES)
    assert await chosen(app(told("podman", PODMAN), catalog), "enter") == Open("podman:localhost/tools:latest")
    again = app(ALL, catalog)
    async with again.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert at(again) == "localhost/tools:latest"


async def test_columns_come_and_go_with_the_room_there_is() -> None:
    opened = app()
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "platform" in lines(opened, "#images")[0]
        await pilot.resize_terminal(60, 20)
        await settle(pilot)
        assert lines(opened, "#images")[0].split() == ["image", "size", "alone", "created"]


async def test_a_key_asks_the_engines_again() -> None:
    catalog = Catalog(ENGINES)
    opened = app(catalog=catalog)
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert not catalog.pending
        await pilot.press("r")
        assert catalog.pending == list(ENGINES) and len(catalog.rows) == 8


async def test_the_list_of_keys_has_those_of_this_screen() -> None:
    opened = app()
    async with opened.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        assert isinstance(opened.screen, KeysScreen)
        text = "\n".join(lines(opened, "KeyList"))
        assert "open the image" in text and "go to the files" not in text


async def test_the_details_have_no_tabs_to_go_to_but_a_value_to_copy() -> None:
    opened = app()
    async with opened.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        await pilot.press("tab")
        await pilot.pause()
        line = str(opened.screen.query_one(KeyLine).render())
        assert "copy" in line and "tab" not in line
        assert not any("tab" in command.title for command in opened.get_system_commands(opened.screen))
        await pilot.press("question_mark")
        text = "\n".join(lines(opened, "KeyList"))
        assert "copy the value to the clipboard" in text and "next tab" not in text


async def test_names_cannot_reach_the_terminal_raw() -> None:
    nasty = replace(SHOP, names=("shop\x1b[31m[bold]:1",))
    opened = app(told("docker", (nasty,)))
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert lines(opened, "#images")[1].split()[0] == r"shop\x1b[31m[bold]:1"


async def test_that_an_engine_could_not_be_asked_is_not_that_there_is_nothing() -> None:
    events = (*told("docker", ()), Failed("podman", ServiceError("Podman cannot be reached")))
    opened = app(events)
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        assert "There are no images where it could be asked" in "\n".join(lines(opened, "#images"))


async def test_thousands_of_images_are_listed() -> None:
    many = [replace(SHOP, id=f"sha256:{number:064x}", names=(f"shop:{number}",)) for number in range(5_000)]
    opened = app(told("docker", many))
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("end")
        assert at(opened) == "shop:999"
        await pilot.press("slash", *"4999")
        await settle(pilot)
        assert at(opened) == "shop:4999"


def after(*keys: str) -> Callable[[Any], Any]:
    async def press(pilot: Any) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    return press


Shot = Callable[..., bool]


@pytest.mark.parametrize("size", SIZES)
class TestPictures:
    def test_images_of_two_engines(self, snap_compare: Shot, size: tuple[int, int]) -> None:
        """The newest first; sizes, what is shared and what is not; long names cut at their beginning."""
        assert snap_compare(app(), terminal_size=size, run_before=after("down"))

    def test_filtered_sorted_marked(self, snap_compare: Shot, size: tuple[int, int]) -> None:
        """One engine's, by size alone, a dangling one among them, one marked; the filter bar with its matches."""
        keys = ("e", "a", "s", "s", "s", "space", "slash", *"sh|^$")
        assert snap_compare(app(), terminal_size=size, run_before=after(*keys))

    def test_while_engines_are_asked(self, snap_compare: Shot, size: tuple[int, int]) -> None:
        """Docker has listed its images and told the layers of some; Podman cannot be reached; dots for what is not known."""
        failed = Failed("podman", ServiceError("Podman cannot be reached: connection refused", "Start its service."))
        events = (listed("docker", DOCKER), Detailed("docker", DOCKER[:3]), failed)
        assert snap_compare(app(events), terminal_size=size, run_before=after())

    def test_no_engine_answers(self, snap_compare: Shot, size: tuple[int, int]) -> None:
        """What was asked, what each answered, and how to open an archive."""
        events = [
            Failed(name, ServiceError(f"{name} cannot be reached: no such file", "Start it.")) for name in ENGINES
        ]
        assert snap_compare(app(events), terminal_size=size, run_before=after())

    def test_what_came_of_the_last_choice(self, snap_compare: Shot, size: tuple[int, int]) -> None:
        """An error, a line to type a name in."""
        error = NotFoundError("The Docker Engine has no image nosuch", "docker image ls lists them.")
        assert snap_compare(app(error=error), terminal_size=size, run_before=after("p", *"debian"))


def test_a_small_terminal(snap_compare: Shot) -> None:
    """Only the list."""
    assert snap_compare(app(), terminal_size=(40, 10), run_before=after())


@pytest.mark.parametrize("events", [ALL, ()], ids=["images", "none"])
@pytest.mark.parametrize("pane", ["images", "details"])
async def test_each_key_does_something_or_says_why_not(pane: str, events: Sequence[InquiryEvent]) -> None:
    """But Enter on an image, which opens it, and a comparison that ends the screen."""
    opened = app(events)
    async with opened.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        but = ("enter", "c") if events else ()
        await assert_none_is_silent(
            pilot, keys_of(ChooseScreen, *but), lambda: opened.screen.set_focus(opened.screen.query_one(f"#{pane}"))
        )
