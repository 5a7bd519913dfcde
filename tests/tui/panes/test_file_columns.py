"""What beside the names of files there is room for: rules that need no screen."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.filesystem import Measure
from layerview.text import size
from layerview.tui.panes.file_columns import OWNER, FileColumns, file_columns, head_of
from layerview.wording.figures import signed

MEASURES = st.sampled_from([(one, other) for one in Measure for other in Measure if one is not other])


def columns(room: int, *, owner: int = OWNER) -> FileColumns:
    return file_columns(Measure.STORED, Measure.SIZE, room, owner=owner, filtered=False)


@pytest.mark.parametrize(
    ("pane", "shown"),
    [
        (85, {"permission", "owner", "other", "size", "bar"}),
        (77, {"permission", "owner", "other", "size", "bar"}),
        (57, {"other", "size", "bar"}),
        (55, {"other", "size", "bar"}),
        (40, {"size"}),
        (36, {"size"}),
    ],
)
def test_names_have_24_characters_before_others_have_anything(pane: int, shown: set[str]) -> None:
    """Half of a terminal of 200 columns; 80; 60; half of 120; and panes that were made narrower."""
    found = columns(pane)
    assert found.widths.keys() == shown
    assert pane - found.before >= 2 + 24


@pytest.mark.parametrize(("pane", "least"), [(198, 60), (85, 60), (77, 52), (55, 45)])
def test_whole_paths_have_more_room(pane: int, least: int) -> None:
    found = file_columns(Measure.SIZE, Measure.STORED, pane, owner=OWNER, filtered=False, paths=True)
    assert pane - found.before >= least


def test_permission_and_owner_give_way_first_then_the_second_size_and_then_the_bar() -> None:
    left = [frozenset(columns(room).widths) for room in range(100, 20, -1)]
    gone = [before - after for before, after in pairwise(left) if before != after]
    assert gone == [{"permission"}, {"owner"}, {"other"}, {"bar"}]


def test_a_wide_owner_takes_nothing_from_names() -> None:
    found = columns(77, owner=21)
    assert "owner" in found.widths or 77 - found.before >= 26


@given(st.integers(0, 250), MEASURES, st.integers(0, 21), st.booleans())
def test_columns_never_overlap_and_more_room_never_takes_one_away(
    room: int, both: tuple[Measure, Measure], owner: int, filtered: bool
) -> None:
    found, wider = (file_columns(*both, each, owner=owner, filtered=filtered) for each in (room, room + 1))
    assert found.before == 2 + sum(found.widths.values()) + len(found.widths)
    assert {"size"} <= found.widths.keys() <= wider.widths.keys()
    assert found.widths["size"] > len(head_of(both[0], filtered=filtered)), "its mark has room when it is sorted by"
    there = [found.at(column) for column in range(found.before + 1)]
    assert there == sorted(there, key=["mark", *found.widths, "name"].index)
    assert {*there} == {"mark", *found.widths, "name"}


@given(st.integers(-(10**18), 10**18))
def test_no_figure_is_wider_than_its_column(bytes_: int) -> None:
    for measure in Measure:
        text = signed(bytes_) if measure is Measure.DIFFERENCE else size(abs(bytes_))
        other = next(each for each in Measure if each is not measure)
        widths = file_columns(measure, other, 100, owner=0, filtered=False).widths
        assert len(text) <= widths["size"]
        assert len(text) <= file_columns(other, measure, 100, owner=0, filtered=False).widths["other"]
