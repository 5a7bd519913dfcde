"""What rows a tree has: folds, hidden kinds of change, the order, and ways through it."""

from __future__ import annotations

import pytest

from layerview.filesystem import Comparison, Stack, merge
from layerview.trees import Change, Outline, SortOrder
from tests.builders import directory, file, index, whiteout
from tests.stacks import node, stack
from tests.trees.outlines import ALL, CHANGED, at, naive_rows, outline, shown, walk


def test_all_folders_are_closed_at_first() -> None:
    assert shown(outline(*CHANGED)) == ["d/", "e/", "f", "g"]


def test_folders_open_and_close_one_by_one() -> None:
    seen = outline(*CHANGED)
    seen.toggle(at(seen, "d"))
    assert seen.is_open(at(seen, "d"))
    assert shown(seen) == ["d/", "d/edited", "d/kept", "d/lost", "d/new/", "e/", "f", "g"]
    seen.toggle(at(seen, "d/new"))
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d/", "e/", "f", "g"]
    seen.toggle(at(seen, "d"))
    assert "d/new/deep" in shown(seen), "what was open below a folder is open again with it"


def test_what_is_no_folder_does_not_open() -> None:
    seen = outline(*CHANGED)
    seen.toggle(at(seen, "f"))
    assert not seen.is_open(at(seen, "f"))
    assert shown(seen) == ["d/", "e/", "f", "g"]


def test_all_folders_open_and_close_at_once() -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    assert shown(seen) == ALL
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d/", "e/", "e/kept", "f", "g"]
    seen.close_all()
    assert shown(seen) == ["d/", "e/", "f", "g"]
    seen.open_all()
    assert shown(seen) == ALL, "a fold made before does not last"


def test_where_all_are_open_those_that_were_closed_are_closed_one_by_one() -> None:
    seen = outline(tuple(map(file, ("a/1", "d/v/1", "d/w/1", "d/x/1", "d/y/1", "d/z/1", "e/1"))))
    seen.open_all()
    for path in ("a", "e", "d", "d", "d/v", "d/x", "d/z", "d", "d", "e"):
        seen.toggle(at(seen, path))
        rows = naive_rows(seen, set(), "")
        assert list(seen.rows) == rows, f"after {path}"
        seen.sort(SortOrder.NAME)
        assert list(seen.rows) == rows, f"after {path}, anew"


def test_a_folder_that_became_a_file_still_opens_on_what_was_below_it() -> None:
    seen = outline((file("d/a"), file("d/b")), (file("d"),))
    assert shown(seen) == ["d"]
    assert seen.is_folder(at(seen, "d"))
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d", "d/a", "d/b"]
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d"]


@pytest.mark.parametrize(
    ("hidden", "rows"),
    [
        ({Change.UNMODIFIED}, ["d/", "d/edited", "d/lost", "d/new/", "d/new/deep", "g"]),
        ({Change.ADDED}, ["d/", "d/edited", "d/kept", "d/lost", "e/", "e/kept", "f"]),
        ({Change.MODIFIED}, ["d/", "d/kept", "d/lost", "d/new/", "d/new/deep", "e/", "e/kept", "f", "g"]),
        ({Change.REMOVED}, ["d/", "d/edited", "d/kept", "d/new/", "d/new/deep", "e/", "e/kept", "f", "g"]),
        ({Change.UNMODIFIED, Change.ADDED, Change.MODIFIED}, ["d/", "d/lost"]),
        (set(Change), []),
    ],
)
def test_kinds_of_change_hide_but_for_folders_that_lead_to_others(hidden: set[Change], rows: list[str]) -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    for change in sorted(hidden):
        seen.show(change, shown=False)
    assert shown(seen) == rows
    for change in sorted(hidden):
        seen.show(change, shown=True)
    assert shown(seen) == ALL


def test_a_modified_folder_stays_for_what_it_leads_to_when_modified_is_hidden() -> None:
    seen = outline((directory("d"), directory("e")), (directory("d", mode=0o700), file("d/a"), directory("e", mode=0)))
    seen.open_all()
    seen.show(Change.MODIFIED, shown=False)
    assert shown(seen) == ["d/", "d/a"]


def test_without_rows_nothing_is_found() -> None:
    seen = outline(())
    assert (list(seen.rows), seen.row_of(0), seen.next_change(0, 1), seen.next_change(0, -1)) == ([], -1, None, None)


def test_the_largest_stand_first_by_size() -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    seen.sort(SortOrder.SIZE)
    assert shown(seen) == [
        "d/", "d/new/", "d/new/deep", "d/edited", "d/lost", "d/kept", "e/", "e/kept", "g", "f"
    ]  # fmt: skip


def test_what_holds_the_most_changes_stands_first_by_changes() -> None:
    seen = outline(*CHANGED)
    seen.open_all()
    seen.sort(SortOrder.CHANGES)
    assert shown(seen) == [
        "d/", "d/new/", "d/new/deep", "d/edited", "d/lost", "d/kept", "g", "e/", "e/kept", "f"
    ]  # fmt: skip


@pytest.mark.parametrize("order", SortOrder)
def test_folds_work_in_every_order(order: SortOrder) -> None:
    seen = outline(*CHANGED)
    seen.sort(order)
    closed = shown(seen)
    for path in ("d", "d/new", "e"):
        seen.toggle(at(seen, path))
    rows = shown(seen)
    seen.sort(order)
    assert shown(seen) == rows
    assert sorted(rows) == sorted(ALL)
    for path in ("d", "e"):
        seen.toggle(at(seen, path))
    assert shown(seen) == closed


def test_the_row_of_what_is_not_shown_is_that_of_the_nearest_folder_above_it() -> None:
    seen = outline(*CHANGED)
    seen.sort(SortOrder.SIZE)
    assert seen.row_of(at(seen, "d/new/deep")) == 0
    assert seen.row_of(at(seen, "e/kept")) == shown(seen).index("e/")
    seen.filter("kept")
    assert shown(seen)[seen.row_of(at(seen, "d/new/deep"))] == "d/"
    assert seen.row_of(at(seen, "g")) == 0


@pytest.mark.parametrize("order", SortOrder)
def test_a_path_is_revealed_by_opening_the_folders_above_it(order: SortOrder) -> None:
    seen = outline(*CHANGED)
    seen.sort(order)
    row = seen.reveal(at(seen, "d/new/deep"))
    assert shown(seen)[row] == "d/new/deep"
    assert "e/kept" not in shown(seen)


def test_another_layer_keeps_folds_filter_hidden_kinds_and_order() -> None:
    s = stack(*CHANGED, (file("d/newer"), whiteout("e/kept")))
    seen = Outline(Comparison(s, 1, 2))
    seen.toggle(node(s, "d"))
    seen.show(Change.UNMODIFIED, shown=False)
    seen.sort(SortOrder.SIZE)
    seen.turn_to(Comparison(s, 2, 3))
    assert shown(seen) == ["d/", "d/newer", "e/"]
    seen.filter("newer")
    seen.turn_to(Comparison(s, 1, 2))
    assert (shown(seen), seen.matches) == ([], 0)
    seen.turn_to(Comparison(s, 2, 3))
    assert (shown(seen), seen.matches) == (["d/", "d/newer"], 1)


def test_a_grown_stack_keeps_folds_filter_hidden_kinds_and_order() -> None:
    layers = (*CHANGED, (file("a/first"), file("d/newest", b"1" * 50), file("d/new/deeper")))
    indexes = {number: index(*entries) for number, entries in enumerate(layers, 1)}
    few = {number: indexes[number] for number in (1, 3)}
    small, grown = (Stack(merge(3, some, lambda layer, row: None), some) for some in (few, indexes))
    seen = Outline(Comparison(small, 0, 3))
    seen.sort(SortOrder.SIZE)
    seen.toggle(node(small, "d"))
    assert shown(seen) == ["d/", "d/newest", "d/lost", "d/edited", "d/kept", "d/new/", "e/", "a/", "f"]
    seen.turn_to(Comparison(grown, 0, 3))
    assert shown(seen) == ["d/", "d/newest", "d/new/", "d/edited", "d/kept", "e/", "g", "a/", "f"]
    seen.filter("deep")
    assert (shown(seen), seen.matches) == (["d/new/", "d/new/deep", "d/new/deeper"], 2)
    seen.turn_to(Comparison(small, 0, 3))
    assert (shown(seen), seen.matches) == (["d/new/", "d/new/deeper"], 1)
    seen.filter("")
    seen.open_all()
    seen.toggle(node(small, "d"))
    seen.turn_to(Comparison(grown, 0, 3))
    assert shown(seen) == ["d/", "e/", "e/kept", "g", "a/", "a/first", "f"]


def test_folders_that_changed_are_passed_on_the_way_back_save_the_root() -> None:
    seen = outline(
        (directory("."), directory("d"), file("d/a"), file("e")),
        (directory(".", mode=0o700), directory("d", mode=0o700), file("d/a", b"1"), file("e", b"1")),
    )
    assert walk(seen, at(seen, "e"), -1) == [at(seen, "d/a"), at(seen, "d")]


@pytest.mark.parametrize("order", SortOrder)
def test_a_row_is_found_among_any_number_of_them(order: SortOrder) -> None:
    """By its place, by what stands in it, and several at once; more than are counted together."""
    seen = outline(tuple(file(f"{over}/{number}", b"1") for over in "abc" for number in range(700)))
    seen.sort(order)
    seen.toggle(at(seen, "a"))
    seen.toggle(at(seen, "c"))
    rows = naive_rows(seen, set(), "")
    assert len(seen.rows) == len(rows) == 2 * 700 + 3
    assert [seen.rows[row] for row in range(len(rows))] == rows
    assert [seen.rows.find(n) for n in rows] == list(range(len(rows)))
    assert seen.rows.find(at(seen, "b/1")) is None
    for several in (slice(510, 515), slice(-3, None), slice(None, 2_000, 70), slice(1_400, 1_500)):
        assert seen.rows[several] == rows[several]
    for row in (-1, len(rows)):
        with pytest.raises(IndexError, match=f"there is no row {row}"):
            seen.rows[row]


def test_a_change_is_found_however_deep_it_is() -> None:
    path = "a/" * 1_500 + "f"
    seen = outline((file(path, b"1"),), (file(path, b"22"),))
    assert seen.next_change(at(seen, "a"), 1) == at(seen, path)
    last = outline((file(path, b"1"), file("b")), (file(path, b"22"),))
    assert last.next_change(at(last, "b"), -1) == at(last, path)
