"""How panes share a screen: rules that need no screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerview.tui.panes.arrangement import Arrangement, Place

ALL = ("layers", "files", "tabs")
SHARES = st.none() | st.floats(0, 1)
SHOWN = st.sampled_from([ALL, ("layers", "files"), ("layers", "tabs"), ("files",)])


def around(rows: int) -> int:
    """The lines that so many layers take, with head and frame."""
    return rows + 3


@pytest.mark.parametrize(("width", "height", "shown"), [(80, 22, ALL[:2]), (120, 38, ALL), (200, 48, ALL)])
def test_a_dozen_layers_have_their_rows_where_there_is_room_and_details_the_rest(
    width: int, height: int, shown: tuple[str, ...]
) -> None:
    places = Arrangement().places(shown, width, height, around(12))
    if width < 100:
        assert places["layers"].height == places["files"].height == height // 2
    else:
        assert places["layers"].height == around(12)
        assert places["tabs"].height == height - around(12)


def test_no_details_are_half_empty_beneath_layers_that_are_hidden() -> None:
    places = Arrangement().places(ALL, 200, 48, around(60))
    assert places["tabs"].height == 12
    assert places["layers"].height == 36


@pytest.mark.parametrize(("width", "layers"), [(100, 50), (120, 62), (200, 112), (300, 168)])
def test_more_of_a_wide_screen_is_the_instructions(width: int, layers: int) -> None:
    assert Arrangement().places(ALL, width, 40, around(9))["layers"].width == layers


def test_borders_are_where_the_reader_puts_them_in_a_terminal_of_any_size() -> None:
    wanted = Arrangement(across=0.25, layers=0.5, tabs=0.25)
    assert wanted.places(ALL, 200, 48, around(60))["layers"] == Place(0, 0, 50, 24)
    assert wanted.places(ALL, 120, 40, around(60))["layers"] == Place(0, 0, 30, 20)
    assert [place.height for place in wanted.places(ALL, 80, 40, around(60)).values()] == [20, 10, 10]


@given(SHOWN, st.integers(0, 300), st.integers(0, 100), st.integers(0, 300), SHARES, SHARES, SHARES)
def test_panes_fill_the_screen_and_none_is_on_another(
    shown: tuple[str, ...],
    width: int,
    height: int,
    rows: int,
    across: float | None,
    layers: float | None,
    tabs: float | None,
) -> None:
    places = Arrangement(across, layers, tabs).places(shown, width, height, around(rows))
    assert set(places) == set(shown)
    assert sum(place.width * place.height for place in places.values()) == width * height
    for place in places.values():
        assert 0 <= place.x <= place.x + place.width <= width
        assert 0 <= place.y <= place.y + place.height <= height
        assert place.height >= min(4, height // 4)
