"""Paths of a list, cut so that those near each other do not look the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from layerview.text import columns
from layerview.tui.panes.flat_names import FlatNames


def cut(names: list[str], width: int) -> list[str]:
    found = FlatNames(names.__getitem__, len(names), width)
    return [found.cut(row) for row in range(len(names))]


def test_what_fits_is_whole() -> None:
    assert cut(["a/b", "c" * 20], 20) == ["a/b", "c" * 20]


def test_what_tells_paths_apart_stays_between_their_beginning_and_their_end() -> None:
    names = [f"usr/lib/{name}/site-packages/lib/a/index.js" for name in ("one", "two")]
    assert cut(names[:1], 24) == ["usr/lib/…/lib/a/index.js"]
    assert cut(names, 24) == ["usr/l…one/site-pac…ex.js", "usr/l…two/site-pac…ex.js"]


def test_the_same_path_twice_is_cut_as_one() -> None:
    once = cut(["usr/lib/python3/site-packages/numpy/core.so"], 20)
    assert cut(["usr/lib/python3/site-packages/numpy/core.so"] * 2, 20) == once * 2


@given(st.lists(st.integers(0, 999), min_size=2, max_size=150, unique=True), st.integers(24, 60))
def test_paths_that_differ_in_a_word_do_not_look_alike(numbers: list[int], width: int) -> None:
    names = [f"opt/some/where/far/below/the/root/{number:03}/of/a/package/that/is/deep/index.js" for number in numbers]
    shown = cut(names, width)
    assert len(set(shown)) == len(names)
    assert all(columns(name) <= width for name in shown)
