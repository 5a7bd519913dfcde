"""An outline as a list of all that is no folder: by size or by name, of what filter and hidden kinds leave."""

from __future__ import annotations

from array import array
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.filesystem import Comparison, Measure, listed, measured, measures
from layerview.trees import Change, FlatRows, Outline, Ranking, SortOrder
from layerview.trees.outline import Listed
from tests.builders import Entry, directory, file, hardlink, symlink, whiteout
from tests.stacks import stack
from tests.strategies import IMAGES, Layer
from tests.test_image_comparison import compared
from tests.trees.outlines import is_match

IMAGE = (
    (file("a/small", b"1"), file("a/b/large", b"1" * 900), directory("empty"), symlink("a/link", "b"), file("none")),
    (file("c/middle", b"1" * 30), hardlink("c/linked", "c/middle"), whiteout("a/small"), file("a/b/large", b"2" * 20)),
)


def by(measure: Measure) -> Listed[Comparison]:
    return lambda comparison, chosen, by_size: listed(comparison, chosen, measure if by_size else None)


def flat(*layers: tuple[Entry, ...]) -> Outline[Comparison]:
    """The list of what the last layer changed, and of all beside that."""
    s = stack(*layers)
    seen = Outline(Comparison(s, s.layers - 1, s.layers), listed=by(Measure.SIZE))
    seen.list_flat(True)
    return seen


def rows(seen: Outline[Comparison]) -> list[int]:
    assert isinstance(seen.rows, FlatRows)
    while not seen.rows.is_whole:
        seen.rows.grow()
    return list(seen.rows)


def shown(seen: Outline[Comparison]) -> list[str]:
    return [seen.outlined.stack.path(node).decode() for node in rows(seen)]


def test_the_largest_files_stand_first_and_what_has_no_bytes_last() -> None:
    assert shown(flat(*IMAGE)) == ["c/linked", "c/middle", "a/b/large", "a/small", "a/link", "none"]


def test_by_name_they_stand_as_in_the_tree() -> None:
    seen = flat(*IMAGE)
    assert seen.orders == [SortOrder.SIZE, SortOrder.NAME]
    seen.sort(SortOrder.NAME)
    assert shown(seen) == ["a/b/large", "a/link", "a/small", "c/linked", "c/middle", "none"]


def test_the_list_and_the_tree_each_have_their_order() -> None:
    seen, orders = flat(*IMAGE), list[SortOrder]()
    for is_list, order in ((False, SortOrder.CHANGES), (True, SortOrder.NAME), (False, None), (True, None)):
        seen.list_flat(is_list)
        orders.append(seen.order)
        if order:
            seen.sort(order)
    assert orders == [SortOrder.NAME, SortOrder.SIZE, SortOrder.CHANGES, SortOrder.NAME]


def test_filter_and_hidden_kinds_hold_for_the_list() -> None:
    seen = flat(*IMAGE)
    seen.show(Change.ADDED, shown=False)
    assert shown(seen) == ["a/b/large", "a/small", "a/link", "none"]
    seen.filter("^/a/")
    assert shown(seen) == ["a/b/large", "a/small", "a/link"]
    first = seen.outlined.stack.find(b"a/b/large")
    assert (seen.first_match(), seen.rows.find(first or 0)) == (first, 0)


def test_rows_of_a_list_are_in_no_folder_and_none_opens() -> None:
    seen = flat(*IMAGE)
    assert {(seen.over(node), seen.depth(node), seen.is_folder(node), seen.is_open(node)) for node in rows(seen)} == {
        (0, 0, False, False)
    }
    seen.toggle(seen.rows[0])
    assert len(seen.rows) == 6


def test_a_folder_that_became_a_file_is_in_the_list_in_every_order() -> None:
    seen = flat((file("d/a", b"1"), file("e/a")), (file("d", b"22"), symlink("e", "x")))
    assert shown(seen) == ["d", "d/a", "e", "e/a"]
    seen.sort(SortOrder.NAME)
    assert shown(seen) == ["d", "d/a", "e", "e/a"]


def test_the_next_change_is_that_in_the_list() -> None:
    seen = flat(*IMAGE)
    nodes = rows(seen)
    assert [seen.next_change(node, 1) for node in nodes] == [*nodes[1:4], None, None, None]
    assert [seen.next_change(node, -1) for node in nodes] == [None, *nodes[:4], nodes[3]]
    assert seen.next_change(0, 1) == nodes[0]


def test_a_path_that_a_layer_stores_twice_stands_where_both_take_it() -> None:
    s = stack((file("a", b"1" * 30), file("b", b"2" * 50), file("a", b"3" * 40)))
    seen = Outline(Comparison(s, 0, 1), listed=by(Measure.STORED))
    seen.list_flat(True)
    assert shown(seen) == ["a", "b"]


@given(IMAGES, st.data())
def test_rows_are_those_of_a_naive_list(layers: list[Layer], data: st.DataObject) -> None:
    s = stack(*layers)
    states = st.integers(0, s.layers)
    check(Comparison(s, data.draw(states), data.draw(states)), data)


@given(IMAGES, IMAGES, st.data())
def test_so_are_those_of_two_images(first: list[Layer], second: list[Layer], data: st.DataObject) -> None:
    check(compared(first, second), data)


def check(comparison: Comparison, data: st.DataObject) -> None:
    measure = data.draw(st.sampled_from(measures(comparison)))
    seen = Outline(comparison, listed=by(measure))
    pattern = data.draw(st.sampled_from(("", "a", "b$", "^/a")))
    hidden = data.draw(st.sets(st.sampled_from(list(Change))))
    seen.filter(pattern)
    for change in hidden:
        seen.show(change, shown=False)
    expected = [
        node
        for node in range(1, comparison.stack.nodes)
        if is_match(comparison, node, pattern)
        and comparison.change(node) not in hidden
        and not comparison.is_directory(node)
    ]
    seen.list_flat(True)
    found = rows(seen)
    assert sorted(found) == expected
    sizes = [abs(measured(comparison, measure).size(node)) for node in found if not comparison.is_folder(node)]
    assert sizes == sorted(sizes, reverse=True)
    assert [seen.row_of(node) for node in found] == list(range(len(found)))
    seen.sort(SortOrder.NAME)
    assert rows(seen) == expected


@given(
    st.lists(st.sampled_from((0, 1, 2, 7, 7_000, 10**12)) | st.integers(0, 10**6), max_size=200),
    st.integers(1, 300),
)
def test_a_ranking_is_what_sorting_gives(sizes: list[int], times: int) -> None:
    many = array("q", sizes * times)
    found = list(chain.from_iterable(Ranking(many).blocks()))
    assert found == sorted((n for n, size in enumerate(many) if size), key=lambda n: -many[n])
    places = array("i", reversed(range(len(many))))
    found = list(chain.from_iterable(Ranking(many, places).blocks()))
    assert found == sorted((n for n, size in enumerate(many) if size), key=lambda n: (-many[n], places[n]))


@pytest.mark.parametrize("readers", [1, 2])
def test_the_first_of_a_ranking_are_there_before_all_are_in_order(readers: int) -> None:
    ranking = Ranking(array("q", (number * 7919 % 1_000_003 for number in range(200_000))))
    for _ in range(readers):
        blocks = ranking.blocks()
        first = next((number, block) for number, block in enumerate(blocks) if block)
        assert first[0] <= 8
        assert len(first[1]) < 10_000
        next(blocks)
