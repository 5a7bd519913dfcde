"""Pictures of each pane and mode, on a low and narrow terminal and on an ordinary one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from layerview.errors import DamagedError
from layerview.exploration import Described, Exploration, ExplorationEvent, LayerFailed, Progressed
from layerview.sources import open_source
from layerview.tui.explore.app import LayerviewApp
from layerview.tui.inbox import Inbox
from tests.tui.conftest import settled

Compare = Callable[..., bool]
Open = Callable[[], LayerviewApp]

SIZES = [pytest.param((80, 24), id="80x24"), pytest.param((120, 40), id="120x40")]


def after(*keys: str) -> Callable[[Any], Any]:
    """Press keys once all is shown, and wait until all is shown again."""

    async def press(pilot: Any) -> None:
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)

    return press


@pytest.mark.parametrize("size", SIZES)
class TestPanes:
    def test_layers_when_opened(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """Layers with sizes, bars and counts; all files of layer 1 added; the layer's details where there is room."""
        assert snap_compare(open_app(), terminal_size=size, run_before=after())

    def test_a_layer_s_own_changes(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """Layer 3 selected, empty steps dimmed in their places, /app modified and open, names escaped."""
        keys = ("e", "down", "down", "down", "tab", "l", "down", "down", "l")
        assert snap_compare(open_app(), terminal_size=size, run_before=after(*keys))

    def test_all_changes_up_to_a_layer(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """Aggregated: all compared layers marked, removed and added files together, unmodified ones hidden."""
        keys = ("end", "ctrl+a", "enter", "equals_sign", "ctrl+@")
        assert snap_compare(open_app(), terminal_size=size, run_before=after(*keys))

    def test_details_of_a_path(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """The history of /etc/passwd: added by layer 1, mode changed by layer 3."""
        keys = ("down", "down", "enter", *("n",) * 6, "1")
        assert snap_compare(open_app(), terminal_size=size, run_before=after(*keys))

    def test_wasted(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """Wasted files by bytes, with reason and both layers."""
        assert snap_compare(open_app(), terminal_size=size, run_before=after("2"))

    def test_image(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """The configuration."""
        assert snap_compare(open_app(), terminal_size=size, run_before=after("3"))

    def test_filter(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """Only paths that match and the folders that lead to them; the number of matches beside the pattern."""
        assert snap_compare(open_app(), terminal_size=size, run_before=after("slash", *"lib.*s"))

    def test_keys(self, snap_compare: Compare, open_app: Open, size: tuple[int, int]) -> None:
        """The list of keys over the explorer."""
        assert snap_compare(open_app(), terminal_size=size, run_before=after("question_mark"))

    def test_while_loading(self, snap_compare: Compare, archive: Path, size: tuple[int, int]) -> None:
        """Layers known, none explorable: unknown figures as dots, one layer half read, one unreadable."""
        exploration, inbox = Exploration(open_source(str(archive))), Inbox[ExplorationEvent]()
        exploration.run()
        assert exploration.image
        inbox.put(Described(exploration.image))
        inbox.put(Progressed(1, 1_000_000, 2_000_000))
        inbox.put(LayerFailed(2, DamagedError("the tar ends inside an entry", "Save the image again.")))
        assert snap_compare(LayerviewApp(inbox, "shop.tar"), terminal_size=size, run_before=after())


def test_a_wide_terminal(snap_compare: Compare, open_app: Open) -> None:
    """Words above the counts, longer bars."""
    assert snap_compare(open_app(), terminal_size=(200, 50), run_before=after("end"))


def test_a_tiny_terminal(snap_compare: Compare, open_app: Open) -> None:
    """Only the pane that has the keys."""
    assert snap_compare(open_app(), terminal_size=(40, 10), run_before=after("tab"))
