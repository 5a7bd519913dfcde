"""Statements 10 to 15: what takes the place of what."""

import pytest

from layerview.filesystem import Aspect, Comparison
from layerview.layers import Kind
from layerview.trees import Change
from tests.builders import Entry, device, directory, fifo, file, symlink, whiteout
from tests.stacks import changes, node, paths, stack


def test_folder_over_folder_takes_the_metadata_and_keeps_the_children() -> None:
    """Statement 10."""
    s = stack((directory("d", mode=0o755), file("d/a")), (directory("d", mode=0o700, uid=7),))
    assert paths(s) == ["d/", "d/a"]
    assert changes(s, 1, 2) == {"d": "modified mode uid"}


@pytest.mark.parametrize("above", [file("d", b"x"), symlink("d", "e"), fifo("d"), device("d", 1, 3)])
def test_anything_else_over_a_folder_removes_all_below_it(above: Entry) -> None:
    """Statement 11."""
    s = stack((directory("d"), file("d/a"), directory("d/b"), file("d/b/c")), (above,))
    assert paths(s) == ["d"]
    assert s.size(0, 2) == len(above.content)


@pytest.mark.parametrize("below", [file("d", b"x"), symlink("d", "e"), fifo("d")])
def test_folder_over_anything_else_replaces_it(below: Entry) -> None:
    """Statement 11."""
    s = stack((below,), (directory("d"), file("d/a")))
    assert paths(s) == ["d/", "d/a"]
    assert changes(s, 1, 2)["d"].startswith("modified type")


def test_parent_that_a_layer_does_not_list_keeps_the_lower_metadata() -> None:
    """Statement 12."""
    s = stack((directory("d", mode=0o700, uid=5),), (file("d/a"),))
    assert changes(s, 1, 2) == {"d/a": "added"}
    entry = s.entry(node(s, "d"), 2)
    assert entry is not None and (entry.mode, entry.uid, entry.layer) == (0o700, 5, 1)


def test_parent_that_no_layer_lists_exists_as_0755_root() -> None:
    """Statement 12."""
    s = stack((file("a/b/c"),))
    assert paths(s) == ["a/", "a/b/", "a/b/c"]
    entry = s.entry(node(s, "a/b"), 1)
    assert entry is not None and entry.implied
    assert (entry.kind, entry.mode, entry.uid, entry.gid) == (Kind.DIRECTORY, 0o755, 0, 0)
    assert s.entries(1) == 1


@pytest.mark.parametrize(
    ("below", "above", "said"),
    [
        ((symlink("d", "e"),), (file("d/a"),), True),
        ((symlink("d", "e"),), (directory("d"), file("d/a")), False),
        ((directory("d"),), (file("d/a"),), False),
        ((file("d"),), (file("d/a"),), False),
    ],
)
def test_only_a_folder_that_nobody_lists_over_a_link_is_said_at_the_path(
    below: tuple[Entry, ...], above: tuple[Entry, ...], said: bool
) -> None:
    """Statement 14."""
    s = stack(below, above)
    first, *later = s.history(node(s, "d"))
    assert (first.aspects, first.note) == (Aspect(0), "")
    assert any("other runtimes may follow it" in event.note for event in later) == said


def test_path_listed_twice_in_a_layer_is_what_the_last_one_says() -> None:
    """Statement 13."""
    s = stack((file("a", b"1"), file("b"), file("./a", b"222")))
    assert paths(s) == ["a", "b"]
    assert s.size(node(s, "a"), 1) == 3
    assert len(s.warnings(1)) == 1


def test_file_over_a_folder_of_the_same_layer_removes_what_stood_below_it() -> None:
    """Statements 11 and 13."""
    s = stack((directory("a"), file("a/b", b"12"), file("a", b"x")))
    assert paths(s) == ["a"]
    assert s.size(0, 1) == 1


def test_entry_below_a_file_of_the_same_layer_makes_it_a_folder() -> None:
    """Statement 13."""
    s = stack((file("a", b"x"), file("a/b", b"12")))
    assert paths(s) == ["a/", "a/b"]


def test_entry_behind_a_link_of_the_same_layer_lands_where_the_link_points() -> None:
    """Statement 14."""
    s = stack((directory("real"), symlink("link", "real"), file("link/a")))
    assert paths(s) == ["link", "real/", "real/a"]


def test_entry_behind_a_link_of_a_lower_layer_replaces_the_link_by_a_folder() -> None:
    """Statement 14."""
    s = stack((directory("real"), file("real/kept"), symlink("link", "real")), (file("link/a"),))
    assert paths(s) == ["link/", "link/a", "real/", "real/kept"]
    assert "runtimes" in s.history(node(s, "link"))[-1].note


def test_path_removed_and_added_again_has_both_in_its_history() -> None:
    """Statement 15."""
    s = stack((file("a", b"1"),), (whiteout("a"),), (file("a", b"1"),))
    assert [event.change for event in s.history(node(s, "a"))] == [Change.ADDED, Change.REMOVED, Change.ADDED]
    assert [paths(s, layer) for layer in range(4)] == [[], ["a"], [], ["a"]]
    assert changes(s, 2, 3) == {"a": "added"}
    assert changes(s, 1, 3) == {}


def test_a_layer_that_is_missing_counts_as_empty_and_is_named() -> None:
    from layerview.filesystem import Stack, merge
    from tests.builders import index

    indexes = {1: index(file("a")), 3: index(file("b"))}
    s = Stack(merge(3, indexes, lambda layer, row: None), indexes)
    assert paths(s, 3) == ["a", "b"]
    assert s.missing == {2}


@pytest.mark.parametrize("layers", [(), ((),), ((), (), ())])
def test_images_without_layers_or_entries_have_a_root(layers: tuple[()]) -> None:
    """Statement 41."""
    s = stack(*layers)
    assert list(s.walk(s.layers)) == [0]
    entry = s.entry(0, s.layers)
    assert entry is not None and entry.implied


def test_127_layers_stack() -> None:
    """Statement 41."""
    s = stack(*((file("same", b"%d" % n), file(f"own{n:03}")) for n in range(127)))
    assert len(paths(s)) == 128
    assert len(s.history(node(s, "same"))) == 127
    assert s.history(node(s, "same"))[-1].aspects == Aspect.CONTENT


def test_a_folder_that_was_a_file_for_a_while_keeps_the_lower_children() -> None:
    """Statements 10 and 13: the layer is one tree before it meets those below."""
    s = stack((directory("a"), file("a/x")), (file("a"), directory("a"), file("a/y")))
    assert paths(s) == ["a/", "a/x", "a/y"]
    s = stack((directory("a"), file("a/x")), (file("a"), file("a/y")))
    assert paths(s) == ["a/", "a/x", "a/y"]


def test_what_stood_below_a_folder_before_it_was_a_file_is_gone() -> None:
    """Statements 11 and 13."""
    s = stack((file("a/x", b"1"), file("a"), directory("a"), file("a/y")))
    assert paths(s) == ["a/", "a/y"]
    assert not Comparison(s, 0, 1).presence[node(s, "a/x")]
