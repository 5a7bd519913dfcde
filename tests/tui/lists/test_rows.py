"""Rows cut and wrapped: whatever there is room for, what goes on does so below its beginning."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from layerview.text import columns
from layerview.tui.lists.rows import Row, paragraph, wrapped

LOOK = {"text": Style()}
FIXED = 12
NAMES = st.text("aé日 /-שע\u0301", max_size=300)


def lines(name: str, width: int, depth: int = 0) -> list[str]:
    """A wrapped row of columns that are twelve wide, and a name so deep in folders."""
    row = Row([Segment("#" * (FIXED - 1) + " "), Segment("│ " * depth + name)], FIXED, FIXED + 2 * depth)
    return [strip.text for strip in wrapped(row, LOOK, width)]


def test_the_rest_of_a_name_is_below_its_beginning() -> None:
    assert lines("one two three four five six", 30) == ["########### one two three ", " " * 12 + "four five six"]


@pytest.mark.parametrize(
    ("width", "depth", "start"), [(30, 1, 14), (30, 2, 14), (30, 40, 14), (24, 3, 12), (20, 9, 12)]
)
def test_where_it_begins_too_far_right_it_goes_on_further_left_but_below_no_other_column(
    width: int, depth: int, start: int
) -> None:
    first, *rest = lines("n" * 100, width, depth)
    assert first.startswith("########### ")
    assert {len(line) - len(line.lstrip()) for line in rest if "n" in line} == {start}


@example("/aaa日", 16, 0)
@given(NAMES, st.integers(16, 80), st.integers(0, 50))
def test_all_of_a_name_is_there_and_no_line_is_too_long(name: str, width: int, depth: int) -> None:
    first, *rest = lines(name, width, depth)
    assert all(columns(line) <= width for line in (first, *rest))
    assert all(line.startswith(" " * FIXED) for line in rest)
    told = first[FIXED:] + "".join(line[FIXED:] for line in rest)
    assert "".join(told.replace("│", "").split()) == "".join(name.split())


@pytest.mark.parametrize("width", [10, 30, 200])
def test_a_paragraph_fits_any_width(width: int) -> None:
    told = [
        strip.text
        for strip in paragraph("Layer 3 is read.\nIt is shown once it is merged with the others …", Style(), width)
    ]
    assert all(len(line) <= width for line in told)
    assert " ".join("".join(told).split()).startswith("Layer 3 is read.It is shown")
