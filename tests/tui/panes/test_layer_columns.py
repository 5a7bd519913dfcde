"""What of a list of layers there is room for: rules that need no screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.tui.lists.columns import taken
from layerview.tui.panes.layer_columns import layer_columns

WIDTHS = {"number": 2, "size": 6, "bar": 8, "wasted": 6, "counts": 33, "lines": 0}
NARROW = {"counts": 18}
LONG = [200] * 12


@pytest.mark.parametrize(("pane", "least"), [(57, 24), (77, 24), (59, 36), (99, 72)])
def test_the_instruction_has_its_room_in_a_pane_of_any_terminal(pane: int, least: int) -> None:
    """A pane of 60 and of 80 columns, and half of one of 120 and of 200."""
    assert pane - layer_columns(WIDTHS, NARROW, LONG, pane)[1] >= least


def test_short_instructions_leave_room_for_all_the_rest() -> None:
    assert layer_columns(WIDTHS, NARROW, [11] * 12, 99)[0] == {name: width for name, width in WIDTHS.items() if width}
    assert layer_columns(WIDTHS, NARROW, [11] * 12, 57)[0]["counts"] == NARROW["counts"]


def test_one_long_instruction_among_many_takes_nothing_from_the_others() -> None:
    assert "counts" in layer_columns(WIDTHS, NARROW, [11] * 19 + [100_000], 77)[0]


@given(st.integers(0, 250), st.lists(st.integers(0, 300), max_size=40), st.integers(0, 9), st.integers(2, 3))
def test_columns_never_overlap_and_more_room_never_takes_one_away(
    room: int, instructions: list[int], lines: int, number: int
) -> None:
    widths = {**WIDTHS, "lines": lines, "number": number}
    columns, before = layer_columns(widths, NARROW, instructions, room)
    wider, _ = layer_columns(widths, NARROW, instructions, room + 1)
    assert before > taken(columns)
    assert {"number", "size"} <= columns.keys() <= wider.keys()
