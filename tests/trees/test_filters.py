"""What a filter leaves of a tree, and what it opens."""

from __future__ import annotations

import pytest

from layerview.errors import UsageError
from layerview.filesystem import Comparison
from layerview.trees import Change, Outline, SortOrder
from layerview.trees.outline import FEW
from tests.builders import directory, file, hardlink, whiteout
from tests.stacks import stack
from tests.trees.outlines import ALL, CHANGED, at, outline, shown


@pytest.mark.parametrize(
    ("pattern", "rows", "matches"),
    [
        ("kept", ["d/", "d/kept", "e/", "e/kept"], 2),
        ("^/d/", ["d/", "d/edited", "d/kept", "d/lost", "d/new/", "d/new/deep"], 5),
        ("^/d$", ["d/"], 1),
        ("(new|e)$", ["d/", "d/new/", "e/"], 2),
        ("p$", ["d/", "d/new/", "d/new/deep"], 1),
        ("^e", [], 0),
        ("/[^/]*$", ALL, 10),
        ("^/[^/]*$", ["d/", "e/", "f", "g"], 4),
        ("kept[^x]*e", [], 0),
        (r"d\s/", [], 0),
        ("(?s)kept.*e", [], 0),
        (r"\A/f\Z", ["f"], 1),
        ("(?i)KEPT", ["d/", "d/kept", "e/", "e/kept"], 2),
        ("x*", ALL, 10),
        ("$", ALL, 10),
    ],
)
def test_the_filter_shows_what_matches_and_opens_the_folders_that_lead_there(
    pattern: str, rows: list[str], matches: int
) -> None:
    seen = outline(*CHANGED)
    seen.filter(pattern)
    assert shown(seen) == rows
    assert seen.matches == matches


def test_what_holds_a_match_is_shown_with_it_though_itself_it_is_hidden() -> None:
    """Among so many paths the filter passes over what is below a folder that matches, and the folder is hidden here."""
    many = tuple(file(f"{number}") for number in range(200))
    seen = outline((*many, directory("d/a1"), file("d/a1/x"), file("d/a1/y")), (file("d/a1/x", b"1"),))
    seen.open_all()
    seen.show(Change.UNMODIFIED, shown=False)
    seen.filter("a1")
    assert shown(seen) == ["d/a1/", "d/a1/x"]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("makefile", 2), ("Makefile", 1), ("[a-z]akefile", 2), (r"\Sakefile", 2), (r"\x4d", 0), ("É", 1), ("é", 0)],
)
def test_case_counts_where_a_capital_is_typed(pattern: str, matches: int) -> None:
    seen = outline((file("src/Makefile"), file("src/makefile"), file("É")))
    seen.filter(pattern)
    assert seen.matches == matches


def test_with_a_filter_folders_are_as_large_as_what_matches_below_them_each_file_once() -> None:
    entries = (
        file("d/a.so", b"1" * 10),
        file("d/x"),
        file("d/e/b.so", b"2" * 5),
        file("d/e/c", b"3" * 9),
        hardlink("d/e/a.so", "d/a.so"),
    )
    seen = outline(entries)
    seen.filter("so$")
    assert (seen.matches, seen.whole) == (3, 15)
    assert [seen.size(at(seen, path)) for path in ("d", "d/a.so", "d/e", "d/e/a.so")] == [15, 10, 15, 10]
    seen.filter("d/e$")
    assert (seen.matches, seen.size(at(seen, "d/e"))) == (1, 24), "it matches by itself"
    seen.filter("")
    assert (seen.whole, seen.size(at(seen, "d"))) == (24, 24)


def test_what_is_gone_has_the_bytes_that_it_had() -> None:
    seen = outline((file("etc/netrc", b"1234567"), file("etc/x")), (whiteout("etc/netrc"),))
    seen.filter("netrc")
    assert (seen.matches, seen.whole, seen.size(at(seen, "etc"))) == (1, 7, 7)


@pytest.mark.parametrize(("order", "first"), [(SortOrder.NAME, "d/edited"), (SortOrder.SIZE, "d/new")])
def test_the_first_match_is_the_first_on_screen_however_many_there_are(order: SortOrder, first: str) -> None:
    many = tuple(file(f"z/e{number}") for number in range(3_000))
    seen = outline((*CHANGED[0], *many), CHANGED[1])
    seen.sort(order)
    seen.filter("/d/.*e[^/]*$|z/")
    found = seen.first_match()
    assert found == at(seen, first)
    assert seen.rows[seen.row_of(found)] == found, "the folders that lead there are open"
    seen.filter("nowhere")
    assert seen.first_match() is None


def test_without_a_filter_folds_are_as_before() -> None:
    seen = outline(*CHANGED)
    seen.toggle(at(seen, "e"))
    seen.filter("deep")
    assert shown(seen) == ["d/", "d/new/", "d/new/deep"]
    seen.filter("")
    assert seen.matches is None
    assert shown(seen) == ["d/", "e/", "e/kept", "f", "g"]


@pytest.mark.parametrize("closed", [False, True])
def test_folds_outlast_a_filter_however_often_they_were_changed(closed: bool) -> None:
    seen = outline(*CHANGED)
    assert seen.pattern == ""
    if closed:
        seen.close_all()
    seen.toggle(at(seen, "d"))
    seen.toggle(at(seen, "e"))
    seen.toggle(at(seen, "d"))
    seen.filter("f")
    seen.filter("")
    assert shown(seen) == ["d/", "e/", "e/kept", "f", "g"]


def test_a_folder_closed_under_a_filter_stays_closed_at_another_layer() -> None:
    s = stack(*CHANGED, (file("d/newer"),))
    seen = Outline(Comparison(s, 1, 2))
    seen.filter("/kept")
    seen.toggle(at(seen, "d"))
    assert shown(seen) == ["d/", "e/", "e/kept"]
    seen.turn_to(Comparison(s, 2, 3))
    assert shown(seen) == ["d/", "e/", "e/kept"]


@pytest.mark.parametrize(("matches", "opened"), [(FEW, True), (FEW + 1, False)])
def test_a_filter_with_few_matches_opens_the_folders_that_lead_to_them(matches: int, opened: bool) -> None:
    seen = outline(tuple(file(f"d/{number}") for number in range(matches)))
    seen.filter("d/")
    assert seen.matches == matches
    assert seen.is_open(at(seen, "d")) == opened
    assert len(seen.rows) == (1 + matches if opened else 1)


def test_a_match_that_is_in_neither_state_does_not_count() -> None:
    seen = outline((file("a"),), (whiteout("a"),), (file("b"),))
    seen.filter("[ab]")
    assert (shown(seen), seen.matches) == (["b"], 1)


@pytest.mark.parametrize(
    "pattern", ["(", "[", "*a", "a{2,1}", "(?u)a", "(" * 10_000, "a{99999999999}", "(?P<n>a)(?P<n>b)"]
)
def test_a_malformed_filter_is_said_and_the_rows_stay(pattern: str) -> None:
    seen = outline(*CHANGED)
    seen.filter("kept")
    with pytest.raises(UsageError, match="not a regular expression"):
        seen.filter(pattern)
    assert (seen.pattern, seen.matches) == ("kept", 2)
    assert shown(seen) == ["d/", "d/kept", "e/", "e/kept"]


@pytest.mark.filterwarnings("error")
def test_a_filter_that_python_has_doubts_about_works_in_silence() -> None:
    seen = outline((file("[a"), file("b")))
    seen.filter("[[a]")
    assert shown(seen) == ["[a"]


def test_all_paths_at_once_are_those_of_each_node() -> None:
    seen = stack((file(b"d/new\nline"), file(b"d/line"), file(b"d\n"), file(b"\xff"), file("z")))
    assert seen.all_paths() == [seen.path(each) for each in range(seen.nodes)]


def test_names_with_newlines_are_one_row_and_one_match() -> None:
    seen = outline((file(b"d/new\nline"), file(b"d/line"), file(b"d\n"), file(b"\xff")))
    seen.filter("line$")
    assert (shown(seen), seen.matches) == (["d/", "d/line", "d/new\nline"], 2)
    seen.filter("^line")
    assert seen.matches == 0
    seen.filter("new.line")
    assert shown(seen) == ["d/", "d/new\nline"]


def test_names_that_are_not_utf_8_match_as_they_are_listed() -> None:
    seen = outline((file(b"caf\xe9"), file("café")))
    seen.filter(b"caf\xe9$".decode(errors="surrogateescape"))
    assert seen.matches == 1
    seen.filter("é")
    assert seen.matches == 1
