"""Statements 23 and 24: every stored byte is accounted for."""

import pytest

from layerview.analysis import account
from layerview.filesystem import Reason, Stack
from tests.builders import Entry, directory, file, hardlink, opaque, symlink, whiteout
from tests.stacks import stack

BIG = b"0123456789"


def wasted(s: Stack) -> dict[tuple[int, int, str], int]:
    found = account(s)
    assert found.total_bytes - found.final_bytes == found.wasted_bytes == sum(found.matrix.values())
    assert found.wasted_bytes == sum(waste.bytes for waste in found.wastes)
    assert found.wasted_bytes == sum(found.wasted_of(layer) for layer in range(1, s.layers + 1))
    assert found.wasted_files == len(found.wastes)
    assert found.final_bytes == s.size(0, s.layers)
    assert found.total_bytes == sum(s.stored(layer) for layer in range(1, s.layers + 1))
    return {(stored, hidden, str(reason)): size for (stored, hidden, reason), size in found.matrix.items()}


@pytest.mark.parametrize(
    ("above", "reason"),
    [
        (whiteout("d/a"), "removed"),
        (whiteout("d"), "removed"),
        (opaque("d"), "removed"),
        (file("d", b""), "removed"),
        (file("d/a", b"x"), "replaced"),
        (symlink("d/a", "x"), "replaced"),
        (directory("d/a"), "replaced"),
        (file("d/a", BIG, mode=0o600), "metadata only"),
        (file("d/a", BIG), "identical"),
    ],
)
def test_bytes_are_charged_to_who_stores_and_who_hides_them(above: Entry, reason: str) -> None:
    """Statement 24."""
    s = stack((directory("d"), file("d/a", BIG)), (file("other"),), (above,))
    assert wasted(s) == {(1, 3, reason): 10}


def test_a_file_changed_twice_is_charged_for_each_copy() -> None:
    """Statement 24."""
    s = stack((file("a", BIG),), (file("a", BIG * 2),), (whiteout("a"),))
    assert wasted(s) == {(1, 2, "replaced"): 10, (2, 3, "removed"): 20}
    assert [(w.bytes, w.stored_by, w.hidden_by, w.reason) for w in account(s).wastes] == [
        (20, 2, 3, Reason.REMOVED),
        (10, 1, 2, Reason.REPLACED),
    ]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (file("a", b"x"), "replaced"),
        (file("a", BIG, uid=1), "metadata only"),
        (file("a", BIG), "identical"),
        (symlink("a", "b"), "replaced"),
    ],
)
def test_a_path_that_one_layer_holds_twice_is_charged_to_it_on_both_sides(second: Entry, reason: str) -> None:
    """Statement 24."""
    assert wasted(stack((file("a", BIG), second))) == {(1, 1, reason): 10}


def test_a_hard_linked_file_is_wasted_when_its_last_name_goes() -> None:
    """Statements 22 and 24."""
    s = stack((file("a", BIG), hardlink("b", "a")), (whiteout("a"),), (whiteout("b"),))
    assert wasted(s) == {(1, 3, "removed"): 10}
    assert wasted(stack((file("a", BIG), hardlink("b", "a")), (whiteout("a"),))) == {}


@pytest.mark.parametrize(("own", "other"), [("a", "b"), ("b", "a")])
def test_of_a_file_with_several_names_its_own_says_why_it_is_wasted(own: str, other: str) -> None:
    """Statement 24; the one by which it is stored, whichever of them goes first."""
    linked = (file(own, BIG), hardlink(other, own))
    assert wasted(stack(linked, (file(own, b"x"), whiteout(other)))) == {(1, 2, "replaced"): 10}
    assert wasted(stack(linked, (whiteout(own), file(other, b"x")))) == {(1, 2, "removed"): 10}


def test_bookkeeping_of_aufs_without_a_link_is_wasted() -> None:
    """Statements 7 and 23."""
    assert wasted(stack((file(".wh..wh.plnk/1.2", BIG),))) == {(1, 1, "removed"): 10}


def test_efficiency_is_final_by_total() -> None:
    """Statement 23."""
    found = account(stack((file("a", BIG * 3),), (file("b", BIG), whiteout("a"))))
    assert (found.total_bytes, found.final_bytes, found.efficiency) == (40, 10, 0.25)


def test_efficiency_of_an_image_without_bytes_is_1() -> None:
    """Statement 23."""
    assert account(stack((directory("a"),))).efficiency == 1


def test_what_a_layer_stores_and_removes_itself_is_told_from_what_it_replaces() -> None:
    """Statement 24."""
    assert wasted(stack((file("d/a", BIG), file("d")))) == {(1, 1, "removed"): 10}
    assert wasted(stack((file("d", BIG), file("d/a")))) == {(1, 1, "replaced"): 10}


def test_bookkeeping_of_aufs_that_is_listed_twice_is_wasted_twice() -> None:
    """Statements 13 and 23."""
    assert wasted(stack((file(".wh..wh.plnk/1.2", BIG), file(".wh..wh.plnk/1.2", BIG)))) == {(1, 1, "removed"): 20}
