"""Two images compared on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from textual.pilot import Pilot

from layerview.errors import DamagedError, LayerviewError, NotFoundError
from layerview.exploration import Aborted, Described, Exploration, Finished, LayerFailed, Progressed, Restacked
from layerview.exploration.pair import Compared, Happened, ImagePair, PairEvent
from layerview.image import Image
from layerview.sources import open_source
from layerview.tui.compare.app import ComparisonApp
from layerview.tui.compare.head import PairHead
from layerview.tui.compare.layers import LayerPairList
from layerview.tui.compare.screen import CompareScreen
from layerview.tui.inbox import Inbox
from layerview.tui.panes.files import FileTree
from layerview.wording.figures import signed
from tests.archives import docker_archive
from tests.builders import file, layer, symlink, whiteout
from tests.terminal import LAYERVIEW, Terminal
from tests.tui.conftest import CONFIG, HISTORY, TIME, application, base, lines, said, settled, until
from tests.tui.silence import assert_none_is_silent, keys_of

Compare = Callable[..., bool]
Open = Callable[[], ComparisonApp]

SIZES = [
    pytest.param((80, 24), id="80x24"),
    pytest.param((120, 40), id="120x40"),
    pytest.param((200, 50), id="200x50"),
]
LATER = TIME + 9_000


@pytest.fixture
def images(archive: Path) -> tuple[str, str]:
    """The image of four layers, and the next one: the same base, one file changed, one added, all at another time."""
    built = [replace(entry, mtime=LATER) for entry in application(1000) if entry.path != "app/main.py"]
    main = file("app/main.py", b"print(1)\n" * 900, mode=0o755, mtime=LATER)
    docker_archive(
        Path("next.tar"),
        layer(*base()),
        layer(*built, main, file("app/new.py", b"#" * 3_000, mtime=LATER), symlink("app/run", "main.py", mtime=LATER)),
        layer(whiteout("etc/hosts")),
        tag="shop:2",
        history=[*HISTORY[:3], HISTORY[-1]],
        config={**CONFIG, "Env": ["PATH=/usr/bin:/bin", "MODE=test"]},
    )
    return archive.name, "next.tar"


def pair_of(images: tuple[str, str]) -> ImagePair:
    one, other = (Exploration(open_source(name)) for name in images)
    return ImagePair(one, other, images)


def tell_all(pair: ImagePair, inbox: Inbox[PairEvent]) -> None:
    """All that happens to two images, now that they are compared."""
    for number, exploration in enumerate(pair.explorations):
        assert exploration.image and exploration.stack and exploration.account
        inbox.put(Happened(number, Described(exploration.image)))
        inbox.put(Happened(number, Restacked(exploration.stack, exploration.account)))
    assert pair.comparison
    inbox.put(Compared(pair.comparison))
    inbox.put(Finished())


@pytest.fixture
def open_app(images: tuple[str, str]) -> Open:
    """The app, with images that are compared by the time it starts."""

    def open_() -> ComparisonApp:
        pair, inbox = pair_of(images), Inbox[PairEvent]()
        pair.run()
        tell_all(pair, inbox)
        return ComparisonApp(inbox, images)

    return open_


def title(app: ComparisonApp, pane: str = "files") -> str:
    widget = app.screen.query_one(f"#{pane}-pane")
    return f"{widget.border_title} {widget.border_subtitle}"


def after(*keys: str) -> Callable[[Pilot[LayerviewError]], object]:
    """Press keys once all is shown, and wait until all is shown again."""

    async def press(pilot: Pilot[LayerviewError]) -> None:
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)

    return press


@pytest.mark.parametrize("size", SIZES)
class TestPictures:
    def test_what_changed(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """One layer in common, four against two; /app open, main.py described as it is in both images."""
        assert snap_compare(open_app(), terminal_size=size, run_before=after("n"))

    def test_a_layer(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """Layer 3 of the first image under the cursor, marked, and what it changed."""
        keys = ("shift+tab", "c", "right_square_bracket", "right_square_bracket")
        assert snap_compare(open_app(), terminal_size=size, run_before=after(*keys))

    def test_configurations(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """Of both, with signs where they differ."""
        assert snap_compare(open_app(), terminal_size=size, run_before=after("3"))

    def test_while_loading(self, snap_compare: Compare, images: tuple[str, str], size: tuple[int, int]) -> None:
        """Both images' layers, one half read, one unreadable; a line in place of the files."""
        pair, inbox = pair_of(images), Inbox[PairEvent]()
        pair.run()
        for number, exploration in enumerate(pair.explorations):
            assert exploration.image
            inbox.put(Happened(number, Described(exploration.image)))
        inbox.put(Happened(0, Progressed(1, 1_000_000, 2_000_000)))
        inbox.put(Happened(1, LayerFailed(2, DamagedError("the tar ends inside an entry"))))
        assert snap_compare(ComparisonApp(inbox, images), terminal_size=size, run_before=after("shift+tab"))


async def test_times_count_if_asked_for(open_app: Open) -> None:
    """Statement 45."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "What changed from shop:1 to shop:2" in title(app)
        assert "10 added, 2 modified, 1 removed · 5 by time alone" in title(app)
        await pilot.press("i")
        assert "10 added, 7 modified, 1 removed" in title(app)
        assert "alone" not in title(app)
        await pilot.press("i")
        assert "2 modified" in title(app)


async def test_times_that_are_asked_for_while_the_images_are_read_count_once_they_are(images: tuple[str, str]) -> None:
    """Statement 45."""
    pair, inbox = pair_of(images), Inbox[PairEvent]()
    pair.run()
    app = ComparisonApp(inbox, images)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("i")
        tell_all(pair, inbox)
        await settled(pilot)
        assert "10 added, 7 modified, 1 removed" in title(app)


async def test_old_and_new_are_swapped_and_nothing_is_compared_again(open_app: Open) -> None:
    """Statement 45. The cursors stay, and what is asked for meanwhile counts for both ways."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        before, places = title(app), [app.screen.query_one(each).cursor for each in (LayerPairList, FileTree)]
        await pilot.press("n", "x")
        assert "What changed from shop:2 to shop:1" in title(app)
        assert "1 added, 2 modified, 10 removed · 5 by time alone" in title(app)
        assert first_line(app).startswith("shop:2 → shop:1")
        files = app.screen.query_one(FileTree)
        assert files.comparison and files.node is not None
        assert files.comparison.stack.path(files.node) == b"app/main.py"
        await until(
            pilot, lambda: any("8.1 kB (8,100 bytes) → 7.2 kB (7,200" in line for line in lines(app, "#details"))
        )
        await app.screen.run_action("tab('config')")
        await until(pilot, lambda: any("− MODE=test" in line for line in lines(app, "#config")))
        await app.screen.run_action("tab('details')")
        files.focus()
        await pilot.press("i", "x")
        assert "10 added, 7 modified, 1 removed" in title(app)
        await pilot.press("i")
        assert title(app) == before
        assert places[0] == app.screen.query_one(LayerPairList).cursor


async def test_images_that_are_swapped_while_they_are_read_are_compared_so(images: tuple[str, str]) -> None:
    pair, inbox = pair_of(images), Inbox[PairEvent]()
    pair.run()
    app = ComparisonApp(inbox, images)
    one, other = described(images)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("x")
        inbox.put(Happened(0, Described(one)))
        pairs = app.screen.query_one(LayerPairList)
        await until(pilot, lambda: pairs.row_count == len(one.layers))
        assert pairs.pair == (None, one.layers[0])
        inbox.put(Happened(1, Described(other)))
        await until(pilot, lambda: first_line(app).startswith("shop:2 → shop:1"))
        tell_all(pair, inbox)
        await until(pilot, lambda: "1 added, 2 modified, 10 removed" in title(app))


def first_line(app: ComparisonApp) -> str:
    head = app.screen.query_one(PairHead)
    return head.render_lines(head.size.region)[0].text.strip()


async def test_a_layer_s_changes_are_one_key_away(open_app: Open) -> None:
    """Of a layer that both images have those in the second; the tree keeps what is open and its cursor's path."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("n", "c")
        assert "Files at layer 1 of shop:2 · what this layer changed" in title(app)
        await pilot.press("right_square_bracket")
        assert "Files at layer 2 of shop:2" in title(app)
        await pilot.press("right_square_bracket")
        assert "Files at layer 3 of shop:1" in title(app)
        await pilot.press("c")
        assert "What changed from shop:1 to shop:2" in title(app)
        files = app.screen.query_one(FileTree)
        assert files.comparison and files.node is not None
        assert files.comparison.stack.path(files.node) == b"app/main.py"


def described(images: tuple[str, str]) -> list[Image]:
    """Both, of which nothing has been read yet but what they are."""
    found = [exploration.source.describe() for exploration in pair_of(images).explorations]
    return [image for image in found if image]


async def test_a_layer_that_is_asked_for_before_there_is_one_is_not_named(images: tuple[str, str]) -> None:
    app = ComparisonApp(Inbox[PairEvent](), images)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        await pilot.pause()
        assert "What changed from shop.tar to next.tar" in title(app)
        assert "Opening the images …" in lines(app)[2]


async def test_how_far_a_layer_is_that_both_have_is_known_by_whichever_reads_it(images: tuple[str, str]) -> None:
    inbox = Inbox[PairEvent]()
    app = ComparisonApp(inbox, images)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        for number, image in enumerate(described(images)):
            inbox.put(Happened(number, Described(image)))
        await until(pilot, lambda: lines(app)[2] == "  Layer 1 is still to be read …")
        inbox.put(Happened(0, Progressed(1, 5, 10)))
        await until(pilot, lambda: lines(app)[2] == "  Layer 1 is being read …")
        inbox.put(Happened(1, Progressed(1, 10, 10)))
        await until(pilot, lambda: lines(app)[2] == "  Layer 1 is read.")


async def test_the_cursor_stays_on_its_layer_when_the_second_image_becomes_known(images: tuple[str, str]) -> None:
    inbox = Inbox[PairEvent]()
    app = ComparisonApp(inbox, images)
    one, other = described(images)
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(Happened(0, Described(one)))
        pairs = app.screen.query_one(LayerPairList)
        await until(pilot, lambda: pairs.row_count == len(one.layers))
        pairs.focus()
        await pilot.press("end")
        inbox.put(Happened(1, Described(other)))
        await until(pilot, lambda: pairs.pair == (one.layers[-1], other.layers[-1]))


async def test_a_layer_that_is_not_there_is_said_not_to_be(images: tuple[str, str]) -> None:
    inbox = Inbox[PairEvent]()
    app = ComparisonApp(inbox, images)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("c")
        for number, image in enumerate(described(images)):
            missing = [structs.replace(layer, unavailable="not distributable") for layer in image.layers]
            inbox.put(Happened(number, Described(structs.replace(image, layers=tuple(missing)))))
        await until(pilot, lambda: lines(app)[2] == "  Layer 1 cannot be read: not distributable.")


async def test_of_two_images_without_layers_the_details_say_so(tmp_path: Path) -> None:
    archives = tuple(docker_archive(tmp_path / f"{name}.tar", tag=f"{name}:1") for name in ("old", "new"))
    pair, inbox = pair_of((str(archives[0]), str(archives[1]))), Inbox[PairEvent]()
    pair.run()
    tell_all(pair, inbox)
    app = ComparisonApp(inbox, ("old", "new"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "Neither image has a layer." in lines(app, "#details")[0])


async def test_the_tree_is_filtered_sorted_and_hidden_as_a_layer_s(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("equals_sign", "ctrl+@")
        assert [line.split("│ ")[-1].split()[0] for line in lines(app) if "main.py" in line] == ["main.py", "run"]
        await pilot.press("slash", *r"new\.")
        await until(pilot, lambda: not any("main.py" in line for line in lines(app)))
        assert [line.split()[-1] for line in lines(app)[1:] if line] == [
            "app",
            "new.py",
            "usr/share/doc",
            "new.txt",
        ]


async def test_as_a_list_what_differs_most_stands_first(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("t")
        files = app.screen.query_one(FileTree)
        await until(pilot, lambda: files.is_whole)
        assert files.outline and files.comparison
        differences = [abs(files.comparison.difference(node)) for node in files.outline.rows]
        assert differences == sorted(differences, reverse=True)
        assert differences[0] > 0
        await pilot.press("escape")
        assert not files.flat


async def test_an_image_that_is_not_there_ends_it(images: tuple[str, str]) -> None:
    inbox = Inbox[PairEvent]()
    error = NotFoundError("There is no image nowhere:1")
    inbox.put(Aborted(error))
    app = ComparisonApp(inbox, images)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_value is error)


def test_opens_compares_and_quits(images: tuple[str, str]) -> None:
    """In a real terminal, which is left as it was, with one of the images from a pipe."""
    old, new = images
    with Terminal("sh", "-c", f"exec {' '.join(LAYERVIEW)} {old} - <{new}", controlling=True) as program:
        program.shows("10 added, 2 modified, 1 removed")
        program.shows("shop:1 → shop:2")
        program.press(b"n")
        program.shows("main.py")
        program.press(b"i")
        program.shows("7 modified")
        program.press(b"q")
        assert program.ended() == 0
        program.assert_as_found()
        assert "Traceback" not in program.output.decode(errors="replace")


def test_which_image_cannot_be_opened_is_said(images: tuple[str, str]) -> None:
    with Terminal(*LAYERVIEW, images[0], "nothing.tar") as program:
        assert program.ended() == 2
        assert "nothing.tar" in program.screen


async def test_beside_the_files_of_two_images_stands_by_how_much_they_differ(open_app: Open) -> None:
    """Statement 52. Sorted by that, the most comes first, be it more or less."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert lines(app)[0].split() == ["size", "differs", "name▾"]
        await pilot.press("s")
        comparison = app.screen.query_one(FileTree).comparison
        assert comparison and lines(app)[0].split() == ["size", "differs▾", "name"]
        told = [re.search(r"[+−][\d.]+ [kM]?B", line) for line in lines(app)[1:]]
        tops = [node for node in comparison.stack.children(0) if comparison.difference(node)]
        tops.sort(key=lambda node: abs(comparison.difference(node)), reverse=True)
        assert [found[0] for found in told if found] == [signed(comparison.difference(node)) for node in tops]
        await pilot.press("v")
        assert lines(app)[0].split() == ["differs", "size▾", "name"], "no layer stands for what an image stores"
        await pilot.press("v")
        assert lines(app)[0].split() == ["size", "differs▾", "name"]


@pytest.mark.parametrize("pane", ["layers", "files", "details", "config"])
async def test_each_key_does_something_or_says_why_not(open_app: Open, pane: str) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, CompareScreen)

        def begin() -> None:
            if pane in screen.TABS:
                screen.action_tab(pane)
            else:
                screen.set_focus(screen.query_one(f"#{pane}"))

        await assert_none_is_silent(pilot, keys_of(CompareScreen), begin)
        await pilot.press("2")
        assert "What is wasted is told of one image alone" in said(app)
