"""Which columns there is room for: rules that need no screen."""

from __future__ import annotations

from layerview.tui.lists.columns import Way, fitted, taken

WIDTHS = {"size": 6, "bar": 8, "counts": 12, "lines": 0}
WAYS = (Way("bar", 4, 30), Way("counts", 0, 30), Way("bar", 0, 20))


def test_where_there_is_room_all_columns_are_as_wide_as_they_would_be_but_those_without_width() -> None:
    assert fitted(WIDTHS, 100, WAYS) == {"size": 6, "bar": 8, "counts": 12}


def test_columns_give_way_one_after_the_other_and_only_as_far_as_the_last_needs_it() -> None:
    assert fitted(WIDTHS, 58, WAYS) == {"size": 6, "bar": 4, "counts": 12}
    assert fitted(WIDTHS, 54, WAYS) == {"size": 6, "bar": 4}
    assert fitted(WIDTHS, 30, WAYS) == {"size": 6}


def test_what_is_less_already_stays_as_it_is() -> None:
    assert fitted({"bar": 3}, 0, [Way("bar", 4, 30)]) == {"bar": 3}


def test_a_column_takes_the_blank_before_it_too() -> None:
    assert taken({"size": 6, "bar": 4}) == 12
