"""Statements 1 to 6 and 8: what a layer removes from those below."""

import pytest

from tests.builders import Entry, directory, file, opaque, symlink, whiteout
from tests.stacks import changes, node, paths, stack


def test_whiteout_removes_a_path_and_all_below_it() -> None:
    """Statement 1."""
    s = stack((directory("a"), file("a/b"), directory("a/c"), file("a/c/d"), file("e")), (whiteout("a"),))
    assert paths(s, 1) == ["a/", "a/b", "a/c/", "a/c/d", "e"]
    assert paths(s, 2) == ["e"]
    assert changes(s, 1, 2) == {"a": "removed", "a/b": "removed", "a/c": "removed", "a/c/d": "removed"}


@pytest.mark.parametrize("entries", [(whiteout("a"), file("a", b"2")), (file("a", b"2"), whiteout("a"))])
def test_whiteout_spares_what_its_own_layer_adds_before_or_after_it(entries: tuple) -> None:  # type: ignore[type-arg]
    """Statement 1."""
    s = stack((file("a", b"11"),), entries)
    assert paths(s) == ["a"]
    assert s.size(1, 2) == 1
    assert changes(s, 1, 2) == {"a": "modified content"}


def test_whiteout_and_a_new_folder_of_the_same_name_leave_only_the_new_children() -> None:
    """Statement 1."""
    s = stack((directory("d"), file("d/old")), (directory("d", mode=0o700), file("d/new"), whiteout("d")))
    assert paths(s) == ["d/", "d/new"]
    assert changes(s, 1, 2) == {"d": "modified mode", "d/old": "removed", "d/new": "added"}


def test_whiteout_hides_only_lower_layers() -> None:
    """Statement 1."""
    s = stack((whiteout("a"),), (file("a"),))
    assert paths(s) == ["a"]


@pytest.mark.parametrize("first", [True, False])
def test_opaque_marker_removes_lower_children_and_keeps_those_of_its_layer(first: bool) -> None:
    """Statement 2."""
    new = file("d/new")
    upper = (opaque("d"), new) if first else (new, opaque("d"))
    s = stack((directory("d"), file("d/old"), directory("d/sub"), file("d/sub/x")), (directory("d"), *upper))
    assert paths(s) == ["d/", "d/new"]


def test_opaque_marker_works_without_an_entry_for_its_folder() -> None:
    """Statement 2."""
    s = stack((directory("d", mode=0o700), file("d/old")), (opaque("d"), file("d/new")))
    assert paths(s) == ["d/", "d/new"]
    entry = s.entry(1, 2)
    assert entry is not None and entry.mode == 0o700


def test_opaque_marker_works_at_the_root() -> None:
    """Statement 2."""
    s = stack((file("old"), directory("d"), file("d/x")), (opaque(), file("new")))
    assert paths(s) == ["new"]


def test_opaque_folder_keeps_a_child_that_its_layer_stores_again() -> None:
    """Statement 2."""
    s = stack((directory("d"), file("d/a", b"1")), (opaque("d"), file("d/a", b"1")))
    assert paths(s) == ["d/", "d/a"]
    assert changes(s, 1, 2) == {}


def test_a_longer_name_than_the_opaque_marker_is_an_ordinary_whiteout() -> None:
    """Statement 3."""
    s = stack((directory("d"), file("d/.wh..opqX"), file("d/a")), (file("d/.wh..wh..opqX"),))
    assert "d/a" in paths(s)


@pytest.mark.parametrize("mark", [whiteout("a"), opaque("d"), opaque()])
def test_whiteouts_never_appear(mark: object) -> None:
    """Statement 4."""
    s = stack((mark, file("b")))  # type: ignore[arg-type]
    assert [path for path in paths(s) if ".wh." in path] == []
    assert "b" in paths(s)


def test_whiteout_of_a_missing_path_removes_nothing() -> None:
    """Statement 5."""
    s = stack((file("a"),), (whiteout("missing"), whiteout("a/b"), file("b")))
    assert paths(s, 1) == ["a"]
    assert changes(s, 1, 2) == {"a": "modified type mode", "b": "added"}


@pytest.mark.parametrize("mark", [whiteout("no/such/file"), opaque("no/such")])
def test_whiteout_needs_its_folder_as_an_entry_does(mark: Entry) -> None:
    """Statement 5."""
    s = stack((file("a"),), (mark,))
    assert paths(s) == ["a", "no/", "no/such/"]
    entry = s.entry(node(s, "no"), 2)
    assert entry is not None and entry.implied


def test_whiteout_below_what_its_layer_has_as_a_file_needs_no_folder() -> None:
    s = stack((file("a"),), (file("b"), whiteout("b/c/d"), whiteout("b/e")))
    assert paths(s) == ["a", "b"]


@pytest.mark.parametrize("mark", [whiteout("l/x"), opaque("l")])
def test_whiteout_behind_a_link_of_a_lower_layer_replaces_the_link_by_a_folder(mark: Entry) -> None:
    """Statement 14."""
    s = stack((directory("d"), file("d/x"), symlink("l", "d")), (mark,))
    assert paths(s) == ["d/", "d/x", "l/"]
    assert "runtimes" in s.history(node(s, "l"))[-1].note


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh..."])
def test_whiteouts_that_name_nothing_are_ignored_with_a_warning(name: str) -> None:
    """Statement 6."""
    s = stack((directory("d"), file("d/a")), (file(f"d/{name}"),))
    assert paths(s) == ["d/", "d/a"]
    assert len(s.warnings(2)) == 1


def test_folder_with_the_name_of_a_whiteout_removes_with_a_warning() -> None:
    """Statement 8."""
    s = stack((file("a"), file("b")), (directory(".wh.a"),))
    assert paths(s) == ["b"]
    assert len(s.warnings(2)) == 1


def test_device_0_0_in_a_tar_is_a_device() -> None:
    """Statement 9."""
    from tests.builders import device

    s = stack((file("a"),), (device("a", 0, 0),))
    assert changes(s, 1, 2) == {"a": "modified type mode"}


def test_whiteout_of_a_link_leaves_what_it_points_to() -> None:
    s = stack((directory("d"), file("d/x"), symlink("l", "d")), (whiteout("l"),))
    assert paths(s) == ["d/", "d/x"]
