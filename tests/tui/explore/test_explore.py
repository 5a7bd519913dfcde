"""What keys and the mouse do."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.command import CommandPalette
from textual.widgets import ContentSwitcher, Input, Label

from layerview.errors import DamagedError
from layerview.exploration import (
    Aborted,
    Begun,
    Described,
    Exploration,
    ExplorationEvent,
    Finished,
    LayerFailed,
    Progressed,
)
from layerview.filesystem import Stack, merge
from layerview.layers import index_stream
from layerview.sources import open_source
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.explore.head import Head
from layerview.tui.explore.screen import ExploreScreen
from layerview.tui.frame.key_line import KeyLine
from layerview.tui.frame.keys import KeysScreen
from layerview.tui.frame.pane import Pane
from layerview.tui.inbox import Inbox
from layerview.tui.keymap import KEYS, PLACES
from layerview.tui.lists.description import Description
from layerview.tui.lists.filter_bar import FilterBar
from layerview.tui.lists.line_list import LineList
from layerview.tui.panes.known import Known, Loading
from tests.archives import docker_archive
from tests.builders import file, layer
from tests.tui.conftest import all_of, base, explored, files, layers, lines, names, settled, until

Open = Callable[[], LayerviewApp]


async def test_moving_between_layers_shows_their_files(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(200, 40)) as pilot:
        await settled(pilot)
        assert names(app) == ["bin", "etc", "usr", "var"]
        assert all(line.startswith("+") for line in lines(app)[1:5])
        await pilot.press("down")
        await settled(pilot)
        assert names(app) == ["app", "bin", "etc", "usr", "var"]
        assert lines(app)[1].startswith("+ drwxr-xr-x 0:0")
        assert lines(app)[2].startswith("  drwxr-xr-x")


async def test_the_cursor_stays_on_its_path(open_app: Open) -> None:
    """Through folds above it, orders and layers, and where a filter is closed."""
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", *("down",) * 2, "l", "down", "down")

        def path() -> bytes:
            tree = files(app)
            assert tree.outline and tree.node is not None
            return tree.outline.outlined.stack.path(tree.node)

        assert path() == b"usr/share/doc"
        await pilot.press(
            "right_square_bracket", "s", "s", "c", "right_square_bracket", "ctrl+@", "equals_sign", "equals_sign"
        )
        await settled(pilot)
        assert path() == b"usr/share/doc"
        await pilot.press("slash", *"busybox", "enter")
        await settled(pilot)
        assert path() == b"bin/busybox", "the first match"
        await pilot.press("slash", "escape")
        await settled(pilot)
        assert path() == b"bin/busybox", "a filter that is closed leaves it there"


async def test_folds_open_and_close(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "space")
        assert names(app)[:4] == ["bin", "bin/busybox", "bin/sh", "bin/vi"]
        await pilot.press("down", "left")
        assert files(app).cursor == 0
        await pilot.press("left")
        assert names(app) == ["bin", "etc", "usr", "var"]
        await pilot.press("ctrl+@")
        assert "usr/share/doc/manual-7.txt" in names(app)
        await pilot.press("ctrl+@")
        assert names(app) == ["bin", "etc", "usr", "var"]


async def test_links_say_where_they_lead(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "l")
        assert [line.split("│   ")[1] for line in lines(app)[2:5]] == ["busybox", "sh ⇒ /bin/busybox", "vi → busybox"]


@pytest.mark.parametrize("pane", ["tab", "1", "2", "3", "question_mark"])
async def test_u_moves_up_where_d_moves_down(open_app: Open, pane: str) -> None:
    app = open_app()
    async with app.run_test(size=(100, 24)) as pilot:
        await settled(pilot)
        await pilot.press(pane, "d")
        shown = app.focused
        assert isinstance(shown, LineList)
        assert shown.cursor
        await pilot.press("u")
        assert not shown.cursor


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 12)], ids=["all panes", "two of three", "one"])
async def test_the_pane_with_the_keys_is_framed_and_shown_however_fast_they_come(
    open_app: Open, size: tuple[int, int]
) -> None:
    app = open_app()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, ExploreScreen)
        for steps, name in ((1, "files"), (2, "layers"), (2, "tabs"), (1, "layers"), (3, "layers"), (4, "files")):
            for _ in range(steps):
                screen.action_pane(1)
            await settled(pilot)
            (framed,) = (pane for pane in screen.query(Pane) if pane.has_class("-here"))
            assert framed.id == f"{name}-pane" and framed.has_focus_within and framed.display
            assert framed.border_title and "bold" in framed.border_title
            others = [pane for pane in screen.query(Pane) if pane is not framed]
            assert {pane.styles.border_top for pane in others}.isdisjoint({framed.styles.border_top}) or size[1] < 16
            assert sum(pane.display for pane in others) == {40: 2, 24: 1, 12: 0}[size[1]]


@pytest.mark.parametrize("key", ["equals_sign", "ctrl+u"])
async def test_unmodified_paths_hide_and_show(open_app: Open, key: str) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "tab", key)
        assert names(app) == ["app"]
        await pilot.press("a")
        await pilot.pause()
        assert names(app) == []
        assert "hidden" in lines(app)[2]
        await pilot.press(key, "a")
        assert names(app) == ["app", "bin", "etc", "usr", "var"]


async def test_attributes_hide_and_show(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(200, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "ctrl+b")
        assert "drwx" not in lines(app)[1]
        await pilot.press("b")
        assert "drwx" in lines(app)[1]
        await pilot.resize_terminal(120, 40)
        await pilot.press("b")
        await pilot.pause()
        assert "no room for permission" in str(app.screen.query_one(KeyLine).render())
        await pilot.resize_terminal(200, 40)
        await pilot.pause()
        assert "drwx" in lines(app)[1], "a key that could do nothing did nothing"


async def test_next_and_previous_change(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("end", "tab", "n")
        tree = files(app)
        assert names(app)[tree.cursor] == "etc/hosts"
        await pilot.press("n")
        assert names(app)[tree.cursor] == "usr/share/doc/manual-0.txt"
        await pilot.press("N")
        assert names(app)[tree.cursor] == "etc/hosts"


async def test_a_filter_narrows_as_it_is_typed_and_closes_with_escape(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+f", *r"\.so$")
        await until(pilot, lambda: "usr/lib/libz.so" in names(app))
        assert "3 matches, 900 kB stored" in str(app.screen.query_one("#filter-result", Label).content)
        assert names(app)[files(app).cursor] == "usr/lib/libcrypto.so", "the first match"
        await pilot.press("escape")
        await pilot.pause()
        assert "bin" in names(app)
        assert names(app)[files(app).cursor] == "usr/lib/libcrypto.so", "what was found is not lost"
        assert app.focused is layers(app), "which had the keys before"


@pytest.mark.parametrize("keys", [("enter",), ("down", "enter")])
async def test_what_no_path_here_matches_is_offered_at_the_layer_that_holds_it(
    open_app: Open, keys: tuple[str, ...]
) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *r"main\.py$")
        await until(pilot, lambda: "0 here" in str(app.screen.query_one("#filter-result", Label).content))
        assert "0 here, 1 in layer 2: ⏎" in str(app.screen.query_one("#filter-result", Label).content)
        assert [line.strip() for line in lines(app)[1:] if line.strip()][1:] == ["1 in layer 2.", "⏎ goes there."]
        await pilot.press(*keys)
        await settled(pilot)
        assert layers(app).number == 2
        assert names(app)[files(app).cursor] == "app/main.py"
        assert app.focused is files(app)


async def test_a_malformed_filter_is_told_and_the_last_result_stays(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("slash", *"group")
        await until(pilot, lambda: names(app) == ["etc", "etc/group"])
        await pilot.press("left_parenthesis")
        await until(pilot, lambda: "not a regular" in str(app.screen.query_one("#filter-result", Label).content))
        assert names(app) == ["etc", "etc/group"]
        assert app.screen.query_one(Input).value == "group("


async def test_tab_goes_round_the_panes_and_arrows_round_the_tabs(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        seen = []
        for key in ("tab", "tab", "right", "3", "right", "tab", "shift+tab"):
            await pilot.press(key)
            await pilot.pause()
            assert app.focused is not None and app.focused.size
            seen.append(app.focused.id)
        assert seen == ["files", "details", "wasted-list", "image", "details", "layers", "details"]


async def test_details_tell_the_history_of_a_path(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down", "tab", "l", "down", "1")
        await settled(pilot)
        text = "\n".join(lines(app, "#details"))
        assert "/app/main.py" in text
        assert "owner 0:0 → 1000:1000" in text
        assert "content the same, stored again" in text


async def test_the_path_is_copied(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "down", "y")
        assert app.clipboard == "/etc"


async def test_of_a_name_that_is_not_utf_8_is_copied_what_is_shown(tmp_path: Path) -> None:
    app = explored(docker_archive(tmp_path / "caf\udce9.tar", layer(file("a", b"a")), tag=""))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("3", "y")
        assert app.clipboard == r"caf\xe9.tar"


async def test_copying_an_empty_line_leaves_the_clipboard(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "y")
        assert app.clipboard == "/bin"
        await pilot.press("1")
        await settled(pilot)
        details = app.screen.query_one("#details", Description)
        details.move_to(next(row for row, line in enumerate(lines(app, "#details")) if not line))
        await pilot.press("y")
        assert app.clipboard == "/bin"


async def test_names_reach_the_terminal_escaped(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "tab", "ctrl+@")
        text = "\n".join(lines(app))
        assert "\x1b" not in text
        assert r"\xff\x1b[31mred" in text
        assert "日本語.txt" in text


async def test_long_rows_wrap_or_move_sideways(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "down")
        row = lines(app, "#layers")[3]
        assert row.endswith("…")
        await pilot.press("greater_than_sign")
        assert lines(app, "#layers")[3] != row
        await pilot.press("less_than_sign", "ctrl+p")
        text = "".join("".join(lines(app, "#layers")).split())
        assert "RUNchown-R1000:1000/app&&chmod600/etc/passwd" in text


async def test_the_mouse_selects_folds_and_drags_the_scroll_bar(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 16)) as pilot:
        await settled(pilot)
        await pilot.click("#layers", offset=(10, 2))
        assert layers(app).number == 2
        await pilot.click("#files", offset=(40, 4))
        assert files(app).cursor == 3
        fold = lines(app)[4].index("▸")
        await pilot.click("#files", offset=(fold, 4))
        assert "usr/lib" in names(app)
        await pilot.press("ctrl+@")
        first = lines(app)[1]
        await pilot.mouse_down("#files", offset=(files(app).size.width - 1, files(app).size.height - 1))
        await pilot.mouse_up("#files")
        assert lines(app)[1] != first


async def test_tabs_and_keys_can_be_clicked(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        title = "╭─ Details │ Wasted │ Image"
        await pilot.click("#tabs-pane", offset=(title.index("Wasted") + 2, 0))
        await until(pilot, lambda: app.screen.query_one(ContentSwitcher).current == "wasted")
        await pilot.press("tab")
        await pilot.pause()
        line = str(app.screen.query_one(KeyLine).render())
        await pilot.click(KeyLine, offset=(line.index("empty steps") + 2, 0))
        await until(pilot, lambda: layers(app).row_count == 6)


async def test_a_command_is_found_by_its_name(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "colon")
        await pilot.press(*"folders,")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, CommandPalette))
        await until(pilot, lambda: "bin/sh" in names(app))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (10, 4), (80, 3), (5, 60), (300, 90), (20, 20)])
async def test_any_size_of_terminal_is_survived(open_app: Open, size: tuple[int, int]) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("down", "tab", "ctrl+@", "end")
        await pilot.resize_terminal(*size)
        for key in ("pageup", "w", "slash", "a", "escape", "tab", "2", "down", "3", "question_mark", "escape", "tab"):
            await pilot.press(key)
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert any("kB" in line for line in lines(app))


async def test_all_keys_are_listed_and_closed(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 60)) as pilot:
        await settled(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, KeysScreen)
        await pilot.press("escape")
        assert not isinstance(app.screen, KeysScreen)


async def test_what_a_key_does_is_never_cut(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(60, 60)) as pilot:
        await settled(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        assert "another image or platform of the same place, if there is one" in " ".join(
            " ".join(lines(app, "KeyList")).split()
        )


async def test_every_sign_on_the_screen_is_explained(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 120)) as pilot:
        await settled(pilot)
        await pilot.press("end", "tab", "s", "ctrl+@")
        await pilot.pause()
        seen = {sign for line in [*lines(app), *lines(app, "#layers")] for sign in line if not sign.isascii()}
        await pilot.press("question_mark", "end")
        await pilot.pause()
        told = lines(app, "KeyList")
        meant = "".join(line[:21] for line in told[told.index(" Signs") :])
        assert set("−·▾→⇒▌█") <= seen
        assert seen - set("│▏▎▍▌▋▊▉日本語▐") <= set(meant)
        assert set("+~") <= set(meant)


async def test_keys_can_be_given_other_keys(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        app.set_keymap({"files.fold": "x"})
        await settled(pilot)
        await pilot.press("tab", "x")
        assert "bin/sh" in names(app)


def test_every_key_has_its_own_id_and_a_known_place() -> None:
    assert len({key.id for key in KEYS}) == len(KEYS)
    assert {key.place for key in KEYS} == set(PLACES)


async def test_an_unreadable_layer_leaves_the_others_usable(archive: Path) -> None:
    (described, restacked), inbox = all_of(archive), Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    error = DamagedError("the tar ends\x1b[2J inside an entry", "Save the image again.")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(described)
        inbox.put(LayerFailed(2, error))
        await until(pilot, lambda: any("unreadable" in line for line in lines(app, "#layers")))
        await pilot.press("down")
        await pilot.pause()
        assert r"\x1b[2J inside" in "\n".join(lines(app))
        inbox.put(restacked)
        inbox.put(Finished())
        await pilot.press("up")
        await until(pilot, lambda: names(app) == ["bin", "etc", "usr", "var"])


@pytest.mark.parametrize(
    ("progress", "told"),
    [
        pytest.param((), "Layer 1 is still to be read …", id="nothing"),
        pytest.param((Progressed(2, 5, 10),), "Layer 1 is still to be read …", id="another layer"),
        pytest.param((Progressed(1, 5, 0),), "Layer 1 is being read …", id="of unknown size"),
        pytest.param((Progressed(0, 5, 10),), "Layer 1 is being read …", id="a stream of layers"),
        pytest.param((Progressed(1, 5, 10), Progressed(1, 10, 10)), "Layer 1 is read.", id="all of it"),
    ],
)
async def test_how_far_a_layer_is_stands_in_place_of_its_files(
    archive: Path, progress: tuple[Progressed, ...], told: str
) -> None:
    image = Exploration(open_source(str(archive))).source.describe()
    assert image
    inbox = Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(Described(image))
        await until(pilot, lambda: layers(app).row_count > 0)
        for event in progress:
            inbox.put(event)
        await until(pilot, lambda: lines(app)[2] == f"  {told}")


async def test_how_far_one_layer_is_does_not_displace_how_far_another_is(archive: Path) -> None:
    """Of one layer only the last step is shown where several come at once, and of each layer that."""
    image = Exploration(open_source(str(archive))).source.describe()
    assert image
    inbox = Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(Described(image))
        await until(pilot, lambda: layers(app).row_count > 0)
        for done in range(1, 4):
            for layer_ in (1, 2, 3):
                inbox.put(Progressed(layer_, done * layer_, 16))
        told = ("18 %", "37 %", "56 %")
        await until(pilot, lambda: all(percent in "\n".join(lines(app, "#layers")) for percent in told))


@pytest.mark.parametrize("width", [80, 120, 200])
async def test_a_long_name_leaves_room_for_what_happens(archive: Path, width: int) -> None:
    image = Exploration(open_source(str(archive))).source.describe()
    assert image
    inbox = Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(width, 40)) as pilot:
        head = app.screen.query_one(Head)
        name = f"quay.io/podman/hello@sha256:{'0123456789abcdef' * 4}"
        inbox.put(Described(replace(image, name=name)))
        inbox.put(Progressed(1, 5, 10))
        await until(pilot, lambda: "▕" in str(head.render()))
        assert "quay.io/podman/hello@sha256:01" in str(head.render())
        inbox.put(LayerFailed(2, DamagedError("the tar ends inside an entry")))
        await until(pilot, lambda: "✗ layer 2: the tar ends inside an entry" in str(head.render()))
        assert head.render().cell_length <= width


async def test_before_the_first_layer_there_are_no_files_whatever_else_cannot_be_read(tmp_path: Path) -> None:
    history: list[dict[str, object]] = [{"created_by": "ARG VERSION", "empty_layer": True}, {"created_by": "COPY . /"}]
    archive = docker_archive(tmp_path / "steps.tar", layer(file("a", b"a")), history=history)
    app = explored(archive, LayerFailed(1, DamagedError("the tar ends inside an entry")))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("e", "home")
        await until(pilot, lambda: "Before the first layer there are no files." in lines(app)[2])


async def test_of_an_image_without_layers_the_details_say_so(tmp_path: Path) -> None:
    app = explored(docker_archive(tmp_path / "empty.tar"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "This image has no layers." in lines(app, "#details")[0])
        assert "no files" in lines(app)[2]


def test_of_a_layer_that_is_read_from_less_than_its_bytes_the_share_counts(archive: Path) -> None:
    """An engine's record of it, or a table of contents."""
    exploration = Exploration(open_source(str(archive)))
    exploration.run()
    assert exploration.image and exploration.stack and exploration.account
    sizes = [layer.stored_size or layer.size or 0 for layer in exploration.image.layers]
    known, loading = Known(progress={1: (3, 4), 2: (0, 0)}), Loading()
    known.measure(loading, exploration.image)
    assert (loading.done, loading.total, loading.indexed) == (round(sizes[0] * 0.75), sum(sizes), 0)
    known.take(exploration.stack, exploration.account)
    known.measure(loading, exploration.image)
    assert (loading.done, loading.indexed) == (sum(sizes), len(sizes))


async def test_an_abort_before_anything_is_known_ends_the_app_with_the_error(archive: Path) -> None:
    inbox = Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    error = DamagedError("no image", "Choose another.")
    async with app.run_test(size=(80, 24)) as pilot:
        inbox.put(Aborted(error))
        await pilot.pause()
    assert app.return_value is error


async def test_layers_appear_while_they_are_read(archive: Path) -> None:
    """By the real worker processes."""
    exploration, inbox = Exploration(open_source(str(archive))), Inbox[ExplorationEvent]()
    exploration.start(inbox.put)
    app = LayerviewApp(inbox, "shop")
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: layers(app).row_count == 4)
            await until(pilot, lambda: files(app).row_count > 0)
            assert names(app) == ["bin", "etc", "usr", "var"]
            await pilot.press("2")
            await until(pilot, lambda: len(lines(app, "#wasted")) > 3)
            assert app.screen.query_one(ContentSwitcher).current == "wasted"
    finally:
        exploration.close()


def begun() -> Begun:
    """Ten entries of the lowest layer have been read."""
    index = index_stream(BytesIO(layer(*base()[:10])).read)
    return Begun(Stack(merge(4, {1: index}, lambda layer, row: None), {1: index}))


async def test_the_lowest_layer_is_explored_while_it_is_read(archive: Path) -> None:
    """What there is of it stands for nothing but itself, and goes where all of it comes."""
    (described, restacked), inbox = all_of(archive), Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(described)
        inbox.put(Progressed(1, 1, 4))
        inbox.put(begun())
        await until(pilot, lambda: files(app).outline is not None)
        assert names(app) == ["bin", "etc", "usr", "var"]
        title = app.screen.query_one("#files-pane", Pane).border_title
        assert "Files at layer 1 so far" in str(title)
        await until(pilot, lambda: "25 %" in lines(app, "#layers")[1])
        assert "efficiency …" in str(app.screen.query_one(Head).render())
        await pilot.press("tab", "space", "down", "down", "shift+tab", "down")
        assert files(app).comparison is None
        await pilot.press("up", "tab")
        assert names(app) == ["bin", "bin/busybox", "bin/sh", "bin/vi", "etc", "usr", "var"]
        inbox.put(restacked)
        await until(pilot, lambda: "so far" not in str(app.screen.query_one("#files-pane", Pane).border_title))
        assert files(app).cursor == 2
        assert names(app)[:5] == ["bin", "bin/busybox", "bin/sh", "bin/vi", "etc"]


@pytest.mark.parametrize("event", [LayerFailed(1, DamagedError("cut off")), Aborted(DamagedError("cut off"))])
async def test_nothing_is_left_of_a_layer_that_cannot_be_read_to_its_end(
    archive: Path, event: LayerFailed | Aborted
) -> None:
    exploration, inbox = Exploration(open_source(str(archive))), Inbox[ExplorationEvent]()
    image = exploration.source.describe()
    assert image
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(Described(image))
        inbox.put(begun())
        await until(pilot, lambda: files(app).comparison is not None)
        inbox.put(event)
        await until(pilot, lambda: files(app).comparison is None)
        assert "cut off" in "\n".join(lines(app))


@pytest.mark.parametrize(("width", "head"), [(120, "the engine is preparing its export …"), (80, "preparing …")])
async def test_an_export_that_is_being_made_ready_is_told_of(archive: Path, width: int, head: str) -> None:
    image = Exploration(open_source(str(archive))).source.describe()
    assert image
    inbox = Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(width, 40)) as pilot:
        inbox.put(Described(image))
        inbox.put(Progressed(0, 0, 0))
        await until(pilot, lambda: head in str(app.screen.query_one(Head).render()))
        assert "The engine is preparing an export" in "\n".join(lines(app))
        inbox.put(Progressed(0, 0, 100))
        await until(pilot, lambda: "Layer 1 is being read" in "\n".join(lines(app)))
        await until(pilot, lambda: "preparing" not in str(app.screen.query_one(Head).render()))


def test_the_time_left_counts_from_the_first_bytes(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(import_module("layerview.tui.panes.known"), "monotonic", lambda: now)
    image = Exploration(open_source(str(archive))).source.describe()
    known, loading = Known(progress={0: (0, 100)}), Loading()
    known.measure(loading, image)
    now = 200.0
    known.progress[0] = (25, 100)
    known.measure(loading, image)
    now = 203.0
    known.measure(loading, image)
    assert loading.since == 200.0


async def test_a_filter_that_is_typed_before_there_is_a_tree_holds_once_there_is(archive: Path) -> None:
    (described, restacked), inbox = all_of(archive), Inbox[ExplorationEvent]()
    app = LayerviewApp(inbox, "shop")
    async with app.run_test(size=(120, 40)) as pilot:
        inbox.put(described)
        await until(pilot, lambda: layers(app).row_count == 4)
        await pilot.press("slash", *"pass", "enter")
        inbox.put(restacked)
        inbox.put(Finished())
        await until(pilot, lambda: files(app).outline is not None)
        assert names(app) == ["etc", "etc/passwd"]
        assert app.screen.query_one(FilterBar).display


async def test_the_layer_keys_pass_steps_that_made_none_and_the_mark_goes_along(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("e", "tab")
        for number in (2, 3, 4):
            await pilot.press("right_square_bracket")
            step = layers(app).step
            assert step and step[1] and step[1].number == number
        await pilot.press("shift+tab", "up")
        assert (step := layers(app).step) and step[1] is None
        await pilot.press("left_square_bracket")
        step = layers(app).step
        assert step and step[1] and step[1].number == 3


async def test_a_fold_leaves_the_cursor_where_it_is(open_app: Open) -> None:
    app = open_app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "ctrl+@", "end", *("up",) * 3, "ctrl+@")
        cursor = files(app).cursor
        await pilot.press("space")
        assert files(app).cursor == cursor
        await pilot.press("space", "end", "l")
        assert (files(app).cursor, names(app)[-1]) == (files(app).row_count - 1, "var")
