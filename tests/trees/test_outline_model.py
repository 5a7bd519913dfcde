"""The rows of any tree are those of a naive recursive listing, and ways through them pass all in the order on screen."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from layerview.filesystem import Comparison
from layerview.trees import Change, Outline, SortOrder
from tests.stacks import stack
from tests.strategies import IMAGES, Layer
from tests.trees.outlines import naive_places, naive_rows, naive_size, walk

PATTERNS = st.sampled_from(
    [
        "",
        "",
        "a",
        "^/a",
        "a$",
        "^/a$",
        "/b/",
        "b|c$",
        "[^/]*a",
        "^/[^/]*$",
        "a[^b]*b",
        "(?!a)",
        r"\Ab*",
        r"c\Z",
        "(?s)a.c",
        "zz",
    ]
)


@given(IMAGES, st.data())
def test_rows_are_those_of_a_naive_listing_whatever_is_done(layers: list[Layer], data: st.DataObject) -> None:
    s = stack(*layers)
    states = st.integers(0, s.layers)
    seen = Outline(Comparison(s, 0, s.layers))
    hidden: set[Change] = set()
    pattern = ""
    deeds = ["toggle", "show", "filter", "sort", "compare", "reveal", "open_all", "close_all"]
    for deed in data.draw(st.lists(st.sampled_from(deeds), max_size=8)):
        if deed == "toggle" and seen.rows:
            seen.toggle(data.draw(st.sampled_from(list(seen.rows))))
        elif deed == "show":
            change = data.draw(st.sampled_from(list(Change)))
            hidden ^= {change}
            seen.show(change, shown=change not in hidden)
        elif deed == "filter":
            pattern = data.draw(PATTERNS)
            seen.filter(pattern)
        elif deed == "sort":
            seen.sort(data.draw(st.sampled_from(SortOrder)))
        elif deed == "compare":
            seen.turn_to(Comparison(s, data.draw(states), data.draw(states)))
        elif deed == "reveal":
            revealed = data.draw(st.integers(0, s.nodes - 1))
            row = seen.reveal(revealed)
            everything = naive_rows(seen, hidden, pattern, everything=True)
            assert (row >= 0 and seen.rows[row] == revealed) == (revealed in everything)
        elif deed == "open_all":
            seen.open_all()
        elif deed == "close_all":
            seen.close_all()
        assert seen.hidden == hidden
        rows = naive_rows(seen, hidden, pattern)
        assert list(seen.rows) == rows
        assert [seen.row_of(n) for n in rows] == list(range(len(rows)))
        assert {n: (seen.over(n), seen.depth(n)) for n in rows} == naive_places(seen, hidden, pattern)
        for each in rows:
            assert seen.size(each) == naive_size(seen, each, pattern)
        if pattern:
            paths = [b"/" + s.path(n) for n in range(1, s.nodes) if seen.outlined.present(n)]
            assert seen.matches == sum(re.search(pattern.encode(), path) is not None for path in paths)


@given(IMAGES, st.sampled_from(SortOrder), st.sets(st.sampled_from(list(Change))), PATTERNS, st.data())
def test_the_walks_to_the_next_and_the_previous_change_pass_all_in_the_order_on_screen(
    layers: list[Layer], order: SortOrder, hidden: set[Change], pattern: str, data: st.DataObject
) -> None:
    s = stack(*layers)
    states = st.integers(0, s.layers)
    seen = Outline(Comparison(s, data.draw(states), data.draw(states)))
    seen.sort(order)
    seen.filter(pattern)
    for change in hidden:
        seen.show(change, shown=False)
    everything = naive_rows(seen, hidden, pattern, everything=True)
    changed = [n for n in everything if seen.outlined.change(n)]
    assert walk(seen, 0, 1) == changed
    if everything:
        last = everything[-1]
        assert walk(seen, last, -1) == [n for n in reversed(changed) if n != last]
    for start in everything:
        at = everything.index(start)
        assert seen.next_change(start, 1) == next((n for n in everything[at + 1 :] if n in changed), None)
        assert seen.next_change(start, -1) == next((n for n in everything[:at][::-1] if n in changed), None)
