"""Which lines of a list are in view: rules that need no screen."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from layerview.tui.lists.viewport import Position, Viewport

ROWS = st.lists(st.integers(1, 6), max_size=30)
"""How many lines each row takes."""
HEIGHTS = st.integers(1, 12)


def view(rows: Sequence[int], height: int) -> Viewport:
    seen = Viewport(lambda: len(rows), rows.__getitem__)
    seen.height = height
    return seen


def lines(rows: Sequence[int]) -> list[Position]:
    """All lines of all rows."""
    return [(row, line) for row, count in enumerate(rows) for line in range(count)]


def test_rows_of_one_line_are_seen_from_the_top_to_the_last() -> None:
    seen = view([1] * 10, 4)
    assert [row for row, _ in seen.visible] == [0, 1, 2, 3]
    assert seen.put(5)
    assert [row for row, _ in seen.visible] == [5, 6, 7, 8]
    assert seen.put(9)
    assert [row for row, _ in seen.visible] == [6, 7, 8, 9], "no line is left empty"
    assert not seen.put(20)
    assert not seen.scroll(1)


def test_a_list_without_rows_shows_nothing_and_goes_nowhere() -> None:
    seen = view([], 4)
    assert (seen.visible, seen.thumb, seen.lines(0)) == ([], range(0), range(0))
    assert not (seen.put(3) or seen.scroll(-1) or seen.show(0) or seen.put_share(0.5))


def test_without_room_nothing_is_shown_and_the_top_is_seen_once_there_is() -> None:
    seen = view([1] * 10, 0)
    assert not seen.show(7)
    assert seen.visible == []
    seen.height = 3
    seen.forget()
    assert seen.show(7)
    assert seen.lines(7) == range(2, 3)


def test_a_row_is_brought_into_view_by_the_shortest_way() -> None:
    seen = view([1] * 20, 5)
    assert not seen.show(4), "it is in view"
    assert seen.show(6)
    assert seen.top == (2, 0)
    assert seen.show(1)
    assert seen.top == (1, 0)


def test_of_a_row_that_is_longer_than_the_view_the_beginning_is_shown_unless_another_part_fills_it() -> None:
    seen = view([1, 1, 9, 1], 4)
    assert seen.show(2)
    assert seen.top == (2, 0)
    assert seen.goes_on(2, 1)
    assert not seen.goes_on(2, -1)
    assert seen.scroll(2)
    assert not seen.show(2)
    assert seen.top == (2, 2)
    assert seen.goes_on(2, 1)
    assert seen.goes_on(2, -1)
    assert seen.scroll(3)
    assert not seen.goes_on(2, 1)


def test_rows_that_take_other_lines_are_seen_from_the_first_one_on() -> None:
    rows = [5, 5, 5]
    seen = view(rows, 4)
    seen.put(1, 3)
    rows[:] = [1, 1, 1]
    seen.rewind()
    assert seen.top == (1, 0)
    assert seen.visible == [(1, 0), (2, 0)]


def test_the_thumb_tells_how_far_and_how_much() -> None:
    seen = view([1] * 100, 10)
    assert seen.thumb == range(1)
    seen.put(45)
    assert seen.thumb == range(4, 5)
    seen.put(90)
    assert seen.thumb == range(9, 10)
    assert view([1] * 10, 10).thumb == range(0)
    assert view([1] * 20, 10).thumb == range(5)


def test_only_rows_near_the_view_and_the_last_are_asked_for_their_lines() -> None:
    asked = set[int]()

    def lines_of(row: int) -> int:
        asked.add(row)
        return 1

    seen = Viewport(lambda: 500_000, lines_of)
    seen.height = 50
    seen.show(250_000)
    assert len(seen.visible) == 50
    assert len(asked) < 200


@given(ROWS, HEIGHTS, st.integers(-5, 40), st.integers(-40, 40))
def test_what_is_in_view_is_a_piece_of_all_lines_and_as_long_as_can_be(
    rows: list[int], height: int, row: int, line: int
) -> None:
    seen = view(rows, height)
    seen.put(max(row, 0), line)
    everything = lines(rows)
    at = everything.index(seen.top) if rows else 0
    assert seen.visible == everything[at : at + height]
    assert len(seen.visible) == min(height, len(everything))


@given(ROWS.filter(bool), HEIGHTS, st.lists(st.integers(-15, 15), max_size=8))
def test_scrolling_passes_line_after_line_and_stops_at_both_ends(
    rows: list[int], height: int, steps: list[int]
) -> None:
    seen, everything, at = view(rows, height), lines(rows), 0
    last = max(len(everything) - height, 0)
    for step in steps:
        before, at = at, max(0, min(at + step, last))
        assert seen.scroll(step) == (at != before)
        assert seen.top == everything[at]


@given(ROWS.filter(bool), HEIGHTS, st.data())
def test_a_row_that_is_shown_is_in_view_as_a_whole_or_fills_it(
    rows: list[int], height: int, data: st.DataObject
) -> None:
    seen = view(rows, height)
    seen.put(data.draw(st.integers(0, len(rows))), data.draw(st.integers(0, 9)))
    row = data.draw(st.integers(0, len(rows) - 1))
    seen.show(row)
    assert len(seen.lines(row)) == min(rows[row], height)
    assert not seen.show(row)


@given(ROWS.filter(bool), HEIGHTS, st.data())
def test_the_thumb_reaches_both_ends_and_never_leaves_the_bar(
    rows: list[int], height: int, data: st.DataObject
) -> None:
    seen = view(rows, height)
    assert seen.put_share(0) is False
    if len(lines(rows)) <= height:
        assert seen.thumb == range(0)
        return
    assert seen.thumb.start == 0
    seen.put_share(1)
    assert seen.visible[-1] == lines(rows)[-1]
    assert seen.thumb.stop == height
    seen.put_share(data.draw(st.floats(0, 1)))
    assert 0 <= seen.thumb.start < seen.thumb.stop <= height
