"""Statements 16 to 19: what counts as a change."""

import pytest

from layerview.filesystem import Aspect, Comparison, Stack, merge
from layerview.trees import Change
from tests.builders import Entry, device, directory, file, hardlink, index, symlink, whiteout
from tests.stacks import changes, node, stack, without_checksums


@pytest.mark.parametrize(
    ("below", "above", "changed"),
    [
        (file("a", b"12"), file("a", b"123"), "modified content"),
        (file("a", b"12"), file("a", b"21"), "modified content"),
        (file("a", b"12"), symlink("a", "b"), "modified type mode"),
        (symlink("a", "b"), symlink("a", "c"), "modified link"),
        (file("a", mode=0o644), file("a", mode=0o4755), "modified mode"),
        (file("a"), file("a", uid=1), "modified uid"),
        (file("a"), file("a", gid=1), "modified gid"),
        (device("a", 1, 3), device("a", 1, 5), "modified device"),
        (file("a"), file("a", xattrs={"security.capability": b"\1\0"}), "modified xattrs"),
        (file("a", xattrs={"user.a": b"1"}), file("a", xattrs={"user.a": b"2"}), "modified xattrs"),
        (file("a", mtime=1), file("a", mtime=2), "modified time"),
        (file("a", mtime=1.25), file("a", mtime=1.5), "modified time"),
        (directory("a"), directory("a", mode=0o700, mtime=5), "modified mode time"),
    ],
)
def test_each_aspect_of_a_path_counts(below: Entry, above: Entry, changed: str) -> None:
    """Statement 16."""
    assert changes(stack((below,), (above,)), 1, 2) == {"a": changed}


@pytest.mark.parametrize(
    "entry",
    [file("a", b"12", mtime=3, xattrs={"user.a": b"1"}), symlink("a", "b"), device("a", 1, 3), directory("a", uid=3)],
)
def test_what_is_stored_again_the_same_is_unmodified(entry: Entry) -> None:
    """Statement 16."""
    s = stack((entry,), (entry,))
    assert changes(s, 1, 2) == {}
    assert s.counts(2).total == 0


def test_metadata_only_is_told_apart_from_identical() -> None:
    """Statement 17."""
    s = stack((file("a", b"12"), file("b", b"12")), (file("a", b"12", mode=0o600), file("b", b"12")))
    again = s.history(node(s, "a"))[-1]
    assert (again.change, again.aspects, again.stored) == (Change.MODIFIED, Aspect.MODE, 2)
    identical = s.history(node(s, "b"))[-1]
    assert (identical.change, identical.aspects, identical.stored) == (Change.UNMODIFIED, Aspect(0), 2)


def test_folder_that_changed_is_told_apart_from_one_with_changes_below() -> None:
    """Statement 18."""
    s = stack(
        (directory("a"), directory("b"), directory("c"), file("b/x")), (file("a/new"), directory("b", mode=0o700))
    )
    comparison = Comparison(s, 1, 2)
    assert (comparison.change(node(s, "a")), comparison.changed_below(node(s, "a"))) == (Change.UNMODIFIED, True)
    assert (comparison.change(node(s, "b")), comparison.changed_below(node(s, "b"))) == (Change.MODIFIED, False)
    assert (comparison.change(node(s, "c")), comparison.changed_below(node(s, "c"))) == (Change.UNMODIFIED, False)


def test_change_is_defined_between_any_two_states() -> None:
    """Statement 19."""
    s = stack(
        (file("a", b"1"), file("b", b"1"), file("c", b"1")),
        (file("a", b"22"), whiteout("b"), file("new")),
        (file("a", b"1"), file("b", b"1", uid=4), whiteout("new")),
    )
    assert changes(s, 0, 1) == {"a": "added", "b": "added", "c": "added"}
    assert changes(s, 1, 3) == {"b": "modified uid"}
    assert changes(s, 3, 1) == {"b": "modified uid"}
    assert changes(s, 2, 2) == {}
    assert Comparison(s, 1, 3).changed_below(0)
    assert not Comparison(s, 1, 3).changed_below(node(s, "a"))


def test_a_file_that_becomes_a_link_of_an_equal_one_has_not_changed() -> None:
    """Statement 16."""
    s = stack((file("a", b"1"), file("b", b"1")), (file("a", b"1"), hardlink("b", "a")))
    assert changes(s, 1, 2) == {}


def test_counts_of_a_layer() -> None:
    s = stack((directory("d"), file("d/a"), file("d/b")), (whiteout("d"), file("new"), file("e/f")))
    counts = s.counts(2)
    assert (counts.added, counts.modified, counts.removed, counts.total) == (3, 0, 3, 6)
    assert Comparison(s, 1, 2).counts() == counts
    assert Comparison(s, 0, 2).counts().added == 3


def test_contents_of_equal_size_are_told_apart_over_a_removal_between_them() -> None:
    """Statements 17 and 19: checksums are asked for late."""
    layers = {1: index(file("a", b"1")), 2: index(whiteout("a")), 3: index(file("a", b"2"))}
    unknown = {number: without_checksums(layer) for number, layer in layers.items()}
    s = Stack(merge(3, unknown, lambda layer, row: layers[layer].crc[row]), unknown)
    assert changes(s, 1, 3) == {"a": "modified content"}


def test_contents_that_cannot_be_read_are_no_ones_equal() -> None:
    """Statement 17."""
    unknown = {
        number: without_checksums(index(file("a", content))) for number, content in ((1, b"1"), (2, b"22"), (3, b"1"))
    }
    s = Stack(merge(3, unknown, lambda layer, row: None), unknown)
    assert changes(s, 1, 3) == {"a": "modified content"}


def test_a_comparison_backwards_lists_all_its_changes() -> None:
    """Statement 19."""
    s = stack((file("a"), file("b")), (whiteout("a"), file("c")))
    backwards = Comparison(s, 2, 1)
    assert backwards.changes[1:] == bytes((Change.ADDED, Change.UNMODIFIED, Change.REMOVED))
    assert backwards.changed_below(0)


def test_a_folder_that_no_layer_lists_differs_from_a_file_in_what_it_is() -> None:
    """Statements 12 and 16."""
    s = stack((file("a", mode=0o755),), (file("a/b"),))
    assert changes(s, 1, 2)["a"] == "modified type"


def test_a_hard_link_to_a_symbolic_link_of_a_lower_layer_has_that_links_mode() -> None:
    """Statement 31, whatever the hard link's own header says."""
    s = stack((symlink("a", "x"), symlink("b", "x")), (hardlink("a", "b", mode=0o644),))
    entry = s.entry(node(s, "a"), 2)
    assert entry is not None and entry.mode == 0o777
    assert changes(s, 1, 2) == {}
