"""Statement 46: what a hard link names is what stands there when it comes."""

from __future__ import annotations

import pytest

from layerview.analysis import account
from layerview.filesystem import Stack
from layerview.layers import Kind
from tests.builders import Entry, directory, file, hardlink, opaque, whiteout
from tests.stacks import changes, node, paths, stack


def told(stacked: Stack, path: str) -> tuple[Kind, bytes | None, int, int]:
    """Kind, link, bytes and mode of what is there at last."""
    entry = stacked.entry(node(stacked, path), stacked.layers)
    assert entry is not None
    return entry.kind, entry.link, entry.size, entry.mode


def test_a_later_entry_leaves_a_link_to_a_lower_layer_what_it_was() -> None:
    s = stack((file("a", b"old", mode=0o600),), (hardlink("c", "a", mode=0o600), file("a", b"newer", mode=0o755)))
    assert told(s, "c") == (Kind.FILE, None, 3, 0o600)
    assert told(s, "a") == (Kind.FILE, None, 5, 0o755)
    assert s.size(0, 2) == 8
    assert account(s).wasted_bytes == 0


def test_a_later_whiteout_leaves_it_too() -> None:
    s = stack((file("a", b"old"),), (hardlink("c", "a"), whiteout("a")))
    assert paths(s) == ["c"]
    assert told(s, "c")[:3] == (Kind.FILE, None, 3)


def test_a_link_to_what_comes_behind_it_alone_names_nothing_and_says_so() -> None:
    s = stack(
        (hardlink("c", "a"), file("a", b"1")),
    )
    assert told(s, "c")[:3] == (Kind.FILE, None, 0)
    assert told(s, "a")[:3] == (Kind.FILE, None, 1)
    (event,) = s.history(node(s, "c"))
    assert "engines refuse" in event.note


@pytest.mark.parametrize("removal", [(whiteout("d/a"),), (whiteout("d"),), (directory("d"), opaque("d"))])
def test_a_link_behind_the_removal_of_its_target_is_not_there(removal: tuple[Entry, ...]) -> None:
    """As overlayfs has it, which links the whiteout: so what was there is gone, too."""
    s = stack((file("d/a", b"1"), file("c", b"22"), directory("e"), file("e/x")), (*removal, hardlink("c", "d/a")))
    assert "c" not in paths(s)
    assert changes(s, 1, 2)["c"] == "removed"
    assert account(s).wasted_bytes == 3


def test_a_folder_in_its_place_goes_and_the_folder_that_it_is_in_comes() -> None:
    s = stack(
        (file("a"), directory("e"), file("e/x", b"1")),
        (whiteout("a"), hardlink("e", "a"), hardlink("new/f", "a")),
    )
    assert paths(s) == ["new/"]


def test_links_to_it_are_not_there_either() -> None:
    s = stack((file("a", b"1"),), (whiteout("a"), hardlink("b", "a"), hardlink("c", "b")))
    assert paths(s) == []


def test_what_the_layer_itself_put_in_its_place_before_is_buried() -> None:
    s = stack((file("a"),), (file("c", b"22"), whiteout("a"), hardlink("c", "a")))
    assert paths(s) == []
    assert account(s).wasted_bytes == 2


def test_what_comes_behind_it_in_its_place_is_there() -> None:
    s = stack((file("a"),), (whiteout("a"), hardlink("c", "a"), file("c", b"1")))
    assert paths(s) == ["c"]
