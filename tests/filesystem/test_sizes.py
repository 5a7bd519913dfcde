"""Statements 20 to 22 and 52: bytes of files, links and folders."""

import pytest

from layerview.filesystem import Comparison, Measure, Stack, measured
from layerview.layers import Kind
from layerview.trees.sums import Sums
from tests.builders import device, directory, file, hardlink, symlink, whiteout
from tests.stacks import changes, node, paths, stack


def test_only_regular_files_have_bytes() -> None:
    """Statement 20."""
    s = stack((file("a", b"123"), symlink("b", "a" * 50), device("c", 1, 3), directory("d")))
    assert [s.size(n, 1) for n in range(s.nodes)] == [3, 3, 0, 0, 0]


def test_every_hard_link_shows_its_targets_size_and_adds_nothing() -> None:
    """Statement 20."""
    s = stack((file("a", b"123"), hardlink("b", "a"), hardlink("c", "b")))
    assert [s.size(n, 1) for n in range(s.nodes)] == [3, 3, 3, 3]
    link = s.entry(node(s, "c"), 1)
    assert link is not None and (link.kind, link.link) == (Kind.HARDLINK, b"a")


def test_a_folder_counts_each_inode_below_it_once() -> None:
    """Statement 21."""
    s = stack((file("a/x", b"123"), hardlink("a/y", "a/x"), hardlink("b/z", "a/x"), file("b/w", b"1")))
    assert {path: s.size(node(s, path), 1) for path in ("", "a", "b")} == {"": 4, "a": 3, "b": 4}
    assert {path: s.items(node(s, path), 1) for path in ("", "a", "b")} == {"": 6, "a": 2, "b": 2}


def test_a_folder_has_the_bytes_of_all_that_is_in_it() -> None:
    """Statement 21."""
    s = stack((file("a/x", b"123"), file("a/y", b"4567"), file("a/b/z", b"8")), (file("a/w", b"90"), file("a/v", b"1")))
    assert [s.size(node(s, "a"), layer) for layer in range(3)] == [0, 8, 11]


def test_a_link_right_behind_a_folder_is_not_in_it() -> None:
    """Statement 21."""
    s = stack((file("a/x", b"123"), hardlink("b", "a/x")))
    assert {path: s.size(node(s, path), 1) for path in ("", "a", "b")} == {"": 3, "a": 3, "b": 3}


def test_bytes_stay_while_a_name_is_left() -> None:
    """Statement 22."""
    s = stack((file("a/x", b"123"), hardlink("b/z", "a/x")), (whiteout("a/x"),), (whiteout("b/z"),))
    assert [s.size(0, layer) for layer in range(4)] == [0, 3, 3, 0]
    assert [s.size(node(s, "a"), layer) for layer in range(4)] == [0, 3, 0, 0]
    left = s.entry(node(s, "b/z"), 2)
    assert left is not None and (left.kind, left.link, left.size) == (Kind.FILE, None, 3)


def test_a_link_to_a_file_of_a_lower_layer_shares_its_bytes() -> None:
    """Statement 20."""
    s = stack((file("a", b"123"),), (hardlink("d/b", "a"),), (whiteout("a"),))
    assert [s.size(0, layer) for layer in (1, 2, 3)] == [3, 3, 3]
    assert paths(s) == ["d/", "d/b"]


def test_a_link_that_names_nothing_is_an_empty_file() -> None:
    s = stack((hardlink("a", "missing"),))
    entry = s.entry(node(s, "a"), 1)
    assert entry is not None and (entry.kind, entry.size) == (Kind.FILE, 0)


def test_a_hard_link_to_a_symbolic_link_is_told_as_both() -> None:
    s = stack((symlink("a", "target"), hardlink("b", "a")))
    first, second = s.entry(node(s, "a"), 1), s.entry(node(s, "b"), 1)
    assert first is not None and (first.kind, first.link) == (Kind.SYMLINK, b"target")
    assert second is not None and (second.kind, second.link) == (Kind.HARDLINK, b"a")


def test_sizes_of_folders_follow_every_change() -> None:
    """Statement 21."""
    s = stack(
        (file("d/a", b"1" * 10), file("d/e/b", b"2" * 20)),
        (file("d/a", b"1" * 15),),
        (whiteout("d/e"),),
        (file("d", b"x"),),
        (directory("d"), file("d/z", b"1" * 7)),
    )
    assert [s.size(node(s, "d"), layer) for layer in range(6)] == [0, 30, 35, 15, 1, 7]
    assert [s.size(0, layer) for layer in range(6)] == [0, 30, 35, 15, 1, 7]
    assert [s.items(0, layer) for layer in range(6)] == [0, 4, 4, 2, 1, 2]


def test_a_file_in_the_bookkeeping_of_aufs_gives_its_data_to_its_links() -> None:
    """Statement 7."""
    s = stack((file(".wh..wh.plnk/12.34", b"12345"), hardlink("a", ".wh..wh.plnk/12.34")))
    assert paths(s) == ["a"]
    assert (s.size(node(s, "a"), 1), s.size(0, 1)) == (5, 5)


def test_a_root_that_several_layers_list_counts_once() -> None:
    """Statement 21."""
    s = stack((directory("."), file("a", b"1")), (directory("."), file("b", b"2")), (directory("./"),))
    assert [(s.items(0, layer), s.size(0, layer)) for layer in range(4)] == [(0, 0), (1, 1), (2, 2), (2, 2)]


def test_a_hard_link_to_a_symbolic_link_of_a_lower_layer_is_one() -> None:
    """Statement 20."""
    s = stack((symlink("a", "target"),), (hardlink("b", "a"),), (whiteout("a"),))
    second, left = s.entry(node(s, "b"), 2), s.entry(node(s, "b"), 3)
    assert second is not None and (second.kind, second.link) == (Kind.HARDLINK, b"a")
    assert left is not None and (left.kind, left.link) == (Kind.SYMLINK, b"target")


def test_the_last_name_of_a_device_keeps_its_number() -> None:
    s = stack((device("a", 1, 3), hardlink("b", "a")), (whiteout("a"),))
    left = s.entry(node(s, "b"), 2)
    assert left is not None and (left.kind, left.device) == (Kind.CHAR, (1, 3))


def test_a_link_to_bookkeeping_of_aufs_is_a_file() -> None:
    """Statement 7."""
    s = stack((file(".wh..wh.plnk/1.2", b"1"), hardlink("a", ".wh..wh.plnk/1.2")), (file("a", b"1"),))
    entry = s.entry(node(s, "a"), 1)
    assert entry is not None and (entry.kind, entry.size) == (Kind.FILE, 1)
    assert changes(s, 1, 2) == {}


def _own(s: Stack, layer: int, *paths: str) -> list[int]:
    """What a layer stores at each of these paths and below it."""
    return [Comparison(s, layer - 1, layer).stored(node(s, path)) for path in paths]


def test_what_a_layer_stores_below_a_folder_stands_apart_from_all_that_is_there() -> None:
    """Statement 52."""
    s = stack((file("a/big", b"x" * 60), file("b", b"y")), (file("a/small", b"z" * 7), whiteout("b")))
    assert _own(s, 2, "", "a", "a/big", "a/small", "b") == [7, 7, 0, 7, 0]
    assert _own(s, 1, "", "a", "a/big", "a/small", "b") == [61, 60, 60, 0, 1]
    comparison = Comparison(s, 1, 2)
    assert [comparison.difference(node(s, path)) for path in ("", "a", "a/big", "b")] == [6, 7, 0, -1]


def test_a_file_of_several_names_is_stored_once_below_each_folder() -> None:
    """Statement 52."""
    s = stack(
        (file("a/x/1", b"123"), hardlink("a/y/2", "a/x/1"), hardlink("a/y/3", "a/x/1"), hardlink("b", "a/x/1")),
        (hardlink("c", "b"),),
    )
    assert _own(s, 1, "", "a", "a/x", "a/y", "a/y/2", "b") == [3, 3, 3, 3, 3, 3]
    assert _own(s, 2, "", "c") == [0, 0], "which the layer below stores"
    assert _own(s, 1, "c") == [0], "which the layer above names"


@pytest.mark.parametrize("measure", [Measure.STORED, Measure.DIFFERENCE])
def test_what_matches_of_a_file_of_several_names_counts_once(measure: Measure) -> None:
    """Statement 52. In both states, between which one of them has come."""
    before = (file("a/1", b"123"), hardlink("a/2", "a/1"), file("b/1", b"12345"), hardlink("b/2", "b/1"))
    s = stack(before, (file("a/1", b"1234567"), hardlink("a/2", "a/1"), hardlink("a/3", "a/1"), file("b/1", b"1")))
    sizes = measured(Comparison(s, 1, 2), measure)
    everything = b"\1" * s.nodes
    sums = Sums(everything, sizes.alone, sizes.twice(everything))
    found = {path: sums.within(node(s, path), s.end(node(s, path))) for path in ("", "a", "b")}
    assert found == {"": 8 if measure is Measure.STORED else 5, "a": 7 if measure is Measure.STORED else 4, "b": 1}
    assert found == {path: sizes.size(node(s, path)) for path in found}


def test_what_a_layer_stores_and_hides_itself_stands_where_it_was_stored() -> None:
    """Statement 52."""
    s = stack(
        (file("a", b"12345"), directory("a"), file("a/b", b"1"), file("c", b"12"), hardlink("d/e", "c"), file("c"))
    )
    assert _own(s, 1, "", "a", "a/b", "c", "d", "d/e") == [8, 6, 1, 2, 2, 2]


def test_what_has_no_path_is_the_root_s() -> None:
    """Statements 7 and 52."""
    one, link = file(".wh..wh.plnk/1.2", b"123"), hardlink("a", ".wh..wh.plnk/1.2")
    for entries in ((one, file("a", b"1")), (one, link, file("a", b"1"))):
        assert _own(stack(entries), 1, "", "a") == [4, 1]
    assert _own(stack((one, link)), 1, "", "a") == [3, 3]


def test_a_layer_that_cannot_be_read_stores_nothing() -> None:
    """Statement 52. Nor does one without files, nor one of links alone that lower layers get a content for."""
    s = stack((symlink("l", "x"),), (), (hardlink("m", "l"), file("a", b"1")), (whiteout("a"),), (file("z", b"22"),))
    assert [_own(s, layer, "") for layer in range(1, 6)] == [[0], [0], [1], [0], [2]]
