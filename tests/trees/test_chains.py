"""Folders that lead to nothing but one other are one row, which stands for the last of them."""

from __future__ import annotations

import pytest

from layerview.filesystem import Comparison
from layerview.trees import Change, Outline, SortOrder
from tests.builders import directory, file, whiteout
from tests.stacks import stack
from tests.trees.outlines import at, outline, shown, walk

LIB = file("usr/lib/arch/a.so", b"1"), file("usr/lib/arch/b.so", b"22"), file("var/x")
"""Three folders one in the other, with two files in the last, and a folder with one file."""


def test_a_chain_of_folders_is_one_row_that_opens_on_what_is_in_the_last() -> None:
    seen = outline(LIB)
    assert shown(seen) == ["usr/lib/arch/", "var/"]
    seen.toggle(at(seen, "usr/lib/arch"))
    assert shown(seen) == ["usr/lib/arch/", "usr/lib/arch/a.so", "usr/lib/arch/b.so", "var/"]
    inner = at(seen, "usr/lib/arch/a.so")
    assert (seen.over(inner), seen.depth(inner)) == (at(seen, "usr/lib/arch"), 1)
    assert (seen.over(at(seen, "usr/lib/arch")), seen.depth(at(seen, "usr/lib/arch"))) == (0, 0)
    assert seen.row_of(at(seen, "usr")) == seen.row_of(at(seen, "usr/lib")) == 0
    seen.toggle(at(seen, "usr/lib/arch"))
    assert shown(seen) == ["usr/lib/arch/", "var/"]


@pytest.mark.parametrize("everything", [False, True])
def test_folders_of_a_chain_that_was_opened_are_open_where_it_is_none(everything: bool) -> None:
    s = stack(LIB, (file("usr/bin/sh"), file("usr/lib/z")))
    seen = Outline(Comparison(s, 0, 1))
    if everything:
        seen.open_all()
        seen.toggle(at(seen, "usr/lib/arch"))
        assert shown(seen) == ["usr/lib/arch/", "var/", "var/x"]
    seen.toggle(at(seen, "usr/lib/arch"))
    seen.turn_to(Comparison(s, 0, 2))
    assert [path for path in shown(seen) if "bin" not in path and "var" not in path] == [
        "usr/", "usr/lib/", "usr/lib/arch/", "usr/lib/arch/a.so", "usr/lib/arch/b.so", "usr/lib/z",
    ]  # fmt: skip


@pytest.mark.parametrize("everything", [False, True])
def test_a_folder_closed_by_itself_is_open_or_closed_as_the_last_of_its_chain(everything: bool) -> None:
    s = stack(LIB, (file("usr/bin"),), (whiteout("usr/bin"),))
    seen = Outline(Comparison(s, 0, 2))
    if everything:
        seen.open_all()
    else:
        seen.toggle(at(seen, "usr"))
        seen.toggle(at(seen, "usr/lib/arch"))
    assert seen.depth(at(seen, "usr/lib/arch")) == 1
    seen.toggle(at(seen, "usr"))
    assert shown(seen)[:2] == ["usr/", "var/"]
    seen.turn_to(Comparison(s, 0, 3))
    assert shown(seen)[:2] == ["usr/lib/arch/", "usr/lib/arch/a.so"]


def test_a_chain_ends_where_the_change_is_another_one() -> None:
    seen = outline((directory("a"), directory("a/b"), directory("a/b/c"), file("a/b/c/f")), (file("a/b/new/d/f"),))
    seen.show(Change.UNMODIFIED, shown=False)
    assert shown(seen) == ["a/b/"]
    seen.toggle(at(seen, "a/b"))
    assert shown(seen) == ["a/b/", "a/b/new/d/"], "added folders are in a row of their own"
    assert walk(seen, 0, 1) == [at(seen, "a/b/new/d"), at(seen, "a/b/new/d/f")]
    assert walk(seen, at(seen, "a/b/new/d"), -1) == []


def test_a_folder_of_nothing_or_of_a_file_has_a_row() -> None:
    seen = outline((directory("a/empty"), file("b/f")))
    assert shown(seen) == ["a/", "b/"]
    seen.open_all()
    assert shown(seen) == ["a/", "a/empty/", "b/", "b/f"]


def test_what_is_hidden_or_filtered_breaks_no_chain() -> None:
    seen = outline((*LIB, file("usr/lib/other.py"), directory("usr/share/doc")), (file("usr/lib/arch/a.so", b"3"),))
    seen.show(Change.UNMODIFIED, shown=False)
    assert shown(seen) == ["usr/lib/arch/"]
    seen.show(Change.UNMODIFIED, shown=True)
    seen.filter("a.so")
    assert shown(seen) == ["usr/lib/arch/", "usr/lib/arch/a.so"]
    assert seen.first_match() == at(seen, "usr/lib/arch/a.so")
    seen.filter("/lib$|a.so")
    assert seen.first_match() == at(seen, "usr/lib/arch"), "its row is that of the folder that matches"


@pytest.mark.parametrize("order", SortOrder)
def test_rows_with_chains_are_found_in_every_order(order: SortOrder) -> None:
    many = tuple(file(f"d/{n}/in/side/f", b"1" * n) for n in range(600))
    seen = outline((*many, *LIB))
    seen.sort(order)
    seen.toggle(at(seen, "d"))
    rows = list(seen.rows)
    assert len(rows) == 603
    assert [seen.row_of(at(seen, f"d/{n}/in/side")) for n in range(600)] == [
        rows.index(at(seen, f"d/{n}/in/side")) for n in range(600)
    ]
    seen.open_all()
    assert len(seen.rows) == 603 + 600 + 3
